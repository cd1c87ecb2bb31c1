/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/deb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "inputs/file.h"
#include "inputs/sha256.h"
#include "outputs/program.h"

#define WRAP 79

char *deb_file_name(const struct built_set *built)
{
    const char *colon = strchr(built->package_version, ':');

    return xasprintf("%s_%s_all.deb", built->set->package,
                     colon ? colon + 1 : built->package_version);
}

char *deb_doc_path(const struct romset *set, const char *name)
{
    return xasprintf("usr/share/doc/%s/%s", set->package, name);
}

static const char *source_name(const struct built_set *built)
{
    return built->source_package ? built->source_package : built->set->source.name;
}

static const char *source_version(const struct built_set *built)
{
    return built->source_version        ? built->source_version
           : built->set->source.version ? built->set->source.version
                                        : "";
}

char *deb_changelog(const struct built_set *built, const char *maintainer)
{
    const struct romset *set = built->set;
    char date[64];
    struct tm tm;
    time_t when = (time_t)built->date;

    gmtime_r(&when, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
    return xasprintf("%s (%s) unstable; urgency=medium\n\n"
                     "  * Compat set %s,\n    made from %s %s.\n\n"
                     " -- %s  %s\n",
                     set->package, built->package_version, set->name, source_name(built),
                     source_version(built), maintainer, date);
}

char *deb_lintian_overrides(const struct built_set *built)
{
    return xasprintf(
        "# Debian 12's lintian is older than the field (Debian Policy 7.8, dpkg 1.21.3).\n"
        "%s: unknown-field Static-Built-Using\n",
        built->set->package);
}

/* --- control ------------------------------------------------------------------------ */

/* Debian Policy 5.6.13: every line of the extended description begins with a space,
 * an empty one is " .". Words are set anew; a line that begins with a space stays. */
static void write_description(FILE *to, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t length = strcspn(text, " \n");

        if (length) {
            if (column && column + 1 + length > WRAP) {
                putc('\n', to);
                column = 0;
            }
            fprintf(to, " %.*s", (int)length, text);
            column += 1 + length;
            text += length;
        } else if (text[0] == '\n' && text[1] == '\n') {
            fputs(column ? "\n .\n" : " .\n", to);
            column = 0;
            text += strspn(text, "\n");
        } else {
            text++;
        }
    }
    if (column)
        putc('\n', to);
}

static char *default_description(const struct built_set *built)
{
    const struct romset *set = built->set;

    return xasprintf(
        "The option ROMs of %s %s, padded to %" PRIu64 " bytes each and installed under "
        "names that say so (%s).\n\n"
        "QEMU gives an option ROM a block of guest memory as long as the ROM file, rounded "
        "up to a power of two. A guest that was started with these ROMs cannot be migrated, "
        "restored or resumed where the installed ones need a longer block. With this package "
        "and a QEMU that reads compat maps, the guest's machine type picks the ROM that "
        "fits.\n\n"
        "The package stands beside the ROMs that the host uses for new guests.",
        source_name(built), source_version(built), set->bucket, set->roms[0].compat);
}

/* As dpkg-gencontrol counts: each file rounded up to 1 KiB, 1 KiB for each folder. */
static uint64_t installed_kib(const char *const *paths, const uint64_t *sizes)
{
    uint64_t kib = 0;

    for (size_t i = 0; paths[i]; i++) {
        kib += (sizes[i] + 1023) / 1024;
        for (const char *slash = strchr(paths[i], '/'); slash; slash = strchr(slash + 1, '/')) {
            size_t length = (size_t)(slash - paths[i]);
            bool counted = false;

            for (size_t k = 0; k < i && !counted; k++)
                counted = strncmp(paths[k], paths[i], length + 1) == 0;
            kib += !counted;
        }
    }
    return kib + 1; /* the root */
}

