/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The romset of ROMs that have left their bucket. */
#include "release/first_files.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "formats/deb_control.h"
#include "formats/machine_types.h"
#include "inputs/archive.h"
#include "outputs/yaml_text.h"
#include "romset/names.h"

/* Package, version and so on of a .deb; 1: it is none, 0, or -1. */
static int read_control(const char *path, struct deb_control *control, struct failure *f)
{
    struct unpacker *u;
    struct unpacked entry;
    int more, result = 1;

    more = unpacker_open(path, NULL, &u, f);
    if (more == UNPACK_NOT_AN_ARCHIVE)
        return 1;
    if (more < 0)
        return -1;
    while (result == 1 && (more = unpacker_next(u, &entry, f)) > 0 &&
           entry.member == UNPACKED_DEB_CONTROL) {
        uint8_t *text;
        size_t size;

        if (strcmp(entry.name, "control") != 0)
            continue;
        result = unpacker_take(u, &text, &size, f);
        if (result == 0) {
            result = deb_control_parse(path, text, size, control, f);
            free(text);
        }
    }
    unpacker_close(u);
    return more < 0 ? -1 : result;
}

static const struct measured_rom *of_name(const struct measured *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->roms[i].name, name) == 0)
            return &m->roms[i];
    }
    return NULL;
}

/* The old ROMs that have another bucket now, at most one of a name; `chosen` has room for all. */
static int choose_roms(const struct romset_request *request, const struct measured *old,
                       const struct measured *now, const struct measured_rom **chosen,
                       size_t *count, struct failure *f)
{
    char one[SIZE_TEXT_MAX], other[SIZE_TEXT_MAX];

    for (size_t i = 0; i < old->count; i++) {
        const struct measured_rom *rom = &old->roms[i], *later = of_name(now, rom->name);

        if (!later || later->bucket == rom->bucket || of_name(old, rom->name) != rom)
            continue;
        if (request->bucket && rom->bucket != request->bucket)
            continue;
        if (*count && chosen[0]->bucket != rom->bucket) {
            size_format(chosen[0]->bucket, one);
            size_format(rom->bucket, other);
            fail(f,
                 "ROMs of several buckets have changed (%s of %s, %s of %s), and a romset has one",
                 chosen[0]->name, one, rom->name, other);
            return fail_hint(f, "Write one for each: --bucket %s, then --bucket %s.", one, other);
        }
        chosen[(*count)++] = rom;
    }
    if (!*count) {
        fail(f, "no ROM has left its bucket%s: there is no romset to write",
             request->bucket ? " of that size" : "");
        return 1;
    }
    if (!is_bucket(chosen[0]->bucket))
        return fail(f, "%s: its bucket of %" PRIu64 " bytes is not one that a compat ROM can have",
                    chosen[0]->place, chosen[0]->bucket);
    return 0;
}

/* pool/main/i/ipxe/NAME_VERSION_all.deb: Debian's pool is sorted by source package, "lib"
 * packages under four letters; an epoch is in no file name. */
static char *pool_path(const struct deb_control *control)
{
    const char *colon = strchr(control->version, ':');
    int letters = strncmp(control->source, "lib", 3) == 0 && control->source[3] ? 4 : 1;

    return xasprintf("pool/main/%.*s/%s/%s_%s_%s.deb", letters, control->source, control->source,
                     control->package, colon ? colon + 1 : control->version, control->architecture);
}

static void put_machines(FILE *to, const char *until)
{
    if (!until)
        fputs(
            "# Every machine type, those of tomorrow as well: end the ranges at the newest whose\n"
            "# guests have started with these ROMs.\n",
            to);
    fputs("machines:\n", to);
    for (const struct machine_family *m = machine_families; m->name; m++)
        if (m->first && !m->last)
            fprintf(to, "  - %s: -..%s\n", m->name, until ? until : "-");
    fputs("  - pc: -..1.3\n  - pseries-2.12-sxxm\n", to);
}

/* `path` as seen from `directory`, where it is in or below it. */
static const char *seen_from(const char *directory, const char *path)
{
    size_t n = directory ? strlen(directory) : 0;

    return n && strncmp(path, directory, n) == 0 && path[n] == '/' && path[n + 1] ? path + n + 1
                                                                                  : path;
}

