/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's arguments (qemu-options.hx) without anything that reaches outside of its process. */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "guest/landing.h"
#include "inputs/file.h"
#include "inputs/qemu_options.h"
#include "outputs/child.h"
#include "outputs/escape.h"

/* A disk of which no length is known, because it is elsewhere. */
#define DISK_ELSEWHERE ((int64_t)1 << 30)

struct making {
    struct destination *to;
    struct landing_arguments *a;
    char **peers; /* ids of netdevs that are there */
    size_t peer_count;
    struct node {
        char *name, *path;
    } * nodes; /* of -blockdev: the file that each reads */
    size_t node_count;
};

static void put(struct making *m, char *word)
{
    m->a->list = xreallocarray(m->a->list, m->a->count + 2, sizeof *m->a->list);
    m->a->list[m->a->count++] = word;
    m->a->list[m->a->count] = NULL;
}

static void put_pair(struct making *m, const char *option, char *value)
{
    put(m, xstrdup(option));
    put(m, value);
}

char *landing_option_text(const struct qemu_option *o, const char *const *without)
{
    struct text text;

    text_begin(&text);
    for (size_t i = 0, n = 0; i < o->count; i++) {
        const struct qemu_option_value *v = &o->values[i];
        bool is_left_out = false;

        for (const char *const *w = without; *w; w++)
            is_left_out |= strcmp(*w, v->name) == 0;
        if (is_left_out)
            continue;
        char *value = commas_doubled(v->value);
        fprintf(text.out, "%s%s=%s", n++ ? "," : "", v->name, value);
        free(value);
    }
    return text_end(&text);
}

/* --- disks ------------------------------------------------------------------------------------ */

static bool is_elsewhere(const char *path)
{
    const char *colon = strchr(path, ':'), *slash = strchr(path, '/');

    return colon && (!slash || colon < slash);
}

/* The length that the guest sees. Below 1 with *f set: it is not there. */
static int64_t disk_length(struct making *m, const char *path, const char *format,
                           struct failure *f)
{
    struct given_file given = {.block = "", .path = path, .format = format};
    char *fault;

    if (is_elsewhere(path))
        return DISK_ELSEWHERE;
    int64_t size = destination_image_size(m->to, &given, &fault);
    if (size <= 0) {
        fail(f, "%s", fault);
        free(fault);
    }
    return size;
}

static int put_drive(struct making *m, const struct qemu_option *o, struct failure *f)
{
    static const char *const kept[] = {"if",   "id",    "index",    "bus",
                                       "unit", "media", "readonly", "read-only"};
    const char *path = qemu_option_value(o, "file"), *format = qemu_option_value(o, "format");
    struct text text;
    int64_t size = 1;

    if (!path)
        path = qemu_option_value(o, "file.filename");
    if (!format)
        format = qemu_option_value(o, "driver");
    if (path && (size = disk_length(m, path, format, f)) <= 0)
        return -1;
    text_begin(&text);
    if (path)
        fprintf(text.out, "file=null-co://,file.size=%" PRId64 ",file.read-zeroes=on,format=raw",
                size);
    for (size_t i = 0, n = path != NULL; i < sizeof kept / sizeof *kept; i++) {
        const char *value = qemu_option_value(o, kept[i]);

        if (value)
            fprintf(text.out, "%s%s=%s", n++ ? "," : "", kept[i], value);
    }
    put_pair(m, "-drive", text_end(&text));
    return 0;
}

static const char *node_path(const struct making *m, const char *name)
{
    for (size_t i = 0; name && i < m->node_count; i++)
        if (strcmp(m->nodes[i].name, name) == 0)
            return m->nodes[i].path;
    return NULL;
}

