/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat preflight`: will this guest land there, and if not, what fixes it. */
#include "commands/preflight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/size.h"
#include "commands/command.h"
#include "commands/host.h"
#include "commands/maps.h"
#include "commands/preflight_try.h"
#include "inputs/qmp.h"
#include "fleet/inventory_destination.h"
#include "guest/domain_files.h"

extern const struct command preflight_command;

/* libvirt src/util/virhook.c: a directory LIBVIRT_HOOK_DIR/qemu.d of hooks, from 6.5 on. */
static const char HOOK[] = "/etc/libvirt/hooks/qemu.d/romcompat";

enum { GIVEN_MAX = 64 };

struct question {
    const char *qmp, *qemu, *machine, *snapshot, *guest, *guest_qemu;
    struct strings maps, files, romsizes, devices;
    bool loadvm, start, same, all_fixes, json, try;
    /* Of `files` and `romsizes`; the names were allocated. */
    struct given_file given[2 * GIVEN_MAX];
    size_t given_count;
    bool from_inventory; /* the guest: its machine type is not an alias any more */
};

static const struct option_spec options[] = {
    {"qmp", .argument = "SOCKET",
     .help = "ask the running QEMU behind this QMP socket, in place of SOURCE",
     STRING_AT(struct question, qmp)},
    {"qemu", .argument = "BINARY",
     .help = "the destination's QEMU, which is run for its version and\n"
             "directories (default: the one that is installed)",
     STRING_AT(struct question, qemu)},
    {"machine", 'M', "MACHINE", "the guest's machine type, where SOURCE does not have it",
     STRING_AT(struct question, machine)},
    MAPS_OPTION(struct question, maps),
    {"loadvm",
     .help = "the guest is to be loaded from a snapshot, or started cold:\n"
             "QEMU then reads ROM files in every version",
     FLAG_AT(struct question, loadvm)},
    {"file", .argument = "BLOCK=FILE",
     .help = "the file that the destination gives this RAM block, if it is\n"
             "not the default: system.flash0=/usr/share/OVMF/OVMF_CODE.fd",
     LIST_AT(struct question, files), .most = GIVEN_MAX},
    {"romsize", .argument = "BLOCK=SIZE",
     .help = "the length that the destination's configuration gives this RAM\n"
             "block (romsize= of its device), in place of the file's",
     LIST_AT(struct question, romsizes), .most = GIVEN_MAX},
    {"guest-qemu", .argument = "VERSION",
     .help = "the version of the QEMU that a saved guest comes from, which its\n"
             "file does not tell: some versions refuse guests of others",
     STRING_AT(struct question, guest_qemu)},
    {"snapshot", .argument = "NAME",
     .help = "the snapshot in a qcow2 SOURCE that has more than one with the\n"
             "state of a guest; implies --loadvm",
     STRING_AT(struct question, snapshot)},
    {"guest", .argument = "NAME", .help = "SOURCE is an inventory: the guest of that name",
     STRING_AT(struct question, guest)},
    {"device", .argument = "TYPE",
     .help = "SOURCE is an inventory: a guest of -M with this device, as in\n"
             "-device (repeatable)",
     LIST_AT(struct question, devices), .most = GIVEN_MAX},
    {"start", .help = "also ask whether it starts again there, from cold",
     FLAG_AT(struct question, start)},
    {"same", .help = "also ask whether it then has the same ROMs and firmware",
     FLAG_AT(struct question, same)},
    {"try",
     .help = "also load the saved guest into the QEMU there, paused and isolated,\n"
             "and report its errors, whatever they are about; ARG are the arguments\n"
             "to start it with, by default what virsh makes of the image's XML",
     FLAG_AT(struct question, try)},
    {"all-fixes",
     .help = "print every way to fix a refusal, not only the shortest that\n"
             "is known to work there",
     FLAG_AT(struct question, all_fixes)},
    JSON_OPTION(struct question, json),
    {0},
};

static const char *architecture_of_guest(const struct saved_guest *guest)
{
    return guest->architecture ? guest->architecture : guest->domain ? guest->domain->arch : NULL;
}

/* The host of an inventory; *empty where it has no QEMU at all for such a guest. */
static int open_inventory(const struct question *q, const struct saved_guest *guest,
                          const char *machine, const char *path, struct destination *to,
                          bool *empty)
{
    struct failure f;

    if (q->qemu || q->maps.count)
        return complain("%s: an inventory has its own QEMU and maps: no --qemu, no --maps", path);
    int result = destination_of_inventory_file(to, path, architecture_of_guest(guest), machine, &f);
    *empty = result > 0;
    return result < 0 ? report(&f) : STATUS_YES;
}

/* `operands` are the directories that were given. */
static int open_host(const struct question *q, const char *machine, char **operands,
                     struct destination *to)
{
    size_t count = 0;

    while (operands[count])
        count++;
    int status = host_open(to, q->qemu, machine, (const char *const *)operands, count);

    if (status != STATUS_YES || (!q->maps.count && !to->reads_maps))
        return status;
    status = host_open_maps(to, q->maps.list, q->maps.count, &to->maps);
    if (status == STATUS_YES) {
        char *label = xasprintf("%s, %s compat maps", to->label, to->qemu ? "reads" : "with");

        free(to->label);
        to->label = label;
    }
    return status;
}

/* ---- the command ---- */

/* STATUS_YES, or STATUS_NO_ANSWER after a report. */
static int take_files(struct question *q)
{
    for (size_t i = 0; i < q->files.count; i++) {
        const char *value = q->files.list[i], *equals = strrchr(value, '=');

        if (!equals || equals == value || !equals[1])
            return usage_error(&preflight_command, "--file '%s' is not BLOCK=FILE", value);
        q->given[q->given_count++] = (struct given_file){
            .block = xstrndup(value, (size_t)(equals - value)), .path = equals + 1};
    }
    return STATUS_YES;
}

static int take_romsizes(struct question *q)
{
    for (size_t i = 0; i < q->romsizes.count; i++) {
        const char *value = q->romsizes.list[i], *equals = strrchr(value, '=');
        uint64_t size;

        if (!equals || equals == value || !size_parse(equals + 1, &size) || !size)
            return usage_error(&preflight_command, "--romsize '%s' is not BLOCK=SIZE", value);
        q->given[q->given_count++] = (struct given_file){
            .block = xstrndup(value, (size_t)(equals - value)), .romsize = size};
    }
    return STATUS_YES;
}

/* A running QEMU and an inventory say it themselves. */
static int take_guest_qemu(const struct question *q, struct saved_guest *guest)
{
    if (q->guest_qemu && (q->qmp || q->from_inventory))
        return usage_error(&preflight_command,
                           "--guest-qemu is for a saved guest: a running QEMU and an inventory "
                           "say it themselves");
    if (q->guest_qemu && qemu_version_read(q->guest_qemu, strlen(q->guest_qemu), &guest->qemu) != 0)
        return usage_error(&preflight_command,
                           "--guest-qemu '%s' is not a valid version (expected 7.2 or 7.2.22)",
                           q->guest_qemu);
    return STATUS_YES;
}

/* The files of the guest's XML, and behind them, so that they hold, those of --file. A directory
 * stands for a host whose other files are not at hand. */
static struct given_file *take_domain_files(const struct question *q, const struct domain_xml *x,
                                            bool elsewhere, struct destination *to)
{
    struct given_file *list;
    size_t count = domain_files(x, elsewhere, &list);

    list = xreallocarray(list, count + q->given_count, sizeof *list);
    memcpy(list + count, q->given, q->given_count * sizeof *list);
    to->given = list;
    to->given_count = count + q->given_count;
    return list;
}

/* What libvirt's hook, where it is installed, will do here. A QEMU that reads maps has been
 * judged with them, and gets its XML as it was. */
static void note_hook(struct preflight *p, const struct saved_guest *guest, struct destination *to)
{
    struct romcompat *maps;

    if (!guest->domain || !to->qemu || to->source || to->maps || access(HOOK, X_OK) != 0 ||
        destination_open_maps(to, NULL, 0, &maps, NULL) != 0)
        return;
    preflight_note_hook(p, guest->domain, to, maps);
    romcompat_close(maps);
}

/* An alias is resolved by the QEMU that the guest is to come to. */
static void resolve_machine(char **machine, struct destination *to)
{
    const char *type;

    if (*machine && destination_machine(to, *machine, &type, NULL) == QEMU_YES &&
        type != *machine) {
        char *own = xstrdup(type);

        free(*machine);
        *machine = own;
    }
}

static void take_machine(const struct question *q, struct saved_guest *guest,
                         struct destination *to)
{
    /* A stream names no alias: one that is an alias there is another architecture's type, "virt". */
    bool is_of_stream = guest->machine && !guest->machine_is_old && !q->from_inventory;
    char *own = is_of_stream ? xstrdup(guest->machine) : NULL;

    resolve_machine(&guest->machine, to);
    if (own && strcmp(own, guest->machine) != 0) {
        guest->own_machine = own;
        own = NULL;
    }
    free(own);
    if (!q->machine || q->from_inventory)
        return;
    if (guest->own_machine)
        free(guest->machine);
    else
        guest->own_machine = guest->machine;
    guest->machine = xstrdup(q->machine);
    resolve_machine(&guest->machine, to);
}

/* What was tried is known better than what was judged. */
static int status_of(const struct question *q, const struct preflight *p,
                     const struct landing *tried)
{
    const enum qemu_answer asked[] = {tried ? tried->answer : p->arrives.value,
                                      q->start ? p->starts.value : QEMU_YES,
                                      q->same ? p->same.value : QEMU_YES};
    int status = STATUS_YES;

    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        if (asked[i] == QEMU_NO)
            return STATUS_NO;
        if (asked[i] == QEMU_NOT_KNOWN)
            status = STATUS_NO_ANSWER;
    }
    return status;
}

static int judge(const struct question *q, const char *source, struct saved_guest *guest,
                 struct destination *to, const struct landing *tried, bool empty)
{
    struct preflight p = {.not_judged = guest->block_count};

    if (empty) {
        const char *architecture = architecture_of_guest(guest);

        p.arrives.why = architecture
                            ? xasprintf("no QEMU for guests of %s is installed there", architecture)
                            : xstrdup("no QEMU is installed there");
        p.starts.why = xstrdup(p.arrives.why);
        p.same.value = QEMU_NOT_KNOWN;
    } else {
        preflight_judge(guest, to, !q->loadvm, &p);
        preflight_find_owners(&p, to);
        preflight_compare_files(&p, guest, to);
        note_hook(&p, guest, to);
    }
    if (q->json)
        preflight_print_json(source, guest, to, &p, tried);
    else
        preflight_print(source, guest, to, &p, tried, q->all_fixes);
    int status = status_of(q, &p, tried);
    preflight_free(&p);
    return finish_output(status);
}

/* The guest is tried, and then judged with the directories that QEMU's arguments name. */
static int try_and_answer(const struct question *q, const char *source, struct saved_guest *guest,
                          char **arguments, size_t count)
{
    const char *machine = q->machine ? q->machine : guest->machine;
    struct preflight_try_question try = {.source = source,
                                         .snapshot = q->snapshot,
                                         .guest = guest,
                                         .arguments = (const char **)arguments,
                                         .count = count};
    struct destination to = {0};
    struct landing tried = {0};
    const char **directories;

    if (preflight_try_prepare(&try) != STATUS_YES)
        return STATUS_NO_ANSWER;
    landing_directories(try.arguments, try.count, &directories);
    int status = open_host(q, machine, (char **)directories, &to);
    if (status == STATUS_YES && !to.qemu)
        status = complain("--try needs the QEMU there: name it with --qemu");
    if (status == STATUS_YES)
        status = preflight_try(&try, &to, &tried);
    if (status == STATUS_YES) {
        struct given_file *given = NULL;

        to.given = q->given;
        to.given_count = q->given_count;
        if (guest->domain)
            given = take_domain_files(q, guest->domain, false, &to);
        take_machine(q, guest, &to);
        status = judge(q, source, guest, &to, &tried, false);
        domain_files_free(given, to.given_count - q->given_count);
    }
    landing_free(&tried);
    destination_close(&to);
    free(directories);
    preflight_try_end(&try);
    return status;
}

static int answer(const struct question *q, const char *source, struct saved_guest *guest,
                  char **operands)
{
    const char *machine = q->machine ? q->machine : guest->machine;
    struct destination to = {0};
    struct given_file *given = NULL;
    bool empty = false;
    int status;

    if (operands[0] && !operands[1] && is_inventory(operands[0]))
        status = open_inventory(q, guest, machine, operands[0], &to, &empty);
    else
        status = open_host(q, machine, operands, &to);
    to.given = q->given;
    to.given_count = q->given_count;
    if (guest->domain)
        given = take_domain_files(q, guest->domain, to.source || !to.qemu, &to);
    if (status == STATUS_YES) {
        if (!empty)
            take_machine(q, guest, &to);
        status = judge(q, source, guest, &to, NULL, empty);
    }
    domain_files_free(given, to.given_count - q->given_count);
    destination_close(&to);
    return status;
}

/* The guest of SOURCE, which is an inventory. */
static int take_from_inventory(struct question *q, const char *path, struct saved_guest *guest)
{
    struct inventory_choice choice = {q->guest, q->machine, q->devices.list, q->devices.count};
    struct failure f;

    q->from_inventory = true;
    return inventory_file_guest(path, &choice, guest, &f) == 0 ? STATUS_YES : report(&f);
}

/* Reads the guest that SOURCE, the first of `operands`, or --qmp names; *operands then begins
 * with the destination. */
static int read_guest(struct question *q, const char *source, char ***operands,
                      struct saved_guest *guest)
{
    struct failure f;

    if (q->qmp && q->snapshot)
        return usage_error(&preflight_command, "--snapshot is for a qcow2 image, not for --qmp");
    if (!q->qmp && is_inventory(source))
        return take_from_inventory(q, *(*operands)++, guest);
    if (q->guest || q->devices.count)
        return usage_error(&preflight_command,
                           "--guest and --device are for an inventory (found %s)", source);
    int result = q->qmp ? qmp_read_guest(q->qmp, guest, &f)
                        : saved_guest_read(*(*operands)++, q->snapshot, guest, &f);
    return result == 0 ? STATUS_YES : report(&f);
}

static int run(void *settings, char **operands, size_t count)
{
    struct question *q = settings;
    struct saved_guest guest = {0};
    const char *source = q->qmp ? q->qmp : operands[0];

    if (!q->qmp && !count)
        return usage_error(&preflight_command, "a SOURCE is missing");
    if (q->try && (q->qmp || strcmp(operands[0], "-") == 0))
        return usage_error(&preflight_command, "--try is for a saved guest in a file");
    int status = take_files(q);
    if (status == STATUS_YES)
        status = take_romsizes(q);
    if (status == STATUS_YES)
        status = read_guest(q, source, &operands, &guest);
    bool was_read = status == STATUS_YES;
    if (was_read)
        status = take_guest_qemu(q, &guest);
    if (status == STATUS_YES) {
        if (strcmp(source, "-") == 0 && !q->qmp)
            source = "standard input";
        q->loadvm |= guest.kind == SAVED_SNAPSHOT;
        status = q->try ? try_and_answer(q, source, &guest, operands, count - 1)
                        : answer(q, source, &guest, operands);
    }
    if (was_read)
        saved_guest_free(&guest);
    while (q->given_count)
        free((char *)q->given[--q->given_count].block);
    return status;
}

const struct command preflight_command = {
    .name = "preflight",
    .summary = "whether a guest will be accepted by a host, and if not, what fixes it",
    .synopsis = "[OPTION]... SOURCE [DIRECTORY...|INVENTORY]\n"
                "--qmp SOCKET [OPTION]... [DIRECTORY...|INVENTORY]\n"
                "--try [OPTION]... SOURCE [-- ARG...]",
    .details =
        "SOURCE is a QEMU migration stream, a mapped-ram file, a libvirt save image (raw, gzip,\n"
        "bzip2, xz, lzop, zstd, sparse), a qcow2 image with a snapshot of the guest, or the saved "
        "output\n"
        "of 'info ramblock'; - is standard input. Only its head is read. A running QEMU is only\n"
        "queried, never changed.\n"
        "The destination is this host, or the DIRECTORYs with ROM files; with --qemu they are\n"
        "searched before its own, as with -L. It can also be the host of an INVENTORY ('romcompat\n"
        "inventory'). An INVENTORY as SOURCE means one of its guests: --guest, or -M with\n"
        "--device.\n"
        "\n"
        "Compares every RAM block that gets its length from a ROM file with what the destination\n"
        "would give it, for devices with their default ROM, and prints what fixes it. Memory and\n"
        "topology are not judged.\n"
        "\n"
        "Status 0: the guest arrives. Status 1: it is refused, or is accepted with a block of the\n"
        "wrong length (QEMU does not check mapped-ram). Status 2: no answer, also if a block is\n"
        "not known and nothing else is wrong.",
    .options = options,
    .settings_size = sizeof(struct question),
    .operand = "a DIRECTORY",
    .run = run,
};
