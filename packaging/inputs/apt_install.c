/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/apt_install.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "outputs/child.h"

enum { FIXED_WORDS = 16, SIMULATION_SECONDS = 120 };

static void add(char ***list, size_t *count, char *text)
{
    *list = xreallocarray(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = text;
}

/* apt's QuoteString(Version, "_:"), as its names of files in the cache have it. */
static char *quoted(const char *version, size_t length)
{
    char *made = xcalloc(3 * length + 1, 1), *at = made;

    for (size_t i = 0; i < length; i++) {
        if (version[i] == ':' || version[i] == '_') {
            memcpy(at, version[i] == ':' ? "%3a" : "%5f", 3);
            at += 3;
        } else {
            *at++ = version[i];
        }
    }
    return made;
}

/* "Inst ovmf [2022.11-6] (2025.02-8 Debian:13/stable [all]) []"; a name may have ":arch". */
static void take_installed(const char *line, const char *directory, struct apt_install *install)
{
    size_t name = strcspn(line, " :");
    const char *open = strchr(line, '('), *arch = open ? strchr(open, '[') : NULL;

    if (!name || !arch || memchr(line, '/', name))
        return;
    size_t version = strcspn(open + 1, " )"), arch_length = strcspn(arch + 1, "]");
    char *file = quoted(open + 1, version);
    if (!memchr(open + 1, '/', version) && !memchr(arch, '/', arch_length))
        add(&install->files, &install->file_count,
            xasprintf("%s/%.*s_%s_%.*s.deb", directory, (int)name, line, file, (int)arch_length,
                      arch + 1));
    free(file);
}

void apt_install_read(char *text, const char *directory, struct apt_install *install)
{
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "Inst ", 5) == 0)
            take_installed(line + 5, directory, install);
        else if (strncmp(line, "Remv ", 5) == 0)
            add(&install->removed, &install->removed_count,
                xstrndup(line + 5, strcspn(line + 5, " :")));
    }
}

/* Runs apt-get with the words, and what is to be installed. */
static char *run(const char *const *words, size_t word_count, const char *const *names,
                 size_t count, unsigned seconds, struct failure *f)
{
    const char **argv = xcalloc(FIXED_WORDS + count + 1, sizeof *argv);
    size_t n = 0;

    argv[n++] = "apt-get";
    for (size_t i = 0; i < word_count; i++)
        argv[n++] = words[i];
    argv[n++] = "-o";
    argv[n++] = "Debug::NoLocking=true";
    argv[n++] = "install";
    argv[n++] = "--";
    for (size_t i = 0; i < count; i++)
        argv[n++] = names[i];
    char *text = child_output(argv, APT_INSTALL_OUTPUT_MAX, seconds, f);
    free(argv);
    return text;
}

static int download(const char *const *names, size_t count, const char *cache, struct failure *f)
{
    char *option = xasprintf("Dir::Cache::archives=%s/", cache);
    const char *const words[] = {"-y",   "-q", "--download-only",        "-o",
                                 option, "-o", "APT::Sandbox::User=root"};
    /* Root's apt keeps its own cache, and its own sandbox. */
    char *text = run(words, geteuid() == 0 ? 3 : sizeof words / sizeof *words, names, count,
                     APT_INSTALL_SECONDS, f);

    free(option);
    free(text);
    return text ? 0 : -1;
}

int apt_install_ask(const char *const *names, size_t count, const char *directory,
                    struct apt_install *install, struct failure *f)
{
    static const char *const simulation[] = {"-s", "-q"};
    const char *cache = geteuid() == 0 ? "/var/cache/apt/archives" : directory;

    *install = (struct apt_install){0};
    for (size_t i = 0; i < count; i++)
        if (names[i][0] == '-' || !names[i][0])
            return fail(f, "%s: not the name of a package", names[i]);
    char *partial = xasprintf("%s/partial", directory);
    int made = geteuid() == 0 ? 0 : mkdir(partial, 0700);
    if (made != 0 && errno != EEXIST)
        fail(f, "%s: %s", partial, strerror(errno));
    else
        made = 0;
    free(partial);
    if (made != 0)
        return -1;
    char *text = run(simulation, sizeof simulation / sizeof *simulation, names, count,
                     SIMULATION_SECONDS, f);
    if (!text)
        return -1;
    apt_install_read(text, cache, install);
    free(text);
    if (install->file_count && download(names, count, cache, f) != 0) {
        apt_install_free(install);
        return -1;
    }
    return 0;
}

void apt_install_free(struct apt_install *install)
{
    for (size_t i = 0; i < install->file_count; i++)
        free(install->files[i]);
    for (size_t i = 0; i < install->removed_count; i++)
        free(install->removed[i]);
    free(install->files);
    free(install->removed);
    *install = (struct apt_install){0};
}
