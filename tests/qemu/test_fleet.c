/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `romcompat audit` says of hosts of Debian 11, 12, 13 and forky, by inventories taken within
 * roots of these releases (make-fleet, take-inventories) and by nothing else, held against real
 * migrations from each to each other by the QEMUs that are installed there, with the files that are
 * installed there: guests with ROMs of network and graphics cards, and with UEFI firmware.
 *
 * Environment: ROMCOMPAT_QEMU, ROMCOMPAT_BUILD, ROMCOMPAT_TOP (the source); FLEET_EVERY=N plays each
 * Nth case alone. Hosts whose root is not there are left out, and it is said.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qemu/guest.h"

struct host {
    const char *suite;
    int class; /* in the audit; 0: its root is not there */
};

static struct host hosts[] = {{"bullseye", 0}, {"bookworm", 0}, {"trixie", 0}, {"forky", 0}};
enum { HOSTS = sizeof hosts / sizeof *hosts };

struct kind {
    const char *machine, *device, *rom;
    const char *code, *store; /* firmware of the guest; NULL: a BIOS, or none */
};

static const struct kind kinds[] = {
    {"pc-q35-5.2", "virtio-net-pci", "efi-virtio.rom", NULL, NULL},
    {"pc-i440fx-5.2", "virtio-net-pci-transitional", "efi-virtio.rom", NULL, NULL},
    {"pc-i440fx-5.2", "e1000", "efi-e1000.rom", NULL, NULL},
    {"pc-q35-5.2", "e1000e", "efi-e1000e.rom", NULL, NULL},
    {"pc-i440fx-5.2", "ne2k_pci", "efi-ne2k_pci.rom", NULL, NULL},
    {"pc-i440fx-5.2", "pcnet", "efi-pcnet.rom", NULL, NULL},
    {"pc-q35-5.2", "VGA", "vgabios-stdvga.bin", NULL, NULL},
    {"pc-q35-5.2", "bochs-display", "vgabios-bochs-display.bin", NULL, NULL},
    {"pc-i440fx-2.12", "rtl8139", "efi-rtl8139.rom", NULL, NULL},
    {"pc-i440fx-2.3", "e1000", "efi-e1000.rom", NULL, NULL},
    {"pc-q35-7.2", "vmxnet3", "efi-vmxnet3.rom", NULL, NULL},
    {"pc-i440fx-7.2", "virtio-net-pci", "efi-virtio.rom", NULL, NULL},
    {"pc-q35-10.0", "e1000e", "efi-e1000e.rom", NULL, NULL},
    {"pc-q35-5.2", "e1000e", "efi-e1000e.rom", "/usr/share/OVMF/OVMF_CODE_4M.fd",
     "/usr/share/OVMF/OVMF_VARS_4M.fd"},
    {"pc-q35-5.2", "e1000", "efi-e1000.rom", "/usr/share/OVMF/OVMF_CODE.fd",
     "/usr/share/OVMF/OVMF_VARS.fd"},
    {"pc-q35-7.2", "e1000e", "efi-e1000e.rom", "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
     "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"},
    {"virt-5.2", "virtio-net-pci", "efi-virtio.rom", NULL, NULL},
    {"virt-5.2", "e1000e", "efi-e1000e.rom", "/usr/share/AAVMF/AAVMF_CODE.fd",
     "/usr/share/AAVMF/AAVMF_VARS.fd"},
    {"virt-7.2", "virtio-net-pci", "efi-virtio.rom", "/usr/share/AAVMF/AAVMF_CODE.fd",
     "/usr/share/AAVMF/AAVMF_VARS.fd"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const char *architecture_of(const struct kind *k)
{
    return strncmp(k->machine, "virt-", 5) == 0 ? "aarch64" : "x86_64";
}

static char fleet[1000]; /* where take-inventories writes */
static json_object *audit;

/* --- what was said ----------------------------------------------------------------------- */

static json_object *member(json_object *o, const char *key)
{
    json_object *value = NULL;

    return o && json_object_object_get_ex(o, key, &value) ? value : NULL;
}

static size_t length_of(json_object *list)
{
    return list ? json_object_array_length(list) : 0;
}

static bool lists(json_object *list, const char *text)
{
    for (size_t i = 0; i < length_of(list); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), text) == 0)
            return true;
    return false;
}

