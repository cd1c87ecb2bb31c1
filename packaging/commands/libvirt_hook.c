/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat libvirt-hook`: gives the network cards of an arriving guest the ROM files that
 * its machine type needs, between libvirt on the source and on this host. */
#include "commands/maps.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/size.h"
#include "inputs/domain_xml.h"
#include "inputs/file.h"
#include "outputs/child.h"
#include "outputs/escape.h"
#include "outputs/file.h"
#include "guest/domain_roms.h"
#include "guest/domain_splice.h"

enum { SECONDS = 10, SECONDS_MAX = 300 };
/* What a file for every card adds to the XML. */
#define RESULT_MAX (2 * DOMAIN_XML_MAX)

struct hook {
    const char *guest;
    struct strings maps, firmware;
    unsigned seconds;
    const uint8_t *xml;
    size_t size;
};

static const struct option_spec options[] = {
    MAPS_OPTION(struct hook, maps),
    FIRMWARE_OPTION(struct hook, firmware,
                    "look for ROM files only in DIR, and run no QEMU to find its\n"
                    "directories (repeatable)"),
    {"seconds", .argument = "N",
     .help = "pass the XML on unchanged if there is no answer after N seconds\n"
             "(default 10)",
     NUMBER_AT(struct hook, seconds), .least = 1, .most = SECONDS_MAX},
    {0},
};

static const struct hook defaults = {.seconds = SECONDS};

/* libvirt shows what a hook writes to standard error only where the hook fails (src/util/
 * virhook.c, virRunScript()), and this one does not: so to the system log as well. */
static void hook_log(const struct hook *h, int priority, const struct failure *f)
{
    struct failure whole;

    fail(&whole, "libvirt-hook: guest %s: %s", h->guest, f->what);
    if (f->hint[0])
        fail_hint(&whole, "%s", f->hint);
    report(&whole);
    char *what = shown(whole.what), *fix = shown(f->hint);
    syslog(priority, "%s%s%s", what, *fix ? ". " : "", fix);
    free(what);
    free(fix);
}

__attribute__((format(printf, 2, 3))) static void warn_of(const struct hook *h, const char *format,
                                                          ...)
{
    struct failure f = {0};
    va_list args;

    va_start(args, format);
    vsnprintf(f.what, sizeof f.what, format, args);
    va_end(args);
    hook_log(h, LOG_WARNING, &f);
}

/* --- in a process of its own ------------------------------------------------------- */

enum { CHANGED, UNCHANGED };

/* The maps that a patched QEMU would read here. */
static int open_maps(const struct hook *h, const struct destination *to, struct romcompat **maps)
{
    struct romcompat_problem p;
    struct failure f = {0};

    if (destination_open_maps(to, h->maps.list, h->maps.count, maps, &f) != 0) {
        hook_log(h, LOG_WARNING, &f);
        return -1;
    }
    for (size_t i = 0; romcompat_problem_at(*maps, i, &p) == ROMCOMPAT_OK; i++)
        warn_of(h, "%s; this map is left out", p.text);
    return 0;
}

/* The files for the cards of `x`, one for each device. Whether there is any. */
static bool find_files(const struct hook *h, const struct domain_xml *x, struct destination *to,
                       const struct romcompat *maps, const char **files)
{
    bool any = false;

    for (size_t i = 0; i < x->device_count; i++) {
        const struct domain_device *d = &x->devices[i];
        struct failure f = {0};
        struct domain_rom rom;

        if (!domain_rom_is_asked(x, d))
            continue;
        domain_rom_of(x, d, to, maps, &rom);
        if (rom.answer == DOMAIN_ROM_GETS || rom.answer == DOMAIN_ROM_DOUBT) {
            char *label = domain_device_label(d);

            fail(&f, "network card %s: %s", label, rom.why);
            if (rom.fix)
                fail_hint(&f, "%s", rom.fix);
            hook_log(h, rom.answer == DOMAIN_ROM_GETS ? LOG_NOTICE : LOG_WARNING, &f);
            free(label);
        }
        files[i] = rom.file;
        rom.file = NULL;
        any |= files[i] != NULL;
        domain_rom_free(&rom);
    }
    return any;
}

/* What this host's QEMU is and where it looks. 1: it needs no help; -1: not known. */
static int open_destination(const struct hook *h, const struct domain_xml *x,
                            struct destination *to)
{
    struct failure f;
    int result;

    if (!h->firmware.count && !x->emulator) {
        warn_of(h, "the XML names no emulator, so this host's QEMU is not known");
        return -1;
    }
    result = h->firmware.count
                 ? destination_of_directories(to, h->firmware.list, h->firmware.count, &f)
                 : destination_of_qemu(to, x->emulator, NULL, 0, &f);
    if (result != 0)
        hook_log(h, LOG_WARNING, &f);
    return result == 0 ? to->reads_maps : -1;
}

static int change(const struct hook *h, const struct domain_xml *x, struct destination *to,
                  const struct romcompat *maps, int fd)
{
    const char **files = xcalloc(x->device_count, sizeof *files);
    struct failure f;
    uint8_t *bytes;
    size_t size;

    if (!find_files(h, x, to, maps, files))
        return UNCHANGED;
    if (domain_splice(x, h->xml, h->size, files, &bytes, &size, &f) != 0) {
        hook_log(h, LOG_ERR, &f);
        return UNCHANGED;
    }
    return write_all(fd, bytes, size) == 0 ? CHANGED : UNCHANGED;
}

/* What it leaves allocated goes with the process. */
static int work(void *arg, int fd)
{
    const struct hook *h = arg;
    struct domain_xml x;
    struct destination to;
    struct romcompat *maps;
    struct failure f;
    bool asked = false;

    if (domain_xml_parse("its XML", h->xml, h->size, &x, &f) != 0) {
        hook_log(h, LOG_WARNING, &f);
        return UNCHANGED;
    }
    for (size_t i = 0; i < x.device_count; i++)
        asked |= domain_rom_is_asked(&x, &x.devices[i]);
    if (!asked || open_destination(h, &x, &to) != 0 || open_maps(h, &to, &maps) != 0)
        return UNCHANGED;
    return change(h, &x, &to, maps, fd);
}

/* --- the hook ------------------------------------------------------------------------- */

static int put(const uint8_t *data, size_t size)
{
    if (write_all(STDOUT_FILENO, data, size) != 0)
        return complain("standard output: %s", strerror(errno));
    return STATUS_YES;
}

/* Too long to be looked at: as it comes. */
static int pass_on(const uint8_t *data, size_t size)
{
    static uint8_t block[1 << 16];
    int status = put(data, size);
    ssize_t n;

    while (status == STATUS_YES && (n = read(STDIN_FILENO, block, sizeof block)) != 0) {
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0)
            status = put(block, (size_t)n);
    }
    return status;
}

static int filter(struct hook *h)
{
    struct child child = {
        .work = work, .arg = h, .is_nobody = true, .output_max = RESULT_MAX, .seconds = h->seconds};
    struct child_result r = {0};
    uint8_t *xml;
    struct failure f;
    int status;

    openlog("romcompat", LOG_PID, LOG_DAEMON);
    h->xml = xml = read_stream(STDIN_FILENO, DOMAIN_XML_MAX + 1, &h->size);
    if (h->size > DOMAIN_XML_MAX) {
        warn_of(h, "its XML is longer than %zu bytes and is passed on", DOMAIN_XML_MAX);
        status = pass_on(xml, h->size);
    } else if (child_run(&child, &r, &f) != 0) {
        warn_of(h, "its XML is passed on: %s", f.what);
        status = put(xml, h->size);
    } else {
        status = r.status == CHANGED && r.size ? put(r.output, r.size) : put(xml, h->size);
    }
    child_result_free(&r);
    free(xml);
    return status;
}

static int run(void *settings, char **operands, size_t count)
{
    struct hook *h = settings;

    (void)count;
    h->guest = operands[0];
    /* The two that may answer with another XML; libvirt drops what a hook says to others. */
    if (strcmp(operands[2], "begin") != 0 ||
        (strcmp(operands[1], "migrate") != 0 && strcmp(operands[1], "restore") != 0))
        return STATUS_YES;
    return filter(h);
}

extern const struct command libvirt_hook_command;
const struct command libvirt_hook_command = {
    .name = "libvirt-hook",
    .summary = "give arriving libvirt guests the ROMs that they need",
    .synopsis = "[--maps DIR]... [--firmware DIR]... [--seconds N]\n"
                "    GUEST OPERATION SUB-OPERATION EXTRA",
    .details =
        "Reads the XML of a libvirt guest on standard input and writes it to standard output.\n"
        "If the compat maps of this host say that the guest's machine type needs a ROM of\n"
        "another bucket than the installed one, its network card gets <rom file='...'/>. Nothing\n"
        "else is changed, and in case of doubt nothing at all; the system log says which.\n"
        "/etc/libvirt/hooks/qemu.d/romcompat runs it for 'migrate begin' and 'restore begin';\n"
        "for any other operation it does nothing.",
    .options = options,
    .settings_size = sizeof(struct hook),
    .defaults = &defaults,
    .operand = "an operand of GUEST OPERATION SUB-OPERATION EXTRA",
    .least = 3,
    .most = 4,
    .run = run,
};
