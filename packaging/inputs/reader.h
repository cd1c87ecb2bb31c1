/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the user that QEMU runs as can read a file. */
#ifndef INPUTS_READER_H
#define INPUTS_READER_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/failure.h"

enum { READER_GROUPS_MAX = 64 };

struct reader {
    char name[64];   /* of the user; "": this process, or root, which reads everything */
    bool is_limited; /* the members below hold */
    uid_t uid;
    gid_t groups[READER_GROUPS_MAX];
    int group_count;
};

/* The user that QEMU runs as on this machine: of another user than root, that user. For root, the
 * `user` of libvirt's qemu.conf, else the one that Debian's or Fedora's libvirt has; where there is
 * none, root itself. */
void reader_of_qemu(struct reader *reader);

/* By the mode of the file, `st`, and of the directories above it; access control lists are not
 * looked at. */
bool reader_can_read(const struct reader *reader, const char *path, const struct stat *st);

#endif
