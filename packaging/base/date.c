/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _TIME_BITS 64 /* years after 2038 on 32-bit machines, too */
#include "base/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* timegm() takes the 30th of February for a day in March: what comes back must be the same. */
bool date_parse(const char *text, int64_t *days)
{
    int year, month, day, end = 0;
    char again[DATE_TEXT_MAX];

    if (strspn(text, "0123456789-") != DATE_TEXT_MAX - 1 || strlen(text) != DATE_TEXT_MAX - 1 ||
        sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || end != DATE_TEXT_MAX - 1)
        return false;
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    int64_t number = timegm(&tm) / SECONDS_OF_DAY;
    if (strcmp(date_format(number, again), text) != 0)
        return false;
    *days = number;
    return true;
}

char *date_format(int64_t days, char text[DATE_TEXT_MAX])
{
    static const int64_t first = -719162, last = 2932896; /* 0001-01-01, 9999-12-31 */
    struct tm tm;

    text[0] = '\0';
    if (days < first || days > last)
        return text;
    time_t when = (time_t)(days * SECONDS_OF_DAY);
    if (gmtime_r(&when, &tm))
        snprintf(text, DATE_TEXT_MAX, "%04u-%02u-%02u", (unsigned)(tm.tm_year + 1900) % 10000,
                 (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100);
    return text;
}

int64_t milliseconds_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
