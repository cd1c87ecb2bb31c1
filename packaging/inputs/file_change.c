/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/file_change.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "inputs/file.h"

int64_t file_change(const char *path)
{
    struct stat link = {0}, file = {0};

    if (lstat(path, &link) != 0)
        return 0;
    if (stat(path, &file) != 0)
        return link.st_ctime;
    return file.st_ctime > link.st_ctime ? file.st_ctime : link.st_ctime;
}

int64_t directory_change(const char *path, bool has_directories)
{
    int64_t newest = file_change(path);
    DIR *dir = opendir(path);

    for (struct dirent *e; dir && (e = readdir(dir));) {
        char *entry = xasprintf("%s/%s", path, e->d_name);
        int64_t change = e->d_name[0] == '.' || (!has_directories && is_directory(entry))
                             ? 0
                             : file_change(entry);

        newest = change > newest ? change : newest;
        free(entry);
    }
    if (dir)
        closedir(dir);
    return newest;
}
