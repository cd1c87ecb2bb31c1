/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/arrival_log.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/plain_file.h"

struct collector {
    struct arrival_log *log;
    struct log_scan scan;
    char file[LOG_NAME_MAX + 1]; /* that grep named */
    char machine[LOG_NAME_MAX + 1];
    struct qemu_version version;
    bool has_two_versions; /* the log names QEMUs of both sides, say: which refused is not known */
    size_t start;
    size_t broken; /* line of the last connection that broke */
    bool is_incoming, is_outgoing;
};

static void take_version(struct collector *c, const struct qemu_version *v)
{
    const struct qemu_version *old = &c->version;

    if ((old->major || old->minor) && qemu_version_compare(old, v) != 0)
        c->has_two_versions = true;
    c->version = *v;
}

/* Whether the log named a version, and the message is not one of others. */
static bool has_named_version(const struct collector *c, const struct log_message *m)
{
    struct qemu_version release = {c->version.major, c->version.minor, 0};

    return (release.major || release.minor) && !c->has_two_versions &&
           qemu_version_is_within(&release, &m->first, &m->last);
}

static bool is_same(const struct logged_refusal *f, const struct log_message *m,
                    const char *machine)
{
    return f->message.kind == m->kind && f->message.guest == m->guest &&
           f->message.there == m->there && strcmp(f->message.name, m->name) == 0 &&
           strcmp(f->message.other, m->other) == 0 && strcmp(f->machine, machine) == 0;
}

static void add_refusal(struct collector *c, const struct log_message *m, size_t line)
{
    struct arrival_log *log = c->log;
    const char *machine = m->kind == LOG_MACHINE_DIFFERS ? m->name : c->machine;

    for (size_t i = 0; i < log->count; i++)
        if (is_same(&log->refusals[i], m, machine)) {
            log->refusals[i].times++;
            /* What came of a refusal that is named belongs to that one of the same start. */
            log->refusals[i].start = c->start;
            return;
        }
    if (log->count == LOGGED_REFUSALS_MAX) {
        log->dropped++;
        return;
    }
    if (!log->refusals)
        log->refusals = xcalloc(LOGGED_REFUSALS_MAX, sizeof *log->refusals);
    struct logged_refusal *new = &log->refusals[log->count++];
    bool is_named = has_named_version(c, m);
    *new = (struct logged_refusal){.message = *m,
                                   .line = line,
                                   .times = 1,
                                   .start = c->start,
                                   .version = is_named ? c->version : m->last,
                                   .is_or_older = !is_named};
    memcpy(new->machine, machine, sizeof new->machine);
}

/* "Unable to write to socket: Broken pipe" is one, of two messages. */
static void add_broken(struct collector *c, const struct log_message *m, size_t line)
{
    if (c->broken != line)
        add_refusal(c, m, line);
    c->broken = line;
}

static bool matches_one(const char *const *names, size_t count, const char *name, int flags)
{
    for (size_t i = 0; i < count; i++)
        if (fnmatch(names[i], name, flags) == 0)
            return true;
    return false;
}

static bool is_rom(const char *path)
{
    static const char *const names[] = {"*.rom", "*vgabios*.bin"};

    return matches_one(names, sizeof names / sizeof *names, base_name(path), FNM_CASEFOLD);
}

/* Whether a file that could not be opened is firmware or its store, as packages, libvirt, Incus
 * and LXD name them, and not a disk of a guest that is called "ovmf-test". */
static bool is_firmware(const char *path)
{
    static const char *const names[] = {"*.fd",        "*bios*.bin", "ovmf-*.bin",
                                        "aavmf-*.bin", "*nvram",     "*nvram.*"};
    static const char *const exact[] = {"*_CODE*", "*_VARS*", "QEMU_EFI*"};
    static const char *const stores[] = {"*/qemu/nvram/*"};
    const char *base = base_name(path);

    return matches_one(names, sizeof names / sizeof *names, base, FNM_CASEFOLD) ||
           matches_one(exact, sizeof exact / sizeof *exact, base, 0) ||
           matches_one(stores, sizeof stores / sizeof *stores, path, 0) || known_package_of(path);
}

static void add_file(struct collector *c, const struct log_message *m, size_t line)
{
    bool is_denied = strstr(m->other, "Permission denied") != NULL;
    struct log_message named = *m;

    named.kind = !is_rom(m->name) ? LOG_FIRMWARE_FILE
                 : is_denied      ? LOG_ROM_DENIED
                                  : LOG_ROM_MISSING;
    if (named.kind == LOG_FIRMWARE_FILE ? is_firmware(m->name)
                                        : is_denied || strstr(m->other, "No such file"))
        add_refusal(c, &named, line);
}

static void take_end(struct collector *c, const char *reason, size_t line)
{
    bool ran = strcmp(reason, "shutdown") == 0 || strcmp(reason, "saved") == 0;

    if (strcmp(reason, "migrated") == 0 || (ran && c->is_incoming))
        c->log->arrived = true;
    else if (!ran && strcmp(reason, "destroyed") != 0 && !c->log->failed_line)
        c->log->failed_line = line;
}

