/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process that reads foreign bytes gives up, beside its user: Landlock (Linux 5.13; newer
 * kernels take more away). It and what it starts can then open no file for writing but /dev/null,
 * make, rename or remove nothing, and, with Linux 6.7, neither listen nor connect by TCP; with
 * 6.12 send no signal out.
 */
#ifndef OUTPUTS_LOCKDOWN_H
#define OUTPUTS_LOCKDOWN_H

/* The process must have no_new_privs. The version of the kernel's Landlock; 0: it has none, and
 * nothing was given up; -1 with errno: it has, and it failed. `device`: a further file that may be
 * opened for writing, where it is there; or NULL. */
int lock_down(const char *device);

#endif
