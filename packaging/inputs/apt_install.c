/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/apt_install.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/download_text.h"
#include "outputs/child.h"

enum { FIXED_WORDS = 16, SIMULATION_SECONDS = 120 };

static void add(char ***list, size_t *count, char *text)
{
    APPEND_ONE(*list, *count, text);
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
    if (!memchr(open + 1, '/', version) && !memchr(arch + 1, '/', arch_length))
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

void apt_install_read_uris(char *text, struct apt_install *install)
{
    static const char kind[] = "'file:";
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *end = strncmp(line, kind, sizeof kind - 1) == 0 ? strchr(line + 1, '\'') : NULL;

        if (!end || end[1] != ' ')
            continue;
        *end = '\0';
        char *path = file_url_path(line + 1);
        const char *name = end + 2;
        size_t length = strcspn(name, " ");
        for (size_t i = 0; path && i < install->file_count; i++)
            if (strlen(base_name(install->files[i])) == length &&
                strncmp(base_name(install->files[i]), name, length) == 0) {
                free(install->files[i]);
                install->files[i] = xstrdup(path);
            }
        free(path);
    }
}

static bool are_there(const struct apt_install *install)
{
    for (size_t i = 0; i < install->file_count; i++)
        if (access(install->files[i], R_OK) != 0)
            return false;
    return true;
}

/* What apt downloads to: apt-config(8). */
static char *archives(struct failure *f)
{
    static const char *const argv[] = {"apt-config", "shell", "D", "Dir::Cache::archives/d", NULL};
    char *text = child_output(argv, APT_INSTALL_OUTPUT_MAX, SIMULATION_SECONDS, f);
    char *quote = text ? strchr(text, '\'') : NULL, *end = quote ? strrchr(quote + 1, '\'') : NULL;
    char *path = end ? xstrndup(quote + 1, (size_t)(end - quote - 1)) : NULL;

    if (text && !path)
        fail(f, "apt-config: no directory of packages (found '%.80s')", text);
    while (path && *path && path[1] && ends_with(path, "/"))
        path[strlen(path) - 1] = '\0';
    free(text);
    return path;
}

/* Files that are on this machine stay where they are; the others are downloaded. */
static int get_files(const char *const *names, size_t count, const char *cache,
                     struct apt_install *install, struct failure *f)
{
    char *option = xasprintf("Dir::Cache::archives=%s/", cache);
    const char *const words[] = {"-y", "-q", "-o", option, "-o", "APT::Sandbox::User=root", NULL};
    /* Root's apt keeps its own cache, and its own sandbox. */
    size_t own = geteuid() == 0 ? 2 : sizeof words / sizeof *words - 1;
    const char *asked[sizeof words / sizeof *words + 1] = {"--print-uris"};

    memcpy(asked + 1, words, sizeof words);
    char *text = run(asked, own + 1, names, count, SIMULATION_SECONDS, f);
    if (text)
        apt_install_read_uris(text, install);
    int result = text ? 0 : -1;
    free(text);
    if (result == 0 && !are_there(install)) {
        asked[0] = "--download-only";
        text = run(asked, own + 1, names, count, APT_INSTALL_SECONDS, f);
        result = text ? 0 : -1;
        free(text);
    }
    free(option);
    return result;
}

/* Where apt may download to: `directory` has what it needs then. */
static char *cache_of(const char *directory, struct failure *f)
{
    if (geteuid() == 0)
        return archives(f);
    char *partial = xasprintf("%s/partial", directory);
    bool made = mkdir(partial, 0700) == 0 || errno == EEXIST;

    if (!made)
        fail(f, "%s: %s", partial, strerror(errno));
    free(partial);
    return made ? xstrdup(directory) : NULL;
}

int apt_install_ask(const char *const *names, size_t count, const char *directory,
                    struct apt_install *install, struct failure *f)
{
    static const char *const simulation[] = {"-s", "-q"};
    int result = -1;

    *install = (struct apt_install){0};
    for (size_t i = 0; i < count; i++)
        if (names[i][0] == '-' || !names[i][0])
            return fail(f, "%s: not the name of a package", names[i]);
    char *cache = cache_of(directory, f);
    char *text = cache ? run(simulation, sizeof simulation / sizeof *simulation, names, count,
                             SIMULATION_SECONDS, f)
                       : NULL;
    if (text) {
        apt_install_read(text, cache, install);
        result = install->file_count ? get_files(names, count, cache, install, f) : 0;
    }
    free(text);
    free(cache);
    if (result != 0)
        apt_install_free(install);
    return result;
}

void apt_install_free(struct apt_install *install)
{
    free_texts(install->files, install->file_count);
    free_texts(install->removed, install->removed_count);
    *install = (struct apt_install){0};
}
