/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat explain`: what a log says about a guest that did not arrive. */
#include "commands/command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/size.h"
#include "commands/preflight.h"
#include "formats/migration_log.h"

extern const struct command explain_command;

/* Different refusals of one log; the same one may stand there any number of times. */
enum { FINDINGS_MAX = 64 };

struct finding {
    struct log_line line;
    size_t first, times;
    char machine[LOG_NAME_MAX + 1];
    unsigned major, minor;
};

struct findings {
    struct finding *list;
    size_t count, passed_over;
    struct log_line machine, version; /* the last ones before the line at hand */
};

static void add_finding(struct findings *f, const struct log_line *line, size_t number)
{
    for (size_t i = 0; i < f->count; i++) {
        struct finding *old = &f->list[i];

        if (old->line.kind == line->kind && strcmp(old->line.name, line->name) == 0 &&
            old->line.guest == line->guest && old->line.there == line->there &&
            strcmp(old->machine, f->machine.name) == 0) {
            old->times++;
            return;
        }
    }
    if (f->count == FINDINGS_MAX) {
        f->passed_over++;
        return;
    }
    if (!f->list)
        f->list = xcalloc(FINDINGS_MAX, sizeof *f->list);
    struct finding *new = &f->list[f->count++];
    *new = (struct finding){.line = *line,
                            .first = number,
                            .times = 1,
                            .major = f->version.major,
                            .minor = f->version.minor};
    memcpy(new->machine, f->machine.name, sizeof new->machine);
}

static void take_line(struct findings *f, const char *text, size_t length, size_t number)
{
    struct log_line line = migration_log_read(text, length);

    switch (line.kind) {
    case LOG_MACHINE:
        f->machine = line;
        break;
    case LOG_VERSION:
        f->version = line;
        f->machine = (struct log_line){0}; /* another start */
        break;
    case LOG_LENGTHS:
    case LOG_UNKNOWN:
        add_finding(f, &line, number);
        break;
    case LOG_NOTHING:
        break;
    }
}

/* Line by line, each in at most 64 KiB of memory: the rest of a longer one is passed over. */
static int read_log(FILE *in, const char *name, struct findings *f)
{
    enum { LINE_MAX_KEPT = 64 * 1024 };
    char *line = xmalloc(LINE_MAX_KEPT);
    size_t have = 0, number = 1;
    int c;

    while ((c = getc_unlocked(in)) != EOF) {
        if (c != '\n') {
            if (have < LINE_MAX_KEPT)
                line[have++] = (char)c;
            continue;
        }
        take_line(f, line, have, number++);
        have = 0;
    }
    take_line(f, line, have, number);
    free(line);
    return ferror(in) ? complain("%s: %s", name, strerror(errno)) : STATUS_YES;
}

static const char *length_text(uint64_t length, char text[SIZE_TEXT_MAX])
{
    return size_format(length, text);
}

static void explain_lengths(const struct finding *f)
{
    const struct log_line *l = &f->line;
    const struct rom_device *device = NULL;
    char in[SIZE_TEXT_MAX], here[SIZE_TEXT_MAX];
    enum ram_block_kind kind = ram_block_kind_of(l->name, &device);
    struct preflight p;

    length_text(l->guest, in);
    length_text(l->there, here);
    print_line("The guest was refused: it brings %s of %s, and the QEMU that should take it made",
               in, l->name);
    print_line("that block %s long.", here);
    if (kind != RAM_BLOCK_ROM) {
        print_line("%s",
                   kind == RAM_BLOCK_BIOS || kind == RAM_BLOCK_FLASH
                       ? "It is a firmware image: the destination needs a file of the source's "
                         "exact size."
                   : kind == RAM_BLOCK_MEMORY
                       ? "It is memory: the guest must be configured with the same sizes on "
                         "both sides."
                       : "It is no block of an option ROM that is known here.");
        return;
    }
    print_line(
        "It holds the option ROM of a %s, and is as long as the ROM file, rounded up to a power",
        device->types[0]);
    print_line("of two. On the source host %s had more than %s and at most %s bytes when the",
               device->rom, length_text(l->guest / 2, here), in);
    print_line("guest was started; on the destination it has %s %s.",
               l->there > l->guest ? "more: up to" : "less: at most", length_text(l->there, here));
    struct saved_block block = {.name = (char *)l->name, .length = l->guest};
    struct saved_guest guest = {
        .block_count = 1, .blocks = &block, .machine = f->machine[0] ? (char *)f->machine : NULL};
    struct qemu_version version = {f->major, f->minor, 0};
    preflight_of_lengths(&guest, &l->there, &version, &p);
    print_mends(&p);
    preflight_free(&p);
}

static void explain_unknown(const struct finding *f)
{
    const struct rom_device *device = NULL;

    print_line("The guest was refused: it brings the RAM block %s, and the QEMU that",
               f->line.name);
    print_line("should take it has none of that name.");
    if (ram_block_kind_of(f->line.name, &device) != RAM_BLOCK_ROM) {
        print_line("So the two sides do not have the same devices, or not at the same addresses.");
        return;
    }
    print_line(
        "It holds the option ROM of device %s (%s). Either the device is not at that address on",
        device->types[0], device->rom);
    print_line(
        "the destination, or it is there without its ROM: with romfile='' or rombar=0, in libvirt");
    print_line(
        "<rom enabled='no'/> or <rom bar='off'/>. Take that away: a device without a ROM cannot");
    print_line("take a guest that has one. Where the ROM file is missing, install it.");
}

static int explain(const struct findings *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct finding *finding = &f->list[i];

        if (i)
            putchar('\n');
        if (finding->times > 1)
            print_line("%s:%zu (and %zu times more)%s%s", name, finding->first, finding->times - 1,
                       finding->machine[0] ? ", machine type " : "", finding->machine);
        else
            print_line("%s:%zu%s%s", name, finding->first,
                       finding->machine[0] ? ", machine type " : "", finding->machine);
        if (finding->line.kind == LOG_LENGTHS)
            explain_lengths(finding);
        else
            explain_unknown(finding);
    }
    if (f->passed_over)
        print_line("%zu more are passed over (limit %d).", f->passed_over, FINDINGS_MAX);
    if (!f->count)
        print_line("%s: no guest was refused for the length or the name of a RAM block.", name);
    return finish_output(f->count ? STATUS_YES : STATUS_NO);
}

static int run(int argc, char **argv)
{
    struct option_reader r;
    struct findings f = {0};
    const char *value;
    int key;

    option_reader_init(&r, &explain_command, argc, argv);
    if ((key = next_option(&r, &value)) != OPTION_END)
        return option_status(key);
    if (argc - r.first > 1)
        return usage_error(&explain_command, "too many files (found %d, expected at most 1)",
                           argc - r.first);
    bool is_input = r.first == argc || strcmp(argv[r.first], "-") == 0;
    const char *name = is_input ? "standard input" : argv[r.first];
    struct stat st;
    if (!is_input && stat(name, &st) == 0 && S_ISDIR(st.st_mode))
        return complain("%s: a folder, not a log", name);
    FILE *in = is_input ? stdin : fopen(name, "re");
    if (!in)
        return complain("%s: %s", name, strerror(errno));
    int status = read_log(in, name, &f);
    if (!is_input)
        fclose(in);
    if (status == STATUS_YES)
        status = explain(&f, name);
    free(f.list);
    return status;
}

const struct command explain_command = {
    .name = "explain",
    .summary = "say in plain words why a log's guest did not arrive",
    .synopsis = "[FILE]",
    .details =
        "Reads a log of QEMU or libvirt (/var/log/libvirt/qemu/GUEST.log of the destination), or "
        "an\n"
        "error that virsh printed, from FILE or standard input, and looks for guests that were\n"
        "refused for a RAM block: 'Size mismatch', 'Length mismatch' (QEMU before 5.2), 'Unknown\n"
        "ramblock'. Says what happened, which file it is about, and what mends it.\n"
        "\n"
        "Status 0: something was found. Status 1: nothing was found.",
    .run = run,
};