static char *control_text(const struct built_set *built, const char *maintainer, uint64_t kib)
{
    const struct romset *set = built->set;
    char *text = NULL, *description;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    description = set->description ? xstrdup(set->description) : default_description(built);
    fprintf(to,
            "Package: %s\nVersion: %s\nArchitecture: all\nMulti-Arch: foreign\n"
            "Maintainer: %s\nInstalled-Size: %" PRIu64 "\n",
            set->package, built->package_version, maintainer, kib);
    if (built->source_package)
        fprintf(to, "Static-Built-Using: %s (= %s)\n", built->source_package,
                built->source_version);
    fprintf(to, "Section: otherosfs\nPriority: optional\nDescription: %s\n", set->summary);
    write_description(to, description);
    fclose(to);
    free(description);
    return text;
}

/* --- the package ---------------------------------------------------------------------- */

/* Links the files into the stage and collects their sums and sizes. */
static char *stage_files(struct tree *tree, const char *stage, const char *const *paths,
                         uint64_t *sizes, struct failure *f)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    for (size_t i = 0; paths[i]; i++) {
        char *there = xasprintf("%s/%s", stage, paths[i]);
        char *here = xasprintf("%s/%s", tree_path(tree), paths[i]), md5[MD5_TEXT_SIZE];
        uint8_t *data;
        size_t length;
        int result = tree_link(tree, paths[i], there, f);

        if (result == 0)
            result = read_file(here, ROM_FILE_MAX, &data, &length, f);
        free(there);
        free(here);
        if (result < 0) {
            fclose(to);
            free(text);
            return NULL;
        }
        md5_text(data, length, md5);
        sizes[i] = length;
        free(data);
        fprintf(to, "%s  %s\n", md5, paths[i]);
    }
    fclose(to);
    return text;
}

static int add_control_file(struct tree *tree, const char *stage, const char *name,
                            const char *text, struct failure *f)
{
    char *path = xasprintf("%s/DEBIAN/%s", stage, name);
    int result = tree_add(tree, path, text, strlen(text), 0644, f);

    free(path);
    return result;
}

static int run_dpkg_deb(struct tree *tree, const struct built_set *built, const char *stage,
                        struct failure *f)
{
    char *from = xasprintf("%s/%s", tree_path(tree), stage);
    char *name = deb_file_name(built);
    char *to = xasprintf("%s/%s", tree_path(tree), name);
    char *epoch = xasprintf("SOURCE_DATE_EPOCH=%" PRId64, built->date);
    /* One thread: with several, xz may cut its blocks by the number of cores. */
    const char *const argv[] = {
        "dpkg-deb", "--root-owner-group", "--threads-max=1", "-Zxz", "-z9", "--build", from, to,
        NULL};
    const char *const environment[] = {epoch, "DPKG_COLORS=never", "LC_ALL=C", "TZ=UTC0", NULL};

    int result = run_program(argv, environment, f);
    if (result < 0)
        fail_cure(f, "dpkg-deb is part of the package dpkg.");
    free(from);
    free(name);
    free(to);
    free(epoch);
    return result;
}

int deb_make(struct tree *tree, const struct built_set *built, const char *maintainer,
             const char *const *paths, struct failure *f)
{
    size_t count = 0;
    int result = -1;

    if (!tree_scratch(tree, f))
        return -1;
    while (paths[count])
        count++;
    char *stage = xasprintf(TREE_SCRATCH "/%s", built->set->package);
    uint64_t *sizes = xcalloc(count, sizeof *sizes);
    char *sums = stage_files(tree, stage, paths, sizes, f);
    if (sums) {
        char *control = control_text(built, maintainer, installed_kib(paths, sizes));

        if (add_control_file(tree, stage, "control", control, f) == 0 &&
            add_control_file(tree, stage, "md5sums", sums, f) == 0 &&
            tree_set_dates(tree, stage, (time_t)built->date, f) == 0)
            result = run_dpkg_deb(tree, built, stage, f);
        free(control);
    }
    free(sums);
    free(sizes);
    free(stage);
    return result;
}
