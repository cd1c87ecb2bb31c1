/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `romcompat preflight` says of a guest, and what QEMU then does with it: the two
 * must agree. Each case is a real guest that is saved, judged, and brought to a real
 * destination. test_preflight_devices.c holds the table of devices against QEMU.
 */
#include "qemu/guest.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum way { STREAM, GZIP, MAPPED, MONITOR };

struct from {
    const char *which, *folder, *machine, *device, *block;
    enum way way;
};

struct to {
    const char *which, *folders; /* as -L would name them, blanks between */
};

struct cases {
    const struct from *from;
    const struct to *to;
};

/* --- asking the tool ------------------------------------------------------------- */

struct verdict {
    const char *verdict, *why;
    long long length, there;
};

static const char *text_in(struct stage *s, json_object *o, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(o, key, &value) && value
               ? text_of(s, "%s", json_object_get_string(value))
               : "";
}

static long long number_in(json_object *o, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(o, key, &value) ? json_object_get_int64(value) : 0;
}

/* What preflight says of the block; its BIOS, which is the same everywhere, must land. */
static struct verdict find_block(struct stage *s, json_object *answer, const char *block)
{
    struct verdict v = {.verdict = "not there", .why = ""};
    json_object *list;

    if (!json_object_object_get_ex(answer, "blocks", &list)) {
        went_wrong(s, "preflight: no answer");
        return v;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *o = json_object_array_get_idx(list, i);
        const char *verdict = text_in(s, o, "verdict"), *name = text_in(s, o, "block");

        if (strcmp(name, block) == 0)
            v = (struct verdict){verdict, text_in(s, o, "why"), number_in(o, "length"),
                                 number_in(o, "length_there")};
        else if (strcmp(verdict, "lands") != 0)
            went_wrong(s, "preflight: %s: %s (%s)", name, verdict, text_in(s, o, "why"));
    }
    return v;
}

/* "{a} {b}" as paths, then the folders that every guest of this suite gets. */
static const char *folders_of(struct stage *s, const struct to *to)
{
    const char *qemu = getenv("ROMCOMPAT_QEMU"), *text = "", *at = to->folders;
    const char *debian = strstr(to->which, "7.2") ? "12" : "13";

    while (*at) {
        size_t n = strcspn(at, " ");

        text = text_of(s, "%s '%s/roms/%.*s'", text, qemu, (int)n, at);
        at += n + (at[n] == ' ');
    }
    return text_of(s, "%s '%s/debian%s/usr/share/seabios' '%s/debian%s/usr/share/qemu'", text, qemu,
                   debian, qemu, debian);
}

static struct verdict preflight(struct stage *s, const char *file, const struct to *to,
                                const struct from *from)
{
    struct verdict v = {.verdict = "", .why = ""};
    const char *command =
        text_of(s, "'%s/romcompat' preflight --json --qemu '%s/%s-x86_64' %s%s '%s/%s' %s",
                getenv("ROMCOMPAT_BUILD"), bin_folder(), to->which,
                /* The monitor's table does not name it. */
                from->way == MONITOR ? "-M " : "", from->way == MONITOR ? from->machine : "",
                work_folder(s), file, folders_of(s, to));
    static char text[1 << 20];

    if (is_wrong(s))
        return v;
    FILE *pipe = popen(command, "r");
    size_t n = pipe ? fread(text, 1, sizeof text - 1, pipe) : 0;
    int status = pipe ? pclose(pipe) : -1;
    text[n] = '\0';
    json_object *answer = json_tokener_parse(text);
    v = find_block(s, answer, from->block);
    json_object_put(answer);
    int expected = strcmp(v.verdict, "lands") == 0 ? 0 : strcmp(v.verdict, "unknown") == 0 ? 2 : 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != expected)
        went_wrong(s, "%s\nwait status 0x%x beside the verdict '%s'", command, (unsigned)status,
                   v.verdict);
    return v;
}

/* --- asking QEMU --------------------------------------------------------------------- */

#define MAPPED_ON "{\"capabilities\": [{\"capability\": \"mapped-ram\", \"state\": true}]}"

/* Saves the guest in `saved`, from where QEMU takes it, and returns what preflight reads. */
static const char *save(struct stage *s, struct guest *g, enum way way)
{
    if (way == MONITOR)
        write_file(s, "table", hmp(s, g, "info ramblock"));
    if (way == MAPPED)
        qmp(s, g, "migrate-set-capabilities", "%s", MAPPED_ON);
    migrate_out(s, g, way == MAPPED ? "file:saved" : "exec:cat > saved");
    if (way == GZIP)
        run_program(s, "gzip -1 < saved > saved.gz");
    return way == MONITOR ? "table" : way == GZIP ? "saved.gz" : "saved";
}

/* "-L {a} -L {b}". */
static const char *arguments_of(struct stage *s, const struct to *to)
{
    const char *text = "", *at = to->folders;

    while (*at) {
        size_t n = strcspn(at, " ");

        text = text_of(s, "%s -L {%.*s}", text, (int)n, at);
        at += n + (at[n] == ' ');
    }
    return text;
}

