/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process that reads foreign bytes gives up, beside its user, by two means of the kernel.
 * Landlock (Linux 5.13; newer kernels take more away): it and what it starts can then open no file
 * for writing but /dev/null, make, rename or remove nothing, and, with Linux 6.7, neither listen nor
 * connect by TCP; with 6.12 send no signal out. seccomp: system calls that neither a reader nor an
 * emulator needs, but who wants to get out or to reach the network.
 */
#ifndef OUTPUTS_LOCKDOWN_H
#define OUTPUTS_LOCKDOWN_H

/* Both. The process must have no_new_privs. The version of the kernel's Landlock; 0: it has none, and
 * nothing was given up; -1 with errno: it has, and it failed. `device`: a further file that may be
 * opened for writing, where it is there; or NULL. */
int lock_down(const char *device);

/* seccomp alone: no socket but those of this machine (AF_UNIX), no namespaces and mounts, no other
 * processes' memory, no parts of the kernel that few programs use and many attacks. With
 * no_new_privs. 0, also where the kernel has no seccomp; -1 with errno. ENOMEM is also said
 * after two seconds of the processor's time without an end; the process may then only end. */
int refuse_calls(void);

#endif
