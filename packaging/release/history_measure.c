/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "release/history.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/deb_control.h"
#include "formats/option_rom.h"
#include "inputs/archive.h"
#include "release/measure.h"

struct problem {
    bool failed;
    struct failure *f;
};

static void keep_problem(void *arg, const struct failure *f)
{
    struct problem *p = arg;

    if (!p->failed)
        *p->f = *f;
    p->failed = true;
}

static void keep_empty(void *arg, const char *operand)
{
    struct problem *p = arg;

    if (!p->failed)
        fail(p->f, "%s: no ROM in it", operand);
    p->failed = true;
}

static int add_rom(const struct measured_rom *rom, struct history_release *release,
                   size_t *capacity, struct failure *f)
{
    for (size_t i = 0; i < release->rom_count; i++) {
        const struct history_rom *other = &release->roms[i];

        if (strcmp(other->name, rom->name) != 0)
            continue;
        if (other->size == rom->size && other->chain_end == rom->chain_end)
            return 0;
        return fail(
            f, "%s: a second ROM of that name (found %" PRIu64 " bytes, the first has %" PRIu64 ")",
            rom->place, rom->size, other->size);
    }
    if (rom->size == 0)
        return fail(f, "%s: is empty", rom->place);
    if (release->rom_count == HISTORY_ROMS_MAX)
        return fail(f, "%s: more than %d ROMs", rom->place, HISTORY_ROMS_MAX);
    APPEND(release->roms, release->rom_count, *capacity,
           (struct history_rom){
               .name = xstrdup(rom->name),
               .size = rom->size,
               .chain_end = rom->chain_end,
               /* A ROM whose chain cannot be read to its end has a size and no more. */
               .has_chain_end = rom->error_count == 0 && rom->chain_end > 0,
               .bucket = rom->bucket,
           });
    return 0;
}

/* What an archive says beside its ROMs: package and version of a .deb, and the time of the
 * newest ROM. */
static int read_archive(const char *path, struct history_release *release, int64_t *newest,
                        struct failure *f)
{
    struct unpacker *u;
    struct unpacked entry;
    struct stat st;
    int more;

    if (stat(path, &st) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return 0;
    int opened = unpacker_open(path, NULL, &u, f);
    if (opened != 0)
        return opened == UNPACK_NOT_AN_ARCHIVE ? 0 : -1;
    while ((more = unpacker_next(u, &entry, f)) > 0) {
        const uint8_t *head;
        uint8_t *text;
        size_t size;

        if (entry.type != UNPACKED_FILE)
            continue;
        if (entry.member == UNPACKED_DEB_CONTROL) {
            struct deb_control control;

            if (strcmp(entry.name, "control") != 0)
                continue;
            if (unpacker_take(u, &text, &size, f) < 0) {
                more = -1;
                break;
            }
            int parsed = deb_control_parse(path, text, size, &control, f);
            free(text);
            if (parsed < 0) {
                more = -1;
                break;
            }
            free(release->package);
            free(release->version);
            release->package = xstrdup(control.package);
            release->version = xstrdup(control.version);
        } else if (entry.mtime > *newest) {
            if (unpacker_peek(u, 2, &head, &size, f) < 0) {
                more = -1;
                break;
            }
            if (optrom_looks_like(head, size))
                *newest = entry.mtime;
        }
    }
    unpacker_close(u);
    return more;
}

int history_measure(const char *path, struct history_release *release, struct failure *f)
{
    struct history_release made = {.source = xstrdup(HISTORY_MEASURED)};
    struct problem problem = {.f = f};
    const struct measure_options options = {
        .problem = keep_problem, .empty = keep_empty, .arg = &problem};
    struct measured measured = {0};
    char *operand = (char *)path;
    char date[DATE_TEXT_MAX];
    size_t capacity = 0;
    int64_t newest = 0;
    struct stat st;

    int result = measure_operands(&operand, 1, &options, &measured);
    if (problem.failed)
        result = -1;
    for (size_t i = 0; i < measured.count && result == 0; i++) {
        result = add_rom(&measured.roms[i], &made, &capacity, f);
        /* In an archive the path is no path of this machine. */
        if (strcmp(measured.roms[i].place, measured.roms[i].path) == 0 &&
            stat(measured.roms[i].path, &st) == 0 && st.st_mtime > newest)
            newest = st.st_mtime;
    }
    measured_free(&measured);
    if (result == 0)
        result = read_archive(path, &made, &newest, f);
    if (result < 0) {
        history_release_free(&made);
        return -1;
    }
    /* The order in an archive changes with the tool that made it. */
    SORT_BY(made.roms, made.rom_count, name);
    if (newest > 0 && *date_format(newest / 86400, date))
        made.date = xstrdup(date);
    *release = made;
    return 0;
}
