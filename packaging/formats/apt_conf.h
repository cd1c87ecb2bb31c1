/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single values out of apt's configuration files, apt.conf(5). */
#ifndef FORMATS_APT_CONF_H
#define FORMATS_APT_CONF_H

#include <stdbool.h>
#include <stddef.h>

#define APT_CONF_NAME_MAX 512  /* bytes of a full name; a longer one matches nothing */
#define APT_CONF_VALUE_MAX 512 /* bytes with the NUL; a longer value is passed over */
#define APT_CONF_DEPTH_MAX 32  /* braces; what is deeper is passed over */

/* The value of `name` ("Acquire::http::Proxy", in any case) in `text`, written flat or
 * in nested braces; the last one counts. False, with value untouched, where there is
 * none. #clear and #include are passed over. */
bool apt_conf_value(const char *text, size_t size, const char *name,
                    char value[APT_CONF_VALUE_MAX]);

#endif