static void agree(struct stage *s, const void *data)
{
    const struct cases *c = data;
    const struct from *from = c->from;
    const struct to *to = c->to;
    const char *uri = from->way == MAPPED ? "file:saved" : "exec:cat saved";
    struct guest *g;

    g = start(s, from->which, "-M %s -L {%s} -device %s,addr=3", from->machine, from->folder,
              from->device);
    const char *file = save(s, g, from->way);
    stop(s, g);
    struct verdict v = preflight(s, file, to, from);
    const char *line = text_of(s, "-M %s %s -device %s,addr=3 -incoming defer", from->machine,
                               arguments_of(s, to), from->device);

    if (is_wrong(s))
        return;
    printf("# %-11s 0x%05llx 0x%05llx  %s -L %s, %s, %s -> %s -L %s\n", v.verdict, v.length,
           v.there, from->which, from->folder, from->machine, from->device, to->which, to->folders);
    if (strcmp(v.verdict, "refused") == 0 && strstr(v.why, "does not start")) {
        expect_no_start(s, to->which, "", "%s", line);
        return;
    }
    g = start(s, to->which, "%s", line);
    if (from->way == MAPPED)
        qmp(s, g, "migrate-set-capabilities", "%s", MAPPED_ON);
    if (strcmp(v.verdict, "lands") == 0) {
        migrate_in(s, g, uri);
        expect_block(s, g, from->block, (unsigned long long)v.length);
    } else if (strcmp(v.verdict, "refused") == 0) {
        expect_migrate_in_refused(s, g, uri,
                                  text_of(s,
                                          "Size mismatch: %s: 0x%llx != 0x%llx: Invalid argument",
                                          from->block, v.length, v.there));
    } else if (strcmp(v.verdict, "lands wrong") == 0 &&
               (v.there > v.length || (v.length == 0x80000 && v.there == 0x40000))) {
        /* Also where it is cut: what the grown ROMs have behind 256 KiB is zeros, and pages
         * of zeros are not in the file. */
        migrate_in(s, g, uri);
        expect_block(s, g, from->block, (unsigned long long)v.there);
    } else if (strcmp(v.verdict, "lands wrong") == 0) {
        expect_migrate_in_refused(s, g, uri, "Partial read");
    } else {
        went_wrong(s, "preflight: %s: %s (%s)", from->block, v.verdict, v.why);
    }
}

/* The arguments that preflight prints for this destination's QEMU, on one line. */
static const char *mend_of(struct stage *s, const char *file, const struct to *to)
{
    const char *command =
        text_of(s, "'%s/romcompat' preflight --json --qemu '%s/%s-x86_64' '%s/%s' %s",
                getenv("ROMCOMPAT_BUILD"), bin_folder(), to->which, work_folder(s), file,
                folders_of(s, to));
    static char text[1 << 20];
    const char *mend = "";
    json_object *list;

    if (is_wrong(s))
        return "";
    FILE *pipe = popen(command, "r");
    size_t n = pipe ? fread(text, 1, sizeof text - 1, pipe) : 0;
    if (pipe)
        pclose(pipe);
    text[n] = '\0';
    json_object *answer = json_tokener_parse(text);
    if (answer && json_object_object_get_ex(answer, "mends", &list))
        for (size_t i = 0; i < json_object_array_length(list); i++) {
            json_object *o = json_object_array_get_idx(list, i);

            if (strcmp(text_in(s, o, "kind"), "arguments") == 0)
                mend = text_in(s, o, "text");
        }
    json_object_put(answer);
    char *line = (char *)text_of(s, "%s", mend);
    for (char *c = line; *c; c++)
        if (*c == '\n')
            *c = ' ';
    if (!*line)
        went_wrong(s, "preflight: no arguments\n%s", command);
    return line;
}

/* What is refused lands with the arguments that preflight prints, taken as they are. The
 * compat ROMs that it says how to make stand in {compat}, where maps change nothing for
 * a stock QEMU. */
static void mended(struct stage *s, const void *data)
{
    const struct cases *c = data;
    const struct from *from = c->from;
    struct guest *g = start(s, from->which, "-M %s -L {%s} -device %s,addr=3", from->machine,
                            from->folder, from->device);
    const char *file = save(s, g, from->way);
    stop(s, g);
    struct verdict v = preflight(s, file, c->to, from);
    if (strcmp(v.verdict, "refused") != 0)
        went_wrong(s, "preflight: %s, expected refused", v.verdict);
    const char *mend = mend_of(s, file, c->to);
    g = start(s, c->to->which, "-M %s %s -L {compat} -device %s,addr=3 %s -incoming defer",
              from->machine, arguments_of(s, c->to), from->device, mend);
    migrate_in(s, g, "exec:cat saved");
    expect_block(s, g, from->block, (unsigned long long)v.length);
    printf("# mended: %s\n", mend);
}

#define AT3(tail) "0000:00:03.0/" tail
#define PC "pc-i440fx-7.2"
#define Q35 "pc-q35-7.2"

