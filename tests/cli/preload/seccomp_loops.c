/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For LD_PRELOAD: a libseccomp that does not come back, as 2.5 where one of its allocations fails. */
int seccomp_load(void *filter);

int seccomp_load(void *filter)
{
    for (volatile void *p = filter;; p = filter)
        (void)p;
}
