/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may be a name, path, version or checksum in a romset. Each returns NULL for
 * yes, or what is wrong, as the end of a sentence: "must not contain a slash". */
#ifndef ROMSET_NAMES_H
#define ROMSET_NAMES_H

/* A file name that stands alone, of printable ASCII without blanks and '#'. */
const char *bare_name_problem(const char *text);
/* A path below a root: relative, no empty, "." or ".." component. */
const char *relative_path_problem(const char *text);
/* Debian Policy 5.6.1. */
const char *package_name_problem(const char *text);
/* Debian Policy 5.6.12; also fit for a file name. */
const char *package_version_problem(const char *text);
const char *sha256_problem(const char *text);
/* A machine type or family: letters, digits and "._-". */
const char *machine_name_problem(const char *text);
/* Numbers with dots between them: "10.0", "4.0.1". */
const char *machine_version_problem(const char *text);
/* One line for a list of packages. */
const char *summary_problem(const char *text);
/* One line of printable text. */
const char *line_problem(const char *text);

#endif
