/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of devices in packaging/formats/rom_devices.c against QEMU itself: every PCI
 * device type that a binary has is created, and where it has a default ROM file,
 * preflight must know its RAM block, its type and that file.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "tap.h"

/* Creates devices one after the other in a guest of their own: one that needs more
 * arguments fails and takes no other with it. Such a one is told from the rest by QEMU's
 * own words; that none of them has a ROM is seen in hw/, where no other class sets romfile. */
static json_object *run_qemu(const char *binary, const char *device, const char *commands)
{
    char command[4096];
    static char text[1 << 20];

    snprintf(command, sizeof command,
             "printf '%%s\\n' '{\"execute\": \"qmp_capabilities\"}' %s '{\"execute\": \"quit\"}' | "
             "timeout 60 '%s/bin/%s' -nodefaults -no-user-config -display none -accel tcg -m 64 -S "
             "-M pc -qmp stdio -L '%s/roms/old' -L '%s/debian%s/usr/share/seabios' "
             "-L '%s/debian%s/usr/share/qemu' -L '%s/debian12/usr/lib/ipxe/qemu' %s 2>/dev/null",
             commands, getenv("ROMCOMPAT_QEMU"), binary, getenv("ROMCOMPAT_QEMU"),
             getenv("ROMCOMPAT_QEMU"), strstr(binary, "7.2") ? "12" : "13",
             getenv("ROMCOMPAT_QEMU"), strstr(binary, "7.2") ? "12" : "13",
             getenv("ROMCOMPAT_QEMU"), device);
    FILE *pipe = popen(command, "r");
    size_t n = pipe ? fread(text, 1, sizeof text - 1, pipe) : 0;
    if (pipe)
        pclose(pipe);
    text[n] = '\0';

    /* The values of "return", without that of qmp_capabilities. */
    json_object *list = json_object_new_array();
    bool first = true;
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        json_object *o = json_tokener_parse(line), *value;

        if (o && json_object_object_get_ex(o, "return", &value)) {
            if (!first)
                json_object_array_add(list, json_object_get(value));
            first = false;
        }
        json_object_put(o);
    }
    return list;
}

static const char *string_at(json_object *list, size_t i)
{
    json_object *o = i < json_object_array_length(list) ? json_object_array_get_idx(list, i) : NULL;

    return o ? json_object_get_string(o) : "";
}

/* What preflight says of this table: ROM of the first block that has one of this type. */
static bool preflight_knows(const char *table, const char *type, const char *rom)
{
    char path[600], command[2048], expected[300];
    static char text[1 << 20];

    snprintf(path, sizeof path, "%s/work/preflight-devices-%d", getenv("ROMCOMPAT_QEMU"),
             (int)getpid());
    FILE *file = fopen(path, "w");
    if (!file || fputs(table, file) == EOF || fclose(file))
        return false;
    snprintf(command, sizeof command, "'%s/romcompat' preflight --json -M pc-i440fx-7.2 '%s' /",
             getenv("ROMCOMPAT_BUILD"), path);
    FILE *pipe = popen(command, "r");
    size_t n = pipe ? fread(text, 1, sizeof text - 1, pipe) : 0;
    if (pipe)
        pclose(pipe);
    unlink(path);
    text[n] = '\0';
    json_object *answer = json_tokener_parse(text), *blocks;
    bool found = false;
    if (answer && json_object_object_get_ex(answer, "blocks", &blocks)) {
        for (size_t i = 0; i < json_object_array_length(blocks); i++) {
            json_object *block = json_object_array_get_idx(blocks, i), *o;

            snprintf(expected, sizeof expected, "\"%s\"", type);
            found |= json_object_object_get_ex(block, "rom", &o) && o &&
                     strcmp(json_object_get_string(o), rom) == 0 &&
                     json_object_object_get_ex(block, "device_types", &o) &&
                     strstr(json_object_to_json_string(o), expected);
        }
    }
    json_object_put(answer);
    return found;
}

static void check_type(const char *binary, const char *type, size_t *roms, size_t *unmade)
{
    char device[300];

    snprintf(device, sizeof device, "-device '%s,id=d'", type);
    json_object *answers = run_qemu(binary, device,
                                    "'{\"execute\": \"qom-get\", \"arguments\": {\"path\": "
                                    "\"/machine/peripheral/d\", \"property\": \"romfile\"}}' "
                                    "'{\"execute\": \"human-monitor-command\", \"arguments\": "
                                    "{\"command-line\": \"info ramblock\"}}'");
    const char *rom = string_at(answers, 0);

    if (json_object_array_length(answers) < 2) {
        (*unmade)++;
    } else if (*rom) {
        (*roms)++;
        ok(preflight_knows(string_at(answers, 1), type, rom), "%s: %s, whose ROM is %s, is known",
           binary, type, rom);
    }
    json_object_put(answers);
}

static void check_binary(const char *binary)
{
    size_t roms = 0, unmade = 0;
    json_object *answers =
        run_qemu(binary, "",
                 "'{\"execute\": \"qom-list-types\", \"arguments\": {\"implements\": "
                 "\"pci-device\", \"abstract\": false}}'");
    json_object *types = json_object_array_length(answers)
                             ? json_object_get(json_object_array_get_idx(answers, 0))
                             : NULL;

    json_object_put(answers);
    size_t count = types ? json_object_array_length(types) : 0;
    for (size_t i = 0; i < count; i++) {
        json_object *name;

        if (json_object_object_get_ex(json_object_array_get_idx(types, i), "name", &name))
            check_type(binary, json_object_get_string(name), &roms, &unmade);
    }
    printf("# %s: %zu PCI types, %zu with a ROM, %zu that need more arguments\n", binary, count,
           roms, unmade);
    ok(count > 80 && roms > 25, "%s: its types were listed, and many have a ROM", binary);
    json_object_put(types);
}

int main(void)
{
    if (!getenv("ROMCOMPAT_QEMU") || !getenv("ROMCOMPAT_BUILD")) {
        fputs("Bail out! ROMCOMPAT_QEMU or ROMCOMPAT_BUILD is not set; tests/qemu/run does\n",
              stdout);
        return 2;
    }
    check_binary("stock-7.2-x86_64");
    check_binary("patched-10.0-x86_64");
    return tap_done();
}
