/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/migration_log.h"

#include <string.h>

#include "formats/log_pattern.h"
#include "formats/machine_types.h"
#include "formats/plain_text.h"

#define UP_TO(major, minor) \
    {0, 0, 0},              \
    {                       \
        major, minor, 0     \
    }
#define FROM(major, minor) \
    {major, minor, 0},     \
    {                      \
        0, 0, 0            \
    }
#define ANY     \
    {0, 0, 0},  \
    {           \
        0, 0, 0 \
    }

/* Files are QEMU's unless libvirt or another program is named. */
static const struct pattern {
    const char *text;
    enum log_kind kind;
    struct qemu_version first, last;
} patterns[] = {
    /* What a stream that ends among its RAM blocks, or behind them, makes of the zeros that QEMU
     * reads then: no block has a length of 0. Seen with QEMU 5.2 to 11.1. */
    {"Size mismatch: %*: 0x0 != 0x", LOG_STREAM_CUT, ANY},
    {"Length mismatch: %*: 0x0 in != 0x", LOG_STREAM_CUT, ANY},
    {"Unknown ramblock \", cannot accept migration", LOG_STREAM_CUT, ANY},
    {"Getting RAM address failed", LOG_STREAM_CUT, ANY},
    /* softmmu/physmem.c, qemu_ram_resize(); migration/ram.c and arch_init.c, ram_load(). */
    {"Size mismatch: %n: %x != %x", LOG_LENGTHS, FROM(5, 2)},
    {"Length mismatch: %n: %x in != %x", LOG_LENGTHS, {2, 2, 0}, {5, 1, 0}},
    {"Length mismatch: %n: %h in != %h", LOG_LENGTHS, UP_TO(2, 1)},
    {"Size too large: %n: %x > %x", LOG_TOO_LARGE, FROM(5, 2)},
    {"Length too large: %n: %x > %x", LOG_TOO_LARGE, UP_TO(5, 1)},
    {"Unknown ramblock \"%n\", cannot accept migration", LOG_UNKNOWN, ANY},
    {"Can't find block %n!", LOG_UNKNOWN, UP_TO(1, 7)},
    {"Mismatched RAM page size %n (local)", LOG_RAM_PAGES, ANY},
    {"Mismatched GPAs for block %n ", LOG_RAM_PAGES, FROM(4, 0)},
    {"Postcopy needs matching RAM page sizes", LOG_RAM_PAGES, ANY},
    {"Postcopy needs matching target page sizes", LOG_RAM_PAGES, ANY},
    {"Non-same host page detected", LOG_RAM_PAGES, ANY},
    /* migration/ram.c and multifd.c. */
    {"Unknown combination of migration flags", LOG_STREAM, ANY},
    {"Received an unexpected compressed page", LOG_STREAM, ANY},
    {"Unexpected RAM flags", LOG_STREAM, ANY},
    {"Unexpected flags", LOG_STREAM, ANY},
    {"flags received %*flags expected", LOG_STREAM, ANY},
    {"Failed to load XBZRLE page", LOG_STREAM, ANY},
    {"Failed to decompress XBZRLE page", LOG_STREAM, ANY},
    {"Invalid compressed data length", LOG_STREAM, ANY},
    {"decompress data failed", LOG_STREAM, ANY},
    {"Ack, bad migration stream!", LOG_STREAM, ANY},
    {"Illegal RAM offset", LOG_STREAM, ANY},
    {"Found a zero page with value", LOG_STREAM, ANY},
    /* migration/savevm.c. */
    {"Capability %*but received capability is", LOG_STREAM, ANY},
    {"error while loading state section id %*(ram)", LOG_RAM_CONTENT, ANY},
    {"error while loading state section id %*(%n)", LOG_DEVICE, ANY},
    {"error while loading state for instance %* of device \"%n\"", LOG_DEVICE, ANY},
    {"Missing section footer for %n", LOG_DEVICE, FROM(2, 3)},
    {"Unknown savevm section or instance \"%n\"", LOG_DEVICE_UNKNOWN, ANY},
    {"Unknown section or instance \"%n\"", LOG_DEVICE_UNKNOWN, ANY},
    {"unsupported version %* for \"%n\" v", LOG_DEVICE, ANY},
    {"Configuration section missing", LOG_MACHINE_UNNAMED, FROM(2, 4)},
    {"Received unknown capability %n", LOG_CAPABILITY, ANY},
    {"Machine type received is \"%n\" and local is \"%o\"", LOG_MACHINE_DIFFERS, ANY},
    /* softmmu/vl.c and system/vl.c, find_machine(); libvirt and Proxmox before they start it. */
    {"-machine %n: unsupported machine type", LOG_MACHINE_UNKNOWN, ANY},
    {"-M %n: unsupported machine type", LOG_MACHINE_UNKNOWN, ANY},
    {"unsupported machine type:~\"%n\"", LOG_MACHINE_UNKNOWN, ANY},
    {"unsupported machine type \"%n\"", LOG_MACHINE_UNKNOWN, ANY},
    {"unsupported machine type", LOG_MACHINE_UNKNOWN, ANY},
    {"does not support machine type \"%n\"", LOG_MACHINE_UNKNOWN, ANY},
    {"the machine \"%n\" is not supported by emulator", LOG_MACHINE_UNKNOWN, ANY},
    {"too old to run machine type \"%n\"", LOG_MACHINE_UNKNOWN, ANY},
    {"could not find capabilities for %*machine=%n", LOG_MACHINE_UNKNOWN, ANY},
    {"Target domain machine type %o does not match source %n", LOG_MACHINE_DIFFERS, ANY},

    /* hw/pci/pci.c, pci_add_option_rom() and pci_qdev_realize(); hw/core/loader.c,
     * rom_add_file(); qom/object.c. */
    {"failed to find romfile \"%n\"", LOG_ROM_MISSING, ANY},
    {"Could not open option rom \"%n\": Permission denied", LOG_ROM_DENIED, ANY},
    {"Could not open option rom \"%n\"", LOG_ROM_MISSING, ANY},
    {"rom: file %*: error Failed to open file \"%n\": Permission denied", LOG_ROM_DENIED, ANY},
    {"rom: file %*: error Failed to open file \"%n\"", LOG_ROM_MISSING, ANY},
    {"romfile \"%n\" is empty", LOG_ROM_EMPTY, ANY},
    {"failed to load romfile \"%n\"", LOG_ROM_UNREADABLE, ANY},
    {"romfile \"%n\" too large (size cannot exceed 2 GiB)", LOG_ROM_HUGE, ANY},
    {"romfile \"%n\" (%d bytes) is too large for ROM size %d", LOG_ROM_OVER_SIZE, FROM(6, 0)},
    {"ROM size %t is not a power of two", LOG_ROMSIZE_ODD, FROM(6, 0)},
    {"Property \".romsize\" not found", LOG_ROMSIZE_UNKNOWN, ANY},
    {"Property \"%n.romsize\" not found", LOG_ROMSIZE_UNKNOWN, ANY},

    /* libvirt src/qemu/qemu_firmware.c and qemu_process.c, qemu_nvram.c. */
    {"Unable to find any firmware to satisfy \"%n\"", LOG_FIRMWARE_NONE, ANY},
    {"Unable to find \"%n\" firmware that is compatible with", LOG_FIRMWARE_NONE, ANY},
    {"unable to find any master var store for loader: %n", LOG_FIRMWARE_TEMPLATE, ANY},
    {"Unable to find NVRAM template for \"%n\"", LOG_FIRMWARE_TEMPLATE, ANY},
    {"Format mismatch: loader.format=\"%n\" nvram.format=\"%o\"", LOG_FIRMWARE_FORMATS, ANY},
    {"firmware requires it", LOG_FIRMWARE_SMM, ANY},
    {"Secure boot requires SMM", LOG_FIRMWARE_SMM, ANY},
    {"Secure boot is supported with q35 machine types only", LOG_FIRMWARE_MACHINE, ANY},
    /* block.c; hw/i386/x86.c and pc_sysfw.c; hw/arm/virt.c; hw/block/block.c. */
    {"if=pflash%*Could not open \"%n\": %r", LOG_FIRMWARE_FILE, ANY},
    {"libvirt-pflash%*Could not open \"%n\": %r", LOG_FIRMWARE_FILE, ANY},
    {"Could not open \"%n\": %r", LOG_FILE, ANY},
    {"Failed to open file \"%n\": %r", LOG_FILE, ANY},
    {"Cannot access storage file \"%n\": %r", LOG_FILE, ANY},
    {"Cannot access storage file \"%n\" (%*): %r", LOG_FILE, ANY},
    {"cannot open file \"%n\": %r", LOG_FILE, ANY},
    {"could not load PC BIOS \"%n\"", LOG_FIRMWARE_BIOS, ANY},
    {"could not load PowerPC BIOS \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"could not load MIPS bios \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"could not load bios image \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"could not load prom \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"could not load bootloader \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"Unable to find the RISC-V BIOS \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"Unable to load the RISC-V firmware \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"Could not find ROM image \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"Could not load ROM image \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"Failed to load ROM image \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"Couldn't find rom image \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"Couldn't load rom image \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"Failed to load firmware from %n", LOG_FIRMWARE_FILE, ANY},
    {"unable to load firmware image \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"could not find firmware/kernel file \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"could not load firmware \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"could not find firmware \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"Could not find LPAR firmware \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"could not load LPAR firmware \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"Could not find OPAL firmware \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"could not load OPAL firmware \"%n\"", LOG_FIRMWARE_FILE, ANY},
    /* Proxmox, QemuServer/OVMF.pm; Incus and LXD, driver_qemu.go. */
    {"EFI base image \"%n\" not found", LOG_FIRMWARE_FILE, ANY},
    {"EFI vars image \"%n\" not found", LOG_FIRMWARE_FILE, ANY},
    {"EFI vars default image \"%n\" not found", LOG_FIRMWARE_FILE, ANY},
    {"EFI firmware settings file missing \"%n\"", LOG_FIRMWARE_FILE, ANY},
    {"EFI firmware settings file missing: %n", LOG_FIRMWARE_FILE, ANY},
    {"firmware block device %n has invalid size %t", LOG_FIRMWARE_SIZE, FROM(4, 0)},
    {"PC system firmware (pflash) must be a multiple of", LOG_FIRMWARE_SIZE, UP_TO(3, 1)},
    {"PC system firmware (pflash) cannot have zero size", LOG_FIRMWARE_SIZE, UP_TO(3, 1)},
    {"oversized backing file, pflash segments cannot be mapped under %h", LOG_FIRMWARE_TOTAL,
     UP_TO(3, 1)},
    {"combined size of system firmware exceeds %t bytes", LOG_FIRMWARE_TOTAL, FROM(4, 0)},
    {"requires %d bytes,~%*block backend %*provides %d bytes", LOG_FIRMWARE_DEVICE, ANY},
    /* hw/block/pflash_cfi01.c, pflash_cfi01_realize(). */
    {"cfi.pflash01 failed: failed to read the initial flash content", LOG_FIRMWARE_DEVICE,
     UP_TO(3, 1)},
    {"pflash%n requires pflash", LOG_FIRMWARE_UNIT, FROM(4, 0)},

    {"starting up libvirt version", LOG_START, ANY},
    {"==> %n <==", LOG_START, ANY}, /* tail(1) of several files */
    {"qemu version: %v", LOG_VERSION, ANY},
    {"qemu version:~\"%v", LOG_VERSION, ANY},
    {"qemu version \"%v", LOG_VERSION, ANY},
    {"qemu version %v", LOG_VERSION, ANY},
    {"QEMU emulator version %v", LOG_VERSION, ANY},
    {"QEMU PC emulator version %v", LOG_VERSION, ANY},
    {"QEMU %v monitor", LOG_VERSION, ANY},
    {"Running hypervisor: QEMU %v", LOG_VERSION, ANY},
    {"info version %v", LOG_VERSION, ANY},
    {"pve-qemu-kvm: %v", LOG_VERSION, ANY},
    {"\"qemu\"~:~{%q", LOG_VERSION, ANY},

    {"shutting down, reason=%n", LOG_ENDED, ANY}, /* libvirt src/qemu/qemu_process.c */
    {"\"event\"~:~\"MIGRATION\",~\"data\"~:~{~\"status\"~:~\"completed\"", LOG_COMPLETED, ANY},
    {"\"data\"~:~{~\"status\"~:~\"completed\"~}~,~\"event\"~:~\"MIGRATION\"", LOG_COMPLETED, ANY},
    {"\"execute\"~:~\"migrate\"", LOG_OUTGOING, ANY},
    {"(qemu) migrate ", LOG_OUTGOING, ANY},
    {"\"execute\"~:~\"migrate-incoming\"", LOG_INCOMING, ANY},
    {"Migration status: completed", LOG_COMPLETED, ANY}, /* migration/migration-hmp-cmds.c */
    {"migration finished successfully (duration", LOG_ARRIVED,
     ANY},                                      /* Proxmox, AbstractMigrate.pm */
    {"Domain restored from", LOG_ARRIVED, ANY}, /* libvirt tools/virsh-domain.c */
    {"Domain \"%n\" restored from", LOG_ARRIVED, ANY},

    /* What one side says when the other, or the way to it, is gone: io/channel-socket.c,
     * channel.c, migration/qemu-file.c; libvirt src/qemu/qemu_migration.c; strerror(3). A refused
     * block, or a state that is not as expected, is 'Invalid argument' instead. */
    {"load of migration failed: Input/output error", LOG_STREAM_CUT, ANY},
    {"Unexpected end-of-file before all", LOG_STREAM_CUT, ANY},
    {"Unable to read from socket", LOG_CONNECTION, ANY},
    {"Unable to write to socket", LOG_CONNECTION, ANY},
    {"Lost connection to destination host", LOG_CONNECTION, ANY},
    {"Detected IO failure for postcopy", LOG_CONNECTION, ANY},
    {"Connection reset", LOG_CONNECTION, ANY},
    {"Broken pipe", LOG_CONNECTION, ANY},
    {"Connection refused", LOG_CONNECTION, ANY},
    {"Connection timed out", LOG_CONNECTION, ANY},
    {"No route to host", LOG_CONNECTION, ANY},

    /* Any word of a failure, as these and other programs have it, and libvirt's translations. */
    {"failed", LOG_FAILED, ANY},
    {"failure", LOG_FAILED, ANY},
    {"fatal", LOG_FAILED, ANY},
    {"abort", LOG_FAILED, ANY},
    {"refused", LOG_FAILED, ANY},
    {"denied", LOG_FAILED, ANY},
    {"could not", LOG_FAILED, ANY},
    {"cannot ", LOG_FAILED, ANY},
    {"unsupported", LOG_FAILED, ANY},
    {"Migration status: cancelled", LOG_FAILED, ANY},
    {"\"status\"~:~\"cancelled\"", LOG_FAILED, ANY},
    {"timed out", LOG_FAILED, ANY},
    {"segfault", LOG_FAILED, ANY},
    {"core dumped", LOG_FAILED, ANY},
    {"killed", LOG_FAILED, ANY},
    {"unable to", LOG_FAILED, ANY},
    {"while loading VM state", LOG_FAILED, ANY},
    {"unexpectedly closed the monitor", LOG_FAILED, ANY},
    {"internal error", LOG_FAILED, ANY},
    {"unsupported configuration", LOG_FAILED, ANY},
    {"error: ", LOG_FAILED, ANY},
    {"error ", LOG_FAILED, ANY},
    {"error\"", LOG_FAILED, ANY},
    {"error]", LOG_FAILED, ANY},
    {"exception", LOG_FAILED, ANY},
    {"crashed", LOG_FAILED, ANY},
    {"exited with", LOG_FAILED, ANY},
    {"exit code", LOG_FAILED, ANY},
    {"exit status", LOG_FAILED, ANY},
    {"got timeout", LOG_FAILED, ANY}, /* Proxmox, QMPClient.pm */
    {"lost connection", LOG_FAILED, ANY},
    {"out of memory", LOG_FAILED, ANY},
    {"no space left", LOG_FAILED, ANY},
    {"not supported", LOG_FAILED, ANY},
    {"does not match", LOG_FAILED, ANY},
    {"can't ", LOG_FAILED, ANY},
    {"couldn't ", LOG_FAILED, ANY},
    /* What is named above, where it is cut or has another form. */
    {"mismatch", LOG_FAILED, ANY},
    {"unknown ramblock", LOG_FAILED, ANY},
    {"exceeds allocated max", LOG_FAILED, ANY}, /* hw/virtio/virtio.c, virtio_load() */
    {"Fehler: ", LOG_FAILED, ANY},
    {"fehlgeschlagen", LOG_FAILED, ANY},
    {"erreur~: ", LOG_FAILED, ANY},
    {"errore: ", LOG_FAILED, ANY},
    {"erro: ", LOG_FAILED, ANY},
    {"chyba: ", LOG_FAILED, ANY},
    {"fout: ", LOG_FAILED, ANY},
    {"fel: ", LOG_FAILED, ANY},
    {"hiba: ", LOG_FAILED, ANY},
    {"b\xc5\x82\xc4\x85"
     "d: ",
     LOG_FAILED, ANY},                                                               /* Polish */
    {"\xd0\xbe\xd1\x88\xd0\xb8\xd0\xb1\xd0\xba\xd0\xb0: ", LOG_FAILED, ANY},         /* Russian */
    {"\xd0\xbf\xd0\xbe\xd0\xbc\xd0\xb8\xd0\xbb\xd0\xba\xd0\xb0: ", LOG_FAILED, ANY}, /* Ukrainian */
    {"\xe3\x82\xa8\xe3\x83\xa9\xe3\x83\xbc:", LOG_FAILED, ANY},                      /* Japanese */
    {"\xe9\x94\x99\xe8\xaf\xaf:", LOG_FAILED, ANY},                                  /* Chinese */
    {"\xec\x98\xa4\xeb\xa5\x98:", LOG_FAILED, ANY},                                  /* Korean */
    {"Traceback", LOG_FAILED, ANY},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

/* Of a path, an option or a machine type. */
static bool is_word(char c)
{
    return is_alphanumeric(c) || (c && strchr("._/+@-", c));
}

static bool is_end(const char *at, const char *end)
{
    return at == end || *at == ' ' || *at == '\\' || log_is_break(*at) || log_is_quote(*at);
}

/* Between two words of a command line, or of a list of words: `", "`, `, `, a continued line. */
static const char *pass_between(const char *at, const char *end)
{
    while (at < end &&
           (*at == ' ' || *at == ',' || *at == '\\' || log_is_quote(*at) || log_is_break(*at)))
        at = log_is_break(*at) ? log_pass_blanks(at, end) : at + 1;
    return at;
}

/* --- command lines ---------------------------------------------------------------------- */

enum program { NO_PROGRAM, PERHAPS_QEMU, SURELY_QEMU };

/* What the word at `at` is; *stop is behind it. */
static enum program program_at(const char *at, const char *end, const char **stop)
{
    static const char system[] = "qemu-system-";
    static const char *const names[] = {"qemu", "kvm", "qemu-kvm", "kvm-spice", "qemu-dm"};
    const char *base = at;

    for (*stop = at; *stop < end && is_word(**stop); ++*stop)
        if (**stop == '/')
            base = *stop + 1;
    size_t n = (size_t)(*stop - base);
    if (n >= sizeof system - 1 && memcmp(base, system, sizeof system - 1) == 0)
        return SURELY_QEMU;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (n == strlen(names[i]) && memcmp(base, names[i], n) == 0)
            return PERHAPS_QEMU;
    return NO_PROGRAM;
}

/* Whether the word at `at` is a program that is QEMU, with options behind it. "kvm: ..." begins
 * a message. */
static bool is_program(const char *at, const char *end)
{
    const char *stop;
    enum program program = program_at(at, end, &stop);

    if (program == NO_PROGRAM)
        return false;
    const char *next = pass_between(stop, end);
    return next != stop && next != end && (program == SURELY_QEMU || *next == '-');
}

/* Behind the name of a QEMU that reports an error, whatever it is; NULL: it does not (QEMU
 * util/error-report.c, and system/runstate.c for the one that says how it ended). */
static const char *pass_reporter(const char *at, const char *end)
{
    static const char *const harmless[] = {"warning: ", "info: ", "terminating on signal ",
                                           "char device redirected to "};
    const char *stop;

    if (program_at(at, end, &stop) == NO_PROGRAM || end - stop < 2 || memcmp(stop, ": ", 2) != 0)
        return NULL;
    const char *line = stop;
    while (line < end && !log_is_break(*line))
        line++;
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (memmem(stop, (size_t)(line - stop), harmless[i], strlen(harmless[i])))
            return NULL;
    return stop;
}

/* What may be a machine type: one that is known or, where it is sure that QEMU is meant, a
 * word. */
static bool is_machine(const char *name, bool is_sure)
{
    bool has_digit = strpbrk(name, "0123456789") != NULL;

    /* "none" is what programs ask QEMU for its properties with. */
    if (strcmp(name, "help") == 0 || strcmp(name, "none") == 0 || !is_alphanumeric(name[0]))
        return false;
    return is_sure || machine_family_of_alias(name) ||
           (machine_family_of(name) && (has_digit || !machine_family_of(name)->has_versions));
}

/* pc-q35-7.2,accel=kvm or accel=kvm,type=pc-q35-7.2, behind -machine. Behind it, or NULL. */
static const char *read_machine(const char *at, const char *end, bool is_sure,
                                struct log_message *m)
{
    m->name[0] = '\0';
    for (bool is_first = true; at < end; is_first = false) {
        char word[LOG_NAME_MAX + 1];
        size_t n = 0;
        bool is_type = is_first;

        for (; !is_end(at, end) && *at != ','; at++) {
            if (*at == '=') {
                word[n] = '\0';
                is_type = strcmp(word, "type") == 0;
                n = 0;
                at += end - at > 1 && log_is_quote(at[1]);
            } else if (n < LOG_NAME_MAX) {
                word[n++] = *at;
            }
        }
        word[n] = '\0';
        if (is_type && n)
            memcpy(m->name, word, n + 1);
        if (at == end || *at != ',' || is_end(at + 1, end))
            break;
        at++;
    }
    m->kind = LOG_MACHINE;
    return m->name[0] && is_machine(m->name, is_sure) ? at : NULL;
}

/* Behind `word`, which nothing follows that belongs to it; NULL: it is not there. */
static const char *behind_word(const char *word, const char *at, const char *end)
{
    size_t n = strlen(word);

    return (size_t)(end - at) > n && memcmp(at, word, n) == 0 && !is_word(at[n]) ? at + n : NULL;
}

static const char *read_option(const struct log_scan *s, const char *at, const char *end,
                               struct log_message *m)
{
    const char *behind = at + (end - at > 1 && at[1] == '-'), *value;

    if ((value = behind_word("-incoming", behind, end)) && pass_between(value, end) > value) {
        m->kind = LOG_INCOMING;
        return value;
    }
    bool is_long = behind == at && (value = behind_word("-machine", at, end));
    /* Other programs have -M and --machine too. */
    if (!is_long && (!s->in_command || (!(value = behind_word("-machine", behind, end)) &&
                                        !(value = behind_word("-M", behind, end)))))
        return NULL;
    const char *from = pass_between(value, end);
    if (from > value && from < end && *from == '{') {
        m->kind = LOG_MACHINE;
        value = log_pattern_match("{%*\"type\"~:~\"%n\"", from, end, m);
        return value && is_machine(m->name, s->in_command) ? value : NULL;
    }
    return from > value ? read_machine(from, end, s->in_command, m) : NULL;
}

/* libvirt's XML; at a line's beginning what `qm config` of Proxmox prints, and a line of what
 * -readconfig reads. */
static const char *read_configured(const struct log_scan *s, const char *at, const char *end,
                                   struct log_message *m)
{
    const char *behind = log_pattern_match("<type %*machine=\"%n\"", at, end, m);
    bool begins = !s->before || log_is_break(s->before);

    if (!behind && begins && (behind = log_pattern_match("machine: ", at, end, m)))
        return read_machine(behind, end, false, m);
    if (!behind && begins)
        behind = log_pattern_match("type~=~\"%n\"", at, end, m);
    m->kind = LOG_MACHINE;
    return behind && is_machine(m->name, false) ? behind : NULL;
}

/* What a message names beside what it is about: properties of a machine type, and RAM as the
 * device whose state was refused. */
static void refine(struct log_message *m)
{
    char value[LOG_NAME_MAX + 1];
    struct log_message type;

    if (m->kind == LOG_DEVICE && strcmp(m->name, "ram") == 0) {
        m->kind = LOG_RAM;
        m->name[0] = '\0';
    }
    /* Up to 3.1 the lowest address is named, and not what is left above it. */
    if (m->kind == LOG_FIRMWARE_TOTAL && !m->there) {
        m->there = ((uint64_t)4 << 30) - m->guest;
        m->guest = 0;
    }
    if (m->kind != LOG_MACHINE_UNKNOWN || !strpbrk(m->name, ",="))
        return;
    memcpy(value, m->name, sizeof value);
    m->name[0] = '\0';
    if (read_machine(value, value + strlen(value), true, &type))
        memcpy(m->name, type.name, sizeof m->name);
}

/* What documentation and sources have in place of names, and prose about a message. */
static bool is_example(const struct log_scan *s, const struct log_message *m)
{
    if (m->name[0] == '%' || (m->name[0] && !m->name[strspn(m->name, ".")]))
        return true;
    return m->kind == LOG_MACHINE_UNKNOWN && !m->name[0] && log_is_quote(s->before);
}

/* The file that grep(1) puts before a line. */
static const char *read_file(const struct log_scan *s, const char *at, const char *end,
                             struct log_message *m)
{
    static const char log[] = ".log";
    const char *from = at;

    if (s->before && !log_is_break(s->before))
        return NULL;
    while (at < end && at - from < LOG_NAME_MAX && is_word(*at))
        at++;
    if (at == end || *at != ':' || at - from < (int)sizeof log ||
        memcmp(at - (sizeof log - 1), log, sizeof log - 1) != 0)
        return NULL;
    m->kind = LOG_OF_FILE;
    memcpy(m->name, from, (size_t)(at - from));
    return at;
}

/* --- the scan ------------------------------------------------------------------------------ */

static const char *read_message(const struct log_scan *s, const char *at, const char *end,
                                struct log_message *m)
{
    const char *behind;

    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const struct pattern *p = &patterns[i];

        if (lower(*at) != lower(p->text[0]) && !(log_is_quote(*at) && p->text[0] == '"'))
            continue;
        *m = (struct log_message){.kind = p->kind, .first = p->first, .last = p->last};
        if ((behind = log_pattern_match(p->text, at, end, m)) && !is_example(s, m)) {
            refine(m);
            return behind;
        }
    }
    *m = (struct log_message){0};
    if (*at == '-' && !is_word(s->before) && (behind = read_option(s, at, end, m)))
        return behind;
    if ((behind = read_file(s, at, end, m)))
        return behind;
    if (strchr("<mt", *at) && (behind = read_configured(s, at, end, m)))
        return behind;
    return NULL;
}

static void pass(struct log_scan *s, char c)
{
    if (c == PLAIN_TEXT_LINE || c == PLAIN_TEXT_JOINED)
        s->line++;
    if (log_is_break(c) && c != PLAIN_TEXT_JOINED && s->before_line != '\\')
        s->in_command = false;
    if (c == ';' || (s->before == ' ' && (c == '|' || c == '&')))
        s->in_command = false;
    if (c != ' ' && !log_is_break(c))
        s->before_line = c;
    if (c != PLAIN_TEXT_JOINED)
        s->before = c;
}

/* An error of QEMU's that is none of those that are known. */
static void end_report(struct log_scan *s,
                       void (*take)(void *arg, const struct log_message *m, size_t line), void *arg)
{
    if (s->has_report)
        take(arg, &(struct log_message){.kind = LOG_FAILED}, s->line + 1);
    s->has_report = false;
}

size_t migration_log_scan(struct log_scan *s, const char *text, size_t size, bool is_last,
                          void (*take)(void *arg, const struct log_message *m, size_t line),
                          void *arg)
{
    const char *at = text, *end = text + size;

    while (at < end && (is_last || end - at > LOG_MESSAGE_MAX)) {
        /* Also in the last of them nothing is longer. */
        const char *limit = end - at > LOG_MESSAGE_MAX ? at + LOG_MESSAGE_MAX : end;
        const char *behind = NULL;
        struct log_message m;

        if (!is_alphanumeric(s->before) && *at != ' ' && !log_is_break(*at)) {
            if (!is_word(s->before) && is_program(at, limit))
                s->in_command = true;
            behind = read_message(s, at, limit, &m);
            if (behind)
                s->has_report = false;
            else if (!is_word(s->before) && pass_reporter(at, limit))
                s->has_report = true;
        }
        if (log_is_break(*at))
            end_report(s, take, arg);
        if (behind)
            take(arg, &m, s->line + 1);
        for (const char *stop = behind ? behind : at + 1; at < stop; at++)
            pass(s, *at);
    }
    if (is_last)
        end_report(s, take, arg);
    return (size_t)(at - text);
}