static void start_anew(struct collector *c)
{
    c->start++;
    c->machine[0] = '\0';
    c->version = (struct qemu_version){0};
    c->has_two_versions = false;
    c->is_incoming = c->is_outgoing = false;
}

static void take(void *arg, const struct log_message *m, size_t line)
{
    struct collector *c = arg;
    struct log_message named = *m;

    switch (m->kind) {
    case LOG_NOTHING:
        return;
    case LOG_START:
        start_anew(c);
        return;
    case LOG_OF_FILE:
        if (strcmp(c->file, m->name) != 0)
            start_anew(c);
        memcpy(c->file, m->name, sizeof c->file);
        return;
    case LOG_MACHINE:
        memcpy(c->machine, m->name, sizeof c->machine);
        return;
    case LOG_VERSION:
        take_version(c, &m->version);
        return;
    case LOG_INCOMING:
        c->is_incoming = true;
        c->is_outgoing = false;
        return;
    case LOG_OUTGOING:
        c->is_outgoing = true;
        return;
    case LOG_COMPLETED:
        /* What is sent may be refused yet, or is in a file. */
        c->log->arrived |= !c->is_outgoing;
        return;
    case LOG_ENDED:
        take_end(c, m->name, line);
        return;
    case LOG_ARRIVED:
        c->log->arrived = true;
        return;
    case LOG_FAILED:
        break;
    case LOG_FILE:
        add_file(c, m, line);
        break;
    case LOG_CONNECTION:
    case LOG_STREAM_CUT:
        add_broken(c, m, line);
        break;
    case LOG_MACHINE_UNKNOWN:
        if (!m->name[0])
            memcpy(named.name, c->machine, sizeof named.name);
        add_refusal(c, &named, line);
        break;
    default:
        add_refusal(c, m, line);
    }
    if (!c->log->failed_line)
        c->log->failed_line = line;
}

bool logged_refusal_tells(const struct logged_refusal *f)
{
    return f->message.kind != LOG_CONNECTION && f->message.kind != LOG_STREAM_CUT;
}

/* Whether QEMU printed both of one failure: what was wrong, what it was loading, and the end. */
static bool is_near(const struct logged_refusal *a, const struct logged_refusal *b)
{
    enum { LINES = 3 };

    return a->line > b->line ? a->line - b->line <= LINES : b->line - a->line <= LINES;
}

/* Whether `f` is only what came of `cause`, which is of the same start of QEMU. */
static bool came_of(const struct logged_refusal *f, const struct logged_refusal *cause)
{
    enum log_kind why = cause->message.kind;
    bool is_block = why == LOG_LENGTHS || why == LOG_TOO_LARGE || why == LOG_UNKNOWN;
    bool is_stream = why == LOG_STREAM || why == LOG_RAM_PAGES;

    switch (f->message.kind) {
    case LOG_RAM:
        return is_block || is_stream || (why == LOG_STREAM_CUT && is_near(f, cause));
    case LOG_DEVICE:
        return why == LOG_STREAM_CUT && is_near(f, cause);
    case LOG_RAM_CONTENT:
        return is_stream;
    case LOG_STREAM_CUT:
        return why == LOG_RAM_CONTENT && is_near(f, cause);
    case LOG_CONNECTION:
        return why != LOG_CONNECTION;
    default:
        return false;
    }
}

static bool is_consequence(const struct arrival_log *log, const struct logged_refusal *f)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->refusals[i].start == f->start && came_of(f, &log->refusals[i]))
            return true;
    return false;
}

static void drop_consequences(struct arrival_log *log)
{
    for (size_t i = 0; i < log->count;)
        if (is_consequence(log, &log->refusals[i])) {
            log->count--;
            memmove(&log->refusals[i], &log->refusals[i + 1],
                    (log->count - i) * sizeof *log->refusals);
        } else {
            i++;
        }
}

/* The scan leaves the end of what it gets: it is put before what comes next. */
static int scan_all(struct plain_file *file, struct collector *c, struct failure *f)
{
    size_t have = 0, capacity = 0;
    char *text = NULL;
    int64_t n;

    do {
        const char *more = NULL;

        n = plain_file_get(file, &more, f);
        if (n < 0)
            break;
        if (have + (size_t)n > capacity) {
            capacity = have + (size_t)n;
            text = xreallocarray(text, capacity, 1);
        }
        if (n)
            memcpy(text + have, more, (size_t)n);
        have += (size_t)n;
        size_t used = have ? migration_log_scan(&c->scan, text, have, n == 0, take, c) : 0;
        if (used)
            memmove(text, text + used, have - used);
        have -= used;
    } while (n > 0);
    free(text);
    return n < 0 ? -1 : 0;
}

