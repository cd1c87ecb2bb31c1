/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compat packages of a case whose QEMU there reads maps: each ROM of the guest in a package of its
 * own, made by `romcompat build` from the file that the guest was started with. They are installed
 * by dpkg below a root of their own, so that a fix that says `apt install PACKAGE` is carried out as
 * it is printed.
 */
#ifndef TESTS_QEMU_ORACLE_PACKAGES_H
#define TESTS_QEMU_ORACLE_PACKAGES_H

#include "qemu/guest.h"
#include "qemu/oracle_case.h"

/* Makes the packages, and a new root of the destination that has their maps: `is_installed` says
 * whether the ROMs are there as well. */
void oracle_make_packages(struct stage *s, const struct oracle_guest *guest,
                          const struct oracle_there *there);

/* The directory of ROM files below that root, where maps are found too. */
const char *oracle_compat_directory(struct stage *s, const struct oracle_there *there);

/* Runs lines of `apt install PACKAGE`. */
void oracle_install(struct stage *s, const struct oracle_there *there, const char *lines);

#endif
