/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/swtpm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

/* systemd's for services, such as libvirt's daemons. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"

const char *const swtpm_programs[SWTPM_PROGRAMS] = {"swtpm", "swtpm_setup", "swtpm_ioctl"};

static enum swtpm_state look_for(const char *program, const char *path)
{
    char *list = xstrdup(path), *rest = NULL;
    enum swtpm_state found = SWTPM_MISSING;
    struct stat st;

    for (char *d = strtok_r(list, ":", &rest); d && found != SWTPM_THERE;
         d = strtok_r(NULL, ":", &rest)) {
        char *file = xasprintf("%s/%s", d, program);

        if (*d != '/')
            ;
        else if (stat(file, &st) == 0)
            found = S_ISREG(st.st_mode) && (st.st_mode & 0111) ? SWTPM_THERE : found;
        else if (errno != ENOENT && errno != ENOTDIR)
            found = SWTPM_NOT_KNOWN;
        free(file);
    }
    free(list);
    return found;
}

enum swtpm_state swtpm_here(void)
{
    const char *path = getenv("PATH");
    enum swtpm_state all = SWTPM_THERE;

    for (size_t i = 0; i < SWTPM_PROGRAMS; i++) {
        enum swtpm_state one = look_for(swtpm_programs[i], path && *path ? path : DEFAULT_PATH);

        if (one == SWTPM_MISSING || all == SWTPM_THERE)
            all = one;
        if (all == SWTPM_MISSING)
            break;
    }
    return all;
}

enum qemu_answer swtpm_answer(enum swtpm_need need, enum swtpm_state there)
{
    if (need == SWTPM_NOT_NEEDED || there == SWTPM_THERE)
        return QEMU_YES;
    return need == SWTPM_NEEDED && there == SWTPM_MISSING ? QEMU_NO : QEMU_NOT_KNOWN;
}
