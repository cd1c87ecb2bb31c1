/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Days of the calendar, as YYYY-MM-DD: the years 1 to 9999; and a clock for time limits. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#define DATE_TEXT_MAX 11

enum { SECONDS_OF_DAY = 86400 };

/* Days since 1970-01-01; false for anything that is not a day of the calendar. */
bool date_parse(const char *text, int64_t *days);
/* The other way round; "" for a day before year 1 or after year 9999. Returns text. */
char *date_format(int64_t days, char text[DATE_TEXT_MAX]);

/* Of a clock that nobody sets: only differences mean something. */
int64_t milliseconds_now(void);

#endif