/* A node of a file, or of a format above one. */
static int put_node(struct making *m, const struct qemu_option *o, struct failure *f)
{
    const char *name = qemu_option_value(o, "node-name"), *driver = qemu_option_value(o, "driver");
    const char *path = qemu_option_value(o, "filename");
    bool is_file = path != NULL;
    int64_t size = DISK_ELSEWHERE;

    if (!name || !driver)
        return fail(f, "-blockdev without a node-name or a driver");
    if (!path)
        path = qemu_option_value(o, "file.filename");
    if (!path)
        path = node_path(m, qemu_option_value(o, "file"));
    if (path && (size = disk_length(m, path, is_file ? "raw" : driver, f)) <= 0)
        return -1;
    APPEND_ONE(m->nodes, m->node_count,
               (struct node){xstrdup(name), path ? xstrdup(path) : xstrdup("nbd:")});
    const char *read_only = qemu_option_value(o, "read-only");
    put_pair(m, "-blockdev",
             xasprintf("driver=null-co,node-name=%s,size=%" PRId64 ",read-zeroes=on%s", name, size,
                       read_only && strcmp(read_only, "on") == 0 ? ",read-only=on" : ""));
    return 0;
}

/* -hda FILE and its like. */
static int put_short_drive(struct making *m, const char *option, const char *path,
                           struct failure *f)
{
    static const struct {
        const char *option, *text;
    } forms[] = {
        {"-hda", "if=ide,index=0"},
        {"-hdb", "if=ide,index=1"},
        {"-hdc", "if=ide,index=2"},
        {"-hdd", "if=ide,index=3"},
        {"-cdrom", "media=cdrom,index=2"},
        {"-fda", "if=floppy,index=0"},
        {"-fdb", "if=floppy,index=1"},
        {"-pflash", "if=pflash"},
        {"-sd", "if=sd"},
        {"-mtdblock", "if=mtd"},
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (strcmp(forms[i].option, option) != 0)
            continue;
        int64_t size = disk_length(m, path, NULL, f);
        if (size <= 0)
            return -1;
        put_pair(m, "-drive",
                 xasprintf("file=null-co://,file.size=%" PRId64
                           ",file.read-zeroes=on,format=raw,%s",
                           size, forms[i].text));
        return 0;
    }
    return fail(f, "%s: not known to be free of side effects on the host", option);
}

/* --- the network ------------------------------------------------------------------------------ */

/* A tap with checksum and segment offloads, as libvirt's are, in a network namespace that nothing
 * else is in and that ends with it. -1 where this process may not make one. */
static int new_tap(bool has_queues)
{
    struct ifreq r = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR |
                                           (has_queues ? IFF_MULTI_QUEUE : 0))};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    strcpy(r.ifr_name, "romcompat%d");
    if (fd >= 0 && ioctl(fd, TUNSETIFF, &r) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int new_tap_apart(void)
{
    int before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), tap = -1;

    if (before >= 0 && unshare(CLONE_NEWNET) == 0) {
        tap = new_tap(false);
        /* Without a way back this process has no network any more, which is no harm. */
        (void)!setns(before, CLONE_NEWNET);
    }
    if (before >= 0)
        close(before);
    return tap;
}

static void put_peer(struct making *m, const char *id, char *text)
{
    APPEND_ONE(m->peers, m->peer_count, xstrdup(id));
    put_pair(m, "-netdev", text);
}

static void put_netdev(struct making *m, const struct qemu_option *o)
{
    const char *id = qemu_option_value(o, "id"), *queues = qemu_option_value(o, "queues");
    const char *type = qemu_option_value(o, "type");
    bool is_one = !queues && !qemu_option_value(o, "fds") && !qemu_option_value(o, "vhostfds");
    /* It has a state of its own in the stream; it lets nobody in and, restricted, nothing out. */
    if (id && type && strcmp(type, "user") == 0) {
        put_peer(m, id, xasprintf("user,id=%s,restrict=on", id));
        return;
    }
    int tap = id && is_one && m->a->tap_count < LANDING_CARDS_MAX ? new_tap_apart() : -1;

    if (tap < 0) {
        m->a->no_peers++;
        return;
    }
    m->a->taps[m->a->tap_count++] = tap;
    put_peer(m, id, xasprintf("tap,id=%s,fd=%d", id, tap));
}