static bool is_pair(json_object *problem, int from, int to)
{
    json_object *pairs = member(problem, "pairs");

    for (size_t i = 0; i < length_of(pairs); i++) {
        json_object *pair = json_object_array_get_idx(pairs, i);

        if (json_object_get_int(member(pair, "from")) == from &&
            json_object_get_int(member(pair, "to")) == to)
            return true;
    }
    return false;
}

/* Whether the problem is about such a guest. */
static bool is_about(json_object *problem, const struct kind *k)
{
    const char *reason = json_object_get_string(member(problem, "reason"));
    json_object *machines = member(member(problem, "machines"), architecture_of(k));
    json_object *roms = member(problem, "roms");

    if (strncmp(reason, "firmware", 8) == 0)
        return k->code && lists(member(problem, "firmware"), k->code);
    return lists(machines, k->machine) && (length_of(roms) == 0 || lists(roms, k->rom));
}

enum said { SAID_LANDS, SAID_NOT_KNOWN, SAID_REFUSED };

static enum said what_was_said(const struct kind *k, int from, int to, const char **why)
{
    json_object *problems = member(audit, "problems");
    enum said said = SAID_LANDS;

    *why = "";
    for (size_t i = 0; i < length_of(problems) && said != SAID_REFUSED; i++) {
        json_object *p = json_object_array_get_idx(problems, i);

        if (!is_pair(p, from, to) || !is_about(p, k))
            continue;
        *why = json_object_get_string(member(p, "reason"));
        said = json_object_get_boolean(member(p, "known")) ? SAID_REFUSED : SAID_NOT_KNOWN;
    }
    return said;
}

/* --- what comes of it ------------------------------------------------------------------------ */

struct playing {
    const struct kind *kind;
    const struct host *from, *to;
};

/* The path of a file on that host, from outside. */
static const char *outside(struct stage *s, const struct host *host, const char *path)
{
    return text_of(s, "%s/fleet/%s%s", getenv("ROMCOMPAT_QEMU"), host->suite, path);
}

static const char *qemu_of(struct stage *s, const struct kind *k, const struct host *host)
{
    return text_of(s, "%s/%s-%s", fleet, host->suite, architecture_of(k));
}

/* What QEMU is started with, on any host. The store goes with the guest. */
static const char *words(struct stage *s, const struct kind *k)
{
    const char *flash =
        k->code ? text_of(s,
                          " -drive if=pflash,unit=0,format=raw,readonly=on,file=%s -drive "
                          "if=pflash,unit=1,format=raw,file={work}/store.fd",
                          k->code)
                : "";

    return text_of(s, "-M %s%s -device %s%s", k->machine,
                   k->code && strstr(k->code, "secboot") ? ",smm=on" : "", k->device, flash);
}

static void play(struct stage *s, const void *data)
{
    const struct playing *p = data;
    const char *why, *said = "";
    enum said verdict = what_was_said(p->kind, p->from->class, p->to->class, &why);

    if (p->kind->code)
        run_program(s, "cp '%s' store.fd", outside(s, p->from, p->kind->store));
    struct guest *here = start(s, qemu_of(s, p->kind, p->from), "%s", words(s, p->kind));
    struct guest *there = is_wrong(s) ? NULL
                                      : try_start(s, &said, qemu_of(s, p->kind, p->to),
                                                  "%s -incoming defer", words(s, p->kind));
    bool arrived = false;
    if (there) {
        said = try_migrate(s, here, there, 0);
        arrived = !said;
    }
    if (is_wrong(s))
        return;
    if (verdict == SAID_LANDS && !arrived)
        went_wrong(s, "WRONG YES: QEMU says: %s", said);
    if (verdict == SAID_REFUSED && arrived)
        went_wrong(s, "WRONG NO: audit says '%s', and the guest arrived", why);
}

/* --- what is taken from within and from outside ------------------------------------------------ */

/* But for KVM, which --root does not ask this machine for. */
static void compare_inventories(struct stage *s, const void *data)
{
    const struct host *host = data;

    run_program(s,
                "for f in json outside; do jq -S 'del(.encryption)' '%s/%s'.$f > $f; done; "
                "diff json outside",
                fleet, host->suite);
}

/* --- cases ------------------------------------------------------------------------------------ */

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Whether the guest can be on that host at all: its QEMU has the machine type, by the inventory. */
static bool can_be(const struct host *host, const struct kind *k)
{
    char command[2000];

    snprintf(command, sizeof command,
             "jq -e --arg m '%s' '[.qemu[] | select(.architecture == \"%s\") | .machines[]] | "
             "index($m)' '%s/%s.json' > /dev/null",
             k->machine, architecture_of(k), fleet, host->suite);
    if (system(command) != 0)
        return false;
    snprintf(command, sizeof command, "%s/fleet/%s%s", getenv("ROMCOMPAT_QEMU"), host->suite,
             k->code ? k->code : "");
    return is_there(command);
}

