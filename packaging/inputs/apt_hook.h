/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What apt tells a DPkg::Pre-Install-Pkgs hook, protocol version 3 (apt.conf(5); apt-pkg/deb/
 * dpkgpm.cc, SendPkgsInfo()). */
#ifndef INPUTS_APT_HOOK_H
#define INPUTS_APT_HOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

#define APT_HOOK_MAX ((size_t)16 << 20) /* bytes of all that apt says */
#define APT_HOOK_PACKAGES_MAX 20000

struct apt_hook_package {
    char *name, *file;
    bool is_installed; /* another version is, now */
};

struct apt_hook {
    char *mode; /* of Romcompat::Guard; NULL: not set */
    struct apt_hook_package *packages;
    size_t count, capacity;
    char **removed;
    size_t removed_count;
};

/* Reads text[0, size). 0 or -1; free with apt_hook_free(). */
int apt_hook_read(const char *text, size_t size, struct apt_hook *hook, struct failure *f);
void apt_hook_free(struct apt_hook *hook);

#endif
