/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/reader.h"

#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/libvirt_conf.h"
#include "inputs/file.h"

/* The user of that name. 0 or -1. */
static int reader_named(const char *name, struct reader *reader, struct failure *f)
{
    const struct passwd *user = getpwnam(name);

    if (!user || strlen(name) >= sizeof reader->name)
        return fail(f, "%s: no user of this name here", name);
    *reader = (struct reader){
        .is_limited = user->pw_uid != 0, .uid = user->pw_uid, .group_count = READER_GROUPS_MAX};
    strcpy(reader->name, name);
    if (getgrouplist(name, user->pw_gid, reader->groups, &reader->group_count) < 0)
        reader->group_count = READER_GROUPS_MAX;
    return 0;
}

/* `user = "libvirt-qemu"`; "+0" and the like are numbers (libvirt src/qemu/qemu.conf.in). */
static bool take_configured(struct reader *reader)
{
    struct libvirt_word word;
    unsigned line;
    uint8_t *text;
    size_t size, count = 0;
    bool taken = false;

    if (read_file(LIBVIRT_QEMU_CONF, LIBVIRT_CONF_MAX, &text, &size, NULL) != 0)
        return false;
    if (libvirt_conf_list((const char *)text, size, "user", &word, 1, &count, &line) ==
            LIBVIRT_CONF_LIST &&
        count == 1) {
        char *name = xstrndup(word.text, word.length);

        taken = reader_named(name, reader, NULL) == 0;
        free(name);
    }
    free(text);
    return taken;
}

void reader_of_qemu(struct reader *reader)
{
    *reader = (struct reader){0};
    if (geteuid() != 0) {
        reader->is_limited = true;
        reader->uid = geteuid();
        reader->group_count = getgroups(READER_GROUPS_MAX - 1, reader->groups);
        if (reader->group_count < 0)
            reader->group_count = 0;
        reader->groups[reader->group_count++] = getegid();
        return;
    }
    if (!take_configured(reader) && reader_named("libvirt-qemu", reader, NULL) != 0)
        reader_named("qemu", reader, NULL);
}

static bool allows(const struct reader *r, const struct stat *st, mode_t owner)
{
    if (st->st_uid == r->uid)
        return st->st_mode & owner;
    for (int i = 0; i < r->group_count; i++)
        if (r->groups[i] == st->st_gid)
            return st->st_mode & owner >> 3;
    return st->st_mode & owner >> 6;
}

bool reader_can_read(const struct reader *reader, const char *path, const struct stat *st)
{
    char *directory, *slash;
    bool can;

    if (!reader->is_limited)
        return true;
    if (!allows(reader, st, S_IRUSR))
        return false;
    /* Of a link, those where it leads to; a relative path begins where this process is. */
    directory = realpath(path, NULL);
    can = directory != NULL;
    while (can && (slash = strrchr(directory, '/')) != NULL) {
        struct stat above;

        *slash = '\0';
        can = stat(*directory ? directory : "/", &above) == 0 && allows(reader, &above, S_IXUSR);
    }
    free(directory);
    return can;
}