/* --- devices and objects ------------------------------------------------------------------------ */

static bool has_peer(const struct making *m, const char *id)
{
    for (size_t i = 0; i < m->peer_count; i++)
        if (strcmp(m->peers[i], id) == 0)
            return true;
    return false;
}

/* Of the host, or served by another process. */
static bool is_of_host(const char *type)
{
    static const char *const heads[] = {"vfio",
                                        "vhost-",
                                        "pci-assign",
                                        "usb-host",
                                        "x-vfio",
                                        "virtio-input-host",
                                        "virtio-9p",
                                        "ivshmem-doorbell",
                                        "x-pci-proxy",
                                        "usb-mtp",
                                        "scsi-generic",
                                        "scsi-block",
                                        "ccid-card-passthru",
                                        "u2f-passthru"};

    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strncmp(type, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

static int put_device(struct making *m, const struct qemu_option *o, struct failure *f)
{
    static const char *const all[] = {NULL}, *const no_peer[] = {"netdev", "vlan", NULL};
    const char *type = qemu_option_value(o, "driver"), *peer = qemu_option_value(o, "netdev");

    if (!type)
        return fail(f, "-device without a type");
    if (is_of_host(type))
        return fail(f, "-device %s: a device of the host or of another process cannot be tried",
                    type);
    put_pair(m, "-device", landing_option_text(o, peer && !has_peer(m, peer) ? no_peer : all));
    return 0;
}

static int put_object(struct making *m, const struct qemu_option *o, struct failure *f)
{
    static const char *const kept[] = {
        "iothread",       "throttle-group", "can-bus", "rng-builtin", "cryptodev-backend-builtin",
        "thread-context", "main-loop",      NULL};
    static const char *const dropped[] = {"secret",
                                          "secret_keyring",
                                          "tls-creds-x509",
                                          "tls-creds-anon",
                                          "tls-creds-psk",
                                          "authz-simple",
                                          "authz-list",
                                          "authz-list-file",
                                          "authz-pam",
                                          "input-linux",
                                          NULL};
    static const char *const of_memory[] = {"qom-type",
                                            "mem-path",
                                            "discard-data",
                                            "pmem",
                                            "readonly",
                                            "align",
                                            "rom",
                                            "offset",
                                            "hugetlb",
                                            "hugetlbsize",
                                            "seal",
                                            "prealloc",
                                            "prealloc-threads",
                                            "prealloc-context",
                                            NULL};
    static const char *const all[] = {NULL};
    const char *type = qemu_option_value(o, "qom-type"), *id = qemu_option_value(o, "id");

    if (!type || !id)
        return fail(f, "-object without a type or an id");
    if (strncmp(type, "memory-backend-", 15) == 0) {
        char *rest = landing_option_text(o, of_memory);

        put_pair(m, "-object", xasprintf("memory-backend-ram,%s", rest));
        free(rest);
    } else if (strncmp(type, "rng-", 4) == 0) {
        put_pair(m, "-object", xasprintf("rng-builtin,id=%s", id));
    } else if (is_one_of(type, kept)) {
        put_pair(m, "-object", landing_option_text(o, all));
    } else if (!is_one_of(type, dropped)) {
        return fail(f, "-object %s: not known to be free of side effects on the host", type);
    }
    return 0;
}

/* --- one option ------------------------------------------------------------------------------------ */

/* 1: it is none of these. */
static int put_group(struct making *m, const struct qemu_option *o, struct failure *f)
{
    static const char *const all[] = {NULL};
    const char *id = qemu_option_value(o, "id");

    if (strcmp(o->group, "device") == 0)
        return put_device(m, o, f);
    if (strcmp(o->group, "object") == 0)
        return put_object(m, o, f);
    if (strcmp(o->group, "drive") == 0)
        return put_drive(m, o, f);
    if (strcmp(o->group, "blockdev") == 0)
        return put_node(m, o, f);
    if (strcmp(o->group, "netdev") == 0)
        put_netdev(m, o);
    else if (strcmp(o->group, "chardev") == 0 && id)
        put_pair(m, "-chardev", xasprintf("null,id=%s", id));
    else if (strcmp(o->group, "audiodev") == 0 && id)
        put_pair(m, "-audiodev", xasprintf("none,id=%s", id));
    else if (strcmp(o->group, "global") == 0 || strcmp(o->group, "machine") == 0)
        put_pair(m, o->group[0] == 'g' ? "-global" : "-machine", landing_option_text(o, all));
    else
        return 1;
    return 0;
}

struct section {
    struct making *m;
    struct failure *f;
    int result;
};

static void take_section(void *arg, const struct qemu_option *o)
{
    struct section *s = arg;

    if (s->result == 0 && (s->result = put_group(s->m, o, s->f)) > 0)
        s->result =
            fail(s->f, "-readconfig: [%s] is not known to be free of side effects on the host",
                 o->group);
}

static int read_config(struct making *m, const char *path, struct failure *f)
{
    struct section s = {.m = m, .f = f};
    uint8_t *data;
    size_t size;

    if (read_file(path, QEMU_CONFIG_MAX, &data, &size, f) != 0)
        return -1;
    int result = qemu_config_parse(path, data, size, take_section, &s, f);
    free(data);
    return result != 0 ? -1 : s.result;
}

/* -set device.ID.NAME=VALUE, of what is on this side of the device. */
static int put_set(struct making *m, const char *value, struct failure *f)
{
    static const char *const outside[] = {".netdev=", ".chardev=", ".drive=", ".host="};

    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        if (strstr(value, outside[i]) || strncmp(value, "device.", 7) != 0)
            return fail(f, "-set %s: not known to be free of side effects on the host", value);
    put_pair(m, "-set", xstrdup(value));
    return 0;
}

/* Options that stay as they are, with their value. */
static const char *const kept[] = {
    "-M",      "-cpu",  "-smp",        "-m",         "-numa",      "-boot",    "-rtc",
    "-L",      "-uuid", "-smbios",     "-acpitable", "-fw_cfg",    "-name",    "-k",
    "-vga",    "-g",    "-icount",     "-accel",     "-bios",      "-kernel",  "-initrd",
    "-append", "-dtb",  "-option-rom", "-watchdog",  "-usbdevice", "-soundhw", NULL};
static const char *const kept_flags[] = {
    "-nodefaults",    "-no-user-config",  "-usb",        "-no-acpi", "-no-hpet", "-enable-kvm",
    "-no-fd-bootchk", "-only-migratable", "-win2k-hack", NULL};
static const char *const dropped[] = {
    "-monitor",  "-qmp",      "-qmp-pretty",      "-mon",     "-incoming", "-loadvm", "-pidfile",
    "-D",        "-d",        "-trace",           "-runas",   "-run-with", "-chroot", "-gdb",
    "-vnc",      "-spice",    "-display",         "-sandbox", "-msg",      "-action", "-overcommit",
    "-realtime", "-mem-path", "-watchdog-action", "-echr",    "-compat",   NULL};
static const char *const dropped_flags[] = {
    "-S",           "-daemonize", "-s",           "-nographic", "-sdl",          "-curses",
    "-full-screen", "-no-reboot", "-no-shutdown", "-snapshot",  "-mem-prealloc", "-enable-fips",
    "-no-quit",     NULL};
static const char *const lead_nowhere[] = {"-serial", "-parallel", "-debugcon", NULL};
static const char *const drives[] = {"-hda", "-hdb", "-hdc",    "-hdd",      "-cdrom", "-fda",
                                     "-fdb", "-sd",  "-pflash", "-mtdblock", NULL};

/* The words that it takes: 1 or 2; or -1. `value` may be NULL. */
static int take_option(struct making *m, const char *option, const char *value, struct failure *f)
{
    struct qemu_option parsed;
    int result;

    if (is_one_of(option, kept_flags))
        return put(m, xstrdup(option)), 1;
    if (is_one_of(option, dropped_flags))
        return 1;
    if (!value)
        return fail(f, "%s: not an option that is known, or without its value", option);
    if (is_one_of(option, dropped) || strcmp(option, "-netdev") == 0)
        return 2;
    if (is_one_of(option, kept))
        return put_pair(m, option, xstrdup(value)), 2;
    if (is_one_of(option, lead_nowhere))
        return put_pair(m, option, xstrdup(strcmp(value, "none") == 0 ? "none" : "null")), 2;
    if (is_one_of(option, drives))
        return put_short_drive(m, option, value, f) == 0 ? 2 : -1;
    if (strcmp(option, "-readconfig") == 0)
        return read_config(m, value, f) == 0 ? 2 : -1;
    if (strcmp(option, "-set") == 0)
        return put_set(m, value, f) == 0 ? 2 : -1;
    if (strcmp(option, "-global") == 0 || strcmp(option, "-machine") == 0)
        return put_pair(m, option, xstrdup(value)), 2;
    if ((strcmp(option, "-nic") == 0 || strcmp(option, "-net") == 0) && strcmp(value, "none") == 0)
        return put_pair(m, option, xstrdup(value)), 2;
    if (qemu_option_of_text(&parsed, option + 1, qemu_option_implied(option + 1), value, f) != 0)
        return -1;
    result = put_group(m, &parsed, f);
    qemu_option_free(&parsed);
    return result == 0  ? 2
           : result > 0 ? fail(f, "%s: not known to be free of side effects on the host", option)
                        : -1;
}

/* A device may stand before its netdev: so these come first. */
static void put_netdevs(struct making *m, const char *const *given, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        struct qemu_option o;
        struct failure f;

        if (strcmp(given[i], "-netdev") != 0 ||
            qemu_option_of_text(&o, "netdev", qemu_option_implied("netdev"), given[i + 1], &f) != 0)
            continue;
        put_netdev(m, &o);
        qemu_option_free(&o);
    }
}

int landing_arguments_of(struct destination *to, const char *const *given, size_t count,
                         struct landing_arguments *arguments, struct failure *f)
{
    struct making m = {.to = to, .a = arguments};
    int used = 1;

    *arguments = (struct landing_arguments){.count = 0};
    put_netdevs(&m, given, count);
    for (size_t i = 0; i < count && used > 0; i += (size_t)used) {
        const char *option = given[i];

        if (strncmp(option, "--", 2) == 0) /* QEMU takes either */
            option++;
        used = *option == '-' && option[1]
                   ? take_option(&m, option, i + 1 < count ? given[i + 1] : NULL, f)
                   : fail(f, "'%s' is not an option of QEMU", given[i]);
        if (used < 0)
            break;
    }
    if (used > 0)
        put_pair(&m, "-display", xstrdup("none"));
    free_texts(m.peers, m.peer_count);
    for (size_t i = 0; i < m.node_count; i++) {
        free(m.nodes[i].name);
        free(m.nodes[i].path);
    }
    free(m.nodes);
    return used > 0 ? 0 : -1;
}

void landing_arguments_free(struct landing_arguments *a)
{
    free_texts(a->list, a->count);
    for (size_t i = 0; i < a->tap_count; i++)
        close(a->taps[i]);
    *a = (struct landing_arguments){.count = 0};
}

size_t landing_directories(const char *const *given, size_t count, const char ***list)
{
    size_t found = 0;

    *list = xcalloc(count + 1, sizeof **list);
    for (size_t i = 0; i + 1 < count; i++)
        if (strcmp(given[i], "-L") == 0 && is_directory(given[++i]))
            (*list)[found++] = given[i];
    return found;
}
