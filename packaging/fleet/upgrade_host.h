/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this host's own package database and links say of an upgrade. */
#ifndef FLEET_UPGRADE_HOST_H
#define FLEET_UPGRADE_HOST_H

#include "fleet/upgrade_files.h"

struct upgrade_host;

/* Moves the packages' files to where diversions have them, and looks up which files go. */
struct upgrade_host *upgrade_host_open(struct upgrade *u);
void upgrade_host_close(struct upgrade_host *host);

/* Whether the file at `path`, or the one that links lead to from there, goes. */
bool upgrade_host_loses(const struct upgrade_host *host, const char *path);

/* The file of a package that the links of this host lead to from `path`; NULL: none. */
const struct upgrade_file *upgrade_host_leads(const struct upgrade_host *host, const char *path);

#endif