int arrival_log_read(const char *path, struct arrival_log *log, struct failure *f)
{
    struct arrival_log read = {0};
    struct collector c = {.log = &read};
    struct plain_file *file;

    if (plain_file_open(path, &file, f) != 0)
        return -1;
    int result = scan_all(file, &c, f);
    read.is_binary = plain_file_is_binary(file);
    plain_file_close(file);
    if (result != 0) {
        arrival_log_free(&read);
        return -1;
    }
    drop_consequences(&read);
    *log = read;
    return 0;
}

void arrival_log_free(struct arrival_log *log)
{
    free(log->refusals);
    *log = (struct arrival_log){0};
}

/* --- packages ------------------------------------------------------------------------------ */

/* Proxmox's packages: debian/ of pve-edk2-firmware, from 4.2023.08 on; pve-qemu-kvm has
 * all that QEMU comes with, and neither ipxe-qemu nor seabios is used. */
#define PVE_QEMU "pve-qemu-kvm"
#define PVE_EDK2 "pve-edk2-firmware-"

const struct known_package *known_package_of(const char *file)
{
    /* The first that the path's last part matches, and its beginning where one is named. */
    static const struct {
        const char *name;
        struct known_package package;
    } packages[] = {
        {"compat-256k-efi-*.rom", {"ipxe-qemu-256k-compat-efi-roms", NULL, NULL}}, /* Ubuntu's */
        {"256k-trixie-*.rom", {"ipxe-qemu-256k-compat-trixie", NULL, NULL}},
        {"128k-trixie-*.rom", {"ipxe-qemu-128k-compat-trixie", NULL, NULL}},
        {"256k-*.rom", {"ipxe-qemu-256k-compat", NULL, NULL}},
        {"128k-*.rom", {"ipxe-qemu-128k-compat", NULL, NULL}},
        {"32k-vgabios*.bin", {"seabios-vgabios-32k-compat", NULL, NULL}},
        {"64k-vgabios*.bin", {"seabios-vgabios-64k-compat", NULL, NULL}},
        {"efi-*.rom", {"ipxe-qemu", "ipxe-roms-qemu", PVE_QEMU}},
        {"pxe-*.rom", {"ipxe-qemu", "ipxe-roms-qemu", PVE_QEMU}},
        {"vgabios*.bin", {"seabios", "seavgabios-bin", PVE_QEMU}},
        {"bios*.bin", {"seabios", "seabios-bin", PVE_QEMU}},
        {"kvmvapic.bin", {"qemu-system-data", "qemu-system-x86-core", PVE_QEMU}},
        {"linuxboot*.bin", {"qemu-system-data", "qemu-system-x86-core", PVE_QEMU}},
        {"multiboot*.bin", {"qemu-system-data", "qemu-system-x86-core", PVE_QEMU}},
        {"pvh.bin", {"qemu-system-data", "qemu-system-x86-core", PVE_QEMU}},
        {"slof.bin", {"qemu-system-data", "SLOF", NULL}},
        {"opensbi-*-fw_*", {"opensbi", "qemu-system-riscv-core", NULL}},
        {"skiboot.lid", {"qemu-system-data", NULL, NULL}},
        {"s390-ccw.img", {"qemu-system-data", NULL, NULL}},
        {"s390-netboot.img", {"qemu-system-data", NULL, NULL}},
        {"openbios-*", {"qemu-system-data", "openbios", NULL}},
        {"OVMF_*-pure-efi.fd", {NULL, NULL, PVE_QEMU}},
        {"OVMF32_*.fd", {"ovmf-ia32", "edk2-ovmf-ia32", PVE_EDK2 "ovmf"}},
        {"OVMF_*_4M*.fd", {"ovmf", "edk2-ovmf", PVE_EDK2 "ovmf"}},
        {"OVMF_*.fd", {"ovmf", "edk2-ovmf", PVE_EDK2 "legacy"}},
        {"OVMF*.fd", {"ovmf", "edk2-ovmf", NULL}},
        {"AAVMF32_*.fd", {"qemu-efi-arm", "edk2-arm", NULL}},
        {"AAVMF_*.fd", {"qemu-efi-aarch64", "edk2-aarch64", PVE_EDK2 "aarch64"}},
        {"QEMU_EFI*.fd", {"qemu-efi-aarch64", "edk2-aarch64", NULL}},
        {"RISCV_VIRT_*.fd", {"qemu-efi-riscv64", "edk2-riscv64", PVE_EDK2 "riscv"}},
    };
    const char *base = base_name(file);

    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
        if (fnmatch(packages[i].name, base, 0) == 0)
            return &packages[i].package;
    return NULL;
}

bool is_proxmox_file(const char *path)
{
    static const char *const patterns[] = {"/usr/share/pve-edk2-firmware/*", "/usr/share/kvm/*"};

    return matches_one(patterns, sizeof patterns / sizeof *patterns, path, 0);
}