static bool take_inventories(void)
{
    char command[5000];
    bool good = true;

    snprintf(command, sizeof command,
             "rm -rf '%s' && mkdir -p '%s' && '%s/tests/qemu/take-inventories' '%s'", fleet, fleet,
             getenv("ROMCOMPAT_TOP"), fleet);
    good &= system(command) == 0;
    for (int i = 0; i < HOSTS; i++) {
        snprintf(command, sizeof command, "%s/%s.json", fleet, hosts[i].suite);
        hosts[i].class = is_there(command) ? -1 : 0;
        if (!hosts[i].class)
            printf("# %s is not there: no case has it\n", hosts[i].suite);
    }
    snprintf(command, sizeof command,
             "'%s/romcompat' audit --json '%s'/*.json > '%s/audit'; [ $? -le 1 ]",
             getenv("ROMCOMPAT_BUILD"), fleet, fleet);
    good &= system(command) == 0;
    snprintf(command, sizeof command, "%s/audit", fleet);
    audit = good ? json_object_from_file(command) : NULL;
    return audit != NULL;
}

static void find_classes(void)
{
    json_object *classes = member(audit, "classes");

    for (size_t i = 0; i < length_of(classes); i++) {
        json_object *c = json_object_array_get_idx(classes, i);

        for (int h = 0; h < HOSTS; h++)
            if (lists(member(c, "hosts"), hosts[h].suite))
                hosts[h].class = json_object_get_int(member(c, "class"));
    }
}

static struct playing playings[KINDS * HOSTS * HOSTS];
static char names[KINDS * HOSTS * HOSTS + HOSTS][300];
static struct scenario list[KINDS * HOSTS * HOSTS + HOSTS];
static size_t count;

static void add_case(const char *name, void (*play_it)(struct stage *s, const void *data),
                     const void *data)
{
    snprintf(names[count], sizeof *names, "%s", name);
    list[count] = (struct scenario){names[count], play_it, data};
    count++;
}

static void add_comparisons(void)
{
    char name[300];

    for (int i = 0; i < HOSTS; i++) {
        if (!hosts[i].class)
            continue;
        snprintf(name, sizeof name, "an inventory taken on %s is the one that is taken of its root",
                 hosts[i].suite);
        add_case(name, compare_inventories, &hosts[i]);
    }
}

static void add_migration(const struct kind *k, const struct host *from, const struct host *to)
{
    static const char *const texts[] = {"land", "are not known", "are refused"};
    static size_t playing_count;
    const char *why;
    char name[300];

    snprintf(name, sizeof name, "%s with %s%s%s from %s %s on %s, as audited", k->machine,
             k->device, k->code ? " and " : "", k->code ? k->code : "", from->suite,
             texts[what_was_said(k, from->class, to->class, &why)], to->suite);
    playings[playing_count] = (struct playing){k, from, to};
    add_case(name, play, &playings[playing_count++]);
}

int main(int argc, char **argv)
{
    const char *qemu = getenv("ROMCOMPAT_QEMU"), *every = getenv("FLEET_EVERY");
    size_t seen = 0, step = every && atoi(every) > 0 ? (size_t)atoi(every) : 1;

    if (!getenv("ROMCOMPAT_BUILD") || !qemu || !getenv("ROMCOMPAT_TOP")) {
        fputs("Bail out! ROMCOMPAT_BUILD, _QEMU or _TOP is not set; make check-fleet does\n",
              stdout);
        return 2;
    }
    snprintf(fleet, sizeof fleet, "%s/scratch/fleet", qemu);
    if (!take_inventories()) {
        puts("Bail out! the inventories could not be taken");
        return 2;
    }
    find_classes();
    add_comparisons();
    for (int k = 0; k < KINDS; k++)
        for (int from = 0; from < HOSTS; from++)
            for (int to = 0; to < HOSTS; to++)
                if (from != to && hosts[from].class && hosts[to].class &&
                    can_be(&hosts[from], &kinds[k]) && seen++ % step == 0)
                    add_migration(&kinds[k], &hosts[from], &hosts[to]);
    return play_scenarios(list, count, argc, argv);
}
