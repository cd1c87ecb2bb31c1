/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Xen's domains: the text of `xl list -v` (Xen tools/xl/xl_list.c, list_domains()). */
#ifndef FORMATS_XL_LIST_H
#define FORMATS_XL_LIST_H

#include <stdbool.h>
#include <stddef.h>

#define XL_UUID_SIZE 37 /* 36 characters and NUL */

/* Why a domain has shut down (xen/include/public/sched.h, SHUTDOWN_*). */
enum xl_reason { XL_POWEROFF, XL_REBOOT, XL_SUSPEND, XL_CRASH, XL_WATCHDOG, XL_SOFT_RESET };

struct xl_domain {
    const char *name; /* `name_length` bytes of the text, which may be any */
    size_t name_length;
    unsigned id;
    char uuid[XL_UUID_SIZE]; /* in lower case */
    bool has_shut_down;      /* and is kept: `reason` says why */
    unsigned reason;         /* enum xl_reason, or one that is newer */
};

/* The next domain at *at, which goes on behind it; a line that is none, such as the title, and a
 * domain that is being destroyed are skipped. False at the end. */
bool xl_list_next(const char **at, struct xl_domain *domain);

/* Whether `text` is a UUID in Xen's form; then it is in `uuid`, in lower case. */
bool xl_uuid_read(const char *text, char uuid[XL_UUID_SIZE]);

#endif