static int put_source(FILE *to, const struct romset_request *request,
                      const struct deb_control *control, struct failure *f)
{
    char sum[SHA256_TEXT_SIZE], whole[PATH_MAX];

    if (control && !request->local) {
        char *path = pool_path(control);

        fputs("source:\n  deb: ", to);
        put_yaml_text(to, control->package);
        fprintf(to, "\n  version: \"%s\"\n  path: ", control->version);
        put_yaml_text(to, path);
        free(path);
    } else {
        struct failure ignored;
        bool is_file = sha256_of_file(request->package_from, sum, NULL, &ignored) == 0;

        if (!realpath(request->package_from, whole))
            return fail(f, "%s: cannot be found", request->package_from);
        fprintf(to, "source:\n  %s: ", is_file ? "archive" : "directory");
        put_yaml_text(to, seen_from(request->directory, whole));
        if (!is_file) {
            putc('\n', to);
            return 0;
        }
    }
    if (sha256_of_file(request->package_from, sum, NULL, f) < 0)
        return -1;
    fprintf(to, "\n  sha256: %s\n", sum);
    return 0;
}

/* A romset has one source: a ROM of a package that stands in a directory, or is listed by a
 * .changes file, is not in what was named. */
static int check_source(const struct romset_request *request, const struct measured_rom *rom,
                        struct failure *f)
{
    size_t length = strlen(request->package_from);

    if (strncmp(rom->place, request->package_from, length) == 0 &&
        (strcmp(rom->place, rom->path) == 0 || rom->place[length] == ':'))
        return 0;
    fail(f, "%s: the ROM is in a package inside %s", rom->place, request->package_from);
    return fail_hint(f, "Name that package with --package-from.");
}

/* Where a ROM stands in the source: in a directory, relative to it. */
static const char *file_in_source(const struct romset_request *request,
                                  const struct measured_rom *rom)
{
    size_t length = strlen(request->package_from);
    const char *path = rom->path;

    if (strncmp(path, request->package_from, length) == 0)
        path += length;
    while (*path == '/')
        path++;
    return *path ? path : rom->name;
}

static int put_romset(FILE *to, const struct romset_request *request,
                      const struct deb_control *control, const struct measured_rom *const *chosen,
                      size_t count, struct failure *f)
{
    char bucket[SIZE_TEXT_MAX];

    size_format(chosen[0]->bucket, bucket);
    fprintf(to,
            "# Written by 'romcompat check --write-romset'; see romcompat-romset(5).\nromset: "
            "%s\nsummary: ",
            request->name);
    char *summary = control ? xasprintf("option ROMs of %s %s in buckets of %s", control->package,
                                        control->version, bucket)
                            : xasprintf("option ROMs in buckets of %s", bucket);
    put_yaml_text(to, summary);
    free(summary);
    fprintf(to, "\nbucket: %s\npackage: %s-compat\n", bucket, request->name);
    if (put_source(to, request, control, f) < 0)
        return -1;
    fputs("roms:\n", to);
    for (size_t i = 0; i < count; i++) {
        const char *file = file_in_source(request, chosen[i]);
        const char *problem = relative_path_problem(file);

        if (check_source(request, chosen[i], f) < 0)
            return -1;
        if (problem)
            return fail(f, "%s: a path in a romset %s", chosen[i]->place, problem);
        fputs("  - file: ", to);
        put_yaml_text(to, file);
        fprintf(to, "\n    sha256: %s\n", chosen[i]->sha256);
    }
    put_machines(to, request->until);
    return 0;
}

int write_romset(const struct romset_request *request, const struct measured *old,
                 const struct measured *now, char **text, struct failure *f)
{
    const struct measured_rom **chosen = xcalloc(old->count + 1, sizeof *chosen);
    struct deb_control control;
    struct failure not_read;
    size_t count = 0;

    int result = choose_roms(request, old, now, chosen, &count, f);
    if (result == 0) {
        int is_deb = read_control(request->package_from, &control, &not_read) == 0;
        struct text made;

        result = put_romset(text_begin(&made), request, is_deb ? &control : NULL, chosen, count, f);
        *text = text_end(&made);
        if (result != 0) {
            free(*text);
            *text = NULL;
        }
    }
    free(chosen);
    return result;
}
