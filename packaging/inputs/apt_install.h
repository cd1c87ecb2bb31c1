/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What apt would do to install packages, by its own simulation, and the package files of it. */
#ifndef INPUTS_APT_INSTALL_H
#define INPUTS_APT_INSTALL_H

#include <stddef.h>

#include "base/failure.h"

#define APT_INSTALL_SECONDS 900                   /* of the download */
#define APT_INSTALL_OUTPUT_MAX ((size_t)16 << 20) /* bytes of what apt prints */

struct apt_install {
    char **files; /* paths of the packages that it would install */
    size_t file_count;
    char **removed; /* names of those that it would remove */
    size_t removed_count;
};

/* `names` as in apt-get install: NAME, NAME=VERSION, NAME/RELEASE. They are downloaded: by root into
 * apt's own cache, else into `directory`, which must be there; those of a repository on this
 * machine (file:) stay in it. Nothing else is changed. 0 or -1;
 * free with apt_install_free(). */
int apt_install_ask(const char *const *names, size_t count, const char *directory,
                    struct apt_install *install, struct failure *f);
void apt_install_free(struct apt_install *install);

/* The answer of apt-get -s: adds files, below `directory`, and removed names. For tests, too. */
void apt_install_read(char *text, const char *directory, struct apt_install *install);

/* The answer of apt-get --print-uris: which of these files are on this machine already. */
void apt_install_read_uris(char *text, struct apt_install *install);

#endif