static const struct from sources[] = {
    {"stock-7.2", "old", PC, "virtio-net-pci", AT3("virtio-net-pci.rom"), STREAM},
    {"stock-7.2", "old", PC, "virtio-net-pci-transitional", AT3("virtio-net-pci-transitional.rom"),
     STREAM},
    {"stock-7.2", "old", PC, "virtio-net-pci-non-transitional",
     AT3("virtio-net-pci-non-transitional"), MONITOR},
    {"stock-7.2", "old", PC, "e1000", AT3("e1000.rom"), STREAM},
    {"stock-7.2", "old", PC, "e1000-82545em", AT3("e1000.rom"), MONITOR},
    {"stock-7.2", "old", PC, "rtl8139", AT3("rtl8139.rom"), GZIP},
    {"stock-7.2", "old", PC, "ne2k_pci", AT3("ne2000.rom"), STREAM},
    {"stock-7.2", "old", PC, "pcnet", AT3("pcnet.rom"), STREAM},
    {"stock-7.2", "old", PC, "i82559er", AT3("i82559er.rom"), STREAM},
    {"stock-7.2", "old", PC, "VGA", AT3("vga.rom"), STREAM},
    {"stock-7.2", "old", PC, "cirrus-vga", AT3("cirrus_vga.rom"), MONITOR},
    {"stock-7.2", "old", Q35, "e1000e", AT3("e1000e.rom"), STREAM},
    {"stock-7.2", "old", Q35, "vmxnet3", AT3("vmxnet3.rom"), STREAM},
    {"stock-7.2", "grown", PC, "virtio-net-pci", AT3("virtio-net-pci.rom"), STREAM},
    {"stock-10.0", "old", PC, "virtio-net-pci", AT3("virtio-net-pci.rom"), GZIP},
    {"stock-10.0", "grown", Q35, "e1000e", AT3("e1000e.rom"), STREAM},
    {"stock-10.0", "small", Q35, "virtio-net-pci", AT3("virtio-net-pci.rom"), STREAM},
    {"stock-10.0", "old", Q35, "virtio-net-pci", AT3("virtio-net-pci.rom"), MAPPED},
    {"stock-10.0", "grown", PC, "e1000", AT3("e1000.rom"), MAPPED},
};

static const struct to destinations[] = {
    {"stock-7.2", "old"},
    {"stock-7.2", "grown"},
    {"stock-7.2", "small old"},
    {"patched-7.2", "grown compat"},
    {"patched-7.2", "grown map"},
    {"stock-10.0", "old"},
    {"stock-10.0", "grown"},
    {"stock-10.0", "small old"},
    {"patched-10.0", "grown compat"},
    {"patched-10.0", "grown map"},
    {"control-10.0", "grown compat"},
};

static const struct scenario mends[] = {
    {"a refused virtio-net-pci lands on 7.2 with the compat ROM that preflight names", mended,
     &(const struct cases){&sources[0], &destinations[1]}},
    {"a refused virtio-net-pci lands on 7.2 whose ROM is smaller, with its length", mended,
     &(const struct cases){&sources[0], &destinations[2]}},
    {"a refused virtio-net-pci lands on 10.0 with the length that preflight names", mended,
     &(const struct cases){&sources[0], &destinations[6]}},
    {"a refused e1000 lands on 7.2 with the compat ROM that preflight names", mended,
     &(const struct cases){&sources[3], &destinations[1]}},
    {"a refused VGA lands on 10.0 with the length that preflight names", mended,
     &(const struct cases){&sources[9], &destinations[6]}},
    {"a refused i82559er lands on 10.0 with the length that preflight names", mended,
     &(const struct cases){&sources[8], &destinations[6]}},
};

int main(int argc, char **argv)
{
    enum { MENDS = sizeof mends / sizeof *mends };
    enum {
        FROM = sizeof sources / sizeof *sources,
        TO = sizeof destinations / sizeof *destinations
    };
    static const char *const ways[] = {"stream", "gzip", "mapped-ram", "monitor"};
    static struct cases cases[FROM * TO];
    static struct scenario scenarios[FROM * TO + MENDS];
    static char names[FROM * TO][256];
    size_t count = 0;

    if (!getenv("ROMCOMPAT_BUILD")) {
        fputs("Bail out! ROMCOMPAT_BUILD is not set; tests/qemu/run sets it\n", stdout);
        return 2;
    }
    for (size_t i = 0; i < FROM; i++) {
        for (size_t k = 0; k < TO; k++) {
            /* mapped-ram is there since 9.0. */
            if (sources[i].way == MAPPED && strstr(destinations[k].which, "7.2"))
                continue;
            snprintf(names[count], sizeof *names,
                     "preflight agrees with QEMU: %s from %s -L %s (%s) to %s -L %s",
                     sources[i].device, sources[i].which, sources[i].folder, ways[sources[i].way],
                     destinations[k].which, destinations[k].folders);
            cases[count] = (struct cases){&sources[i], &destinations[k]};
            scenarios[count] = (struct scenario){names[count], agree, &cases[count]};
            count++;
        }
    }
    memcpy(&scenarios[count], mends, sizeof mends);
    return play_scenarios(scenarios, count + MENDS, argc, argv);
}
