/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/qemu_versions.h"

#include <stdio.h>
#include <string.h>

static const struct qemu_fact facts[QEMU_FEATURE_COUNT] = {
    [QEMU_ROMSIZE] = {"the property romsize", {6, 0, 0}, {0}, "hw/pci/pci.c, pci_props[]"},
    [QEMU_SKIPS_ROM_FILES] = {"an arriving guest whose ROM files are not read",
                              {8, 1, 0},
                              {0},
                              "hw/pci/pci.c, pci_add_option_rom(), load_file"},
    [QEMU_HEX_PREFIX] = {"0x before a length", {2, 2, 0}, {0}, "migration/ram.c, ram_load()"},
    [QEMU_SIZE_MISMATCH] = {"the message 'Size mismatch'",
                            {5, 2, 0},
                            {0},
                            "softmmu/physmem.c, qemu_ram_resize()"},
    [QEMU_MAPPED_RAM] = {"mapped-ram streams",
                         {9, 0, 0},
                         {0},
                         "migration/options.c, MIGRATION_CAPABILITY_MAPPED_RAM"},
    [QEMU_FILE_STREAM] = {"streams as file:", {8, 2, 0}, {0}, "migration/file.c"},
    [QEMU_NAMES_MACHINE] = {"the machine type in the stream",
                            {2, 4, 0},
                            {0},
                            "migration/savevm.c, vmstate_configuration"},
    [QEMU_UEFI_VARS] = {"the uefi-vars device",
                        {10, 0, 0},
                        {0},
                        "hw/uefi/var-service-core.c, vmstate_uefi_vars"},
};

/* The registers that TCG gives a CPU differ with every release: cortex-a15, cortex-a57 and max, with
 * virt-5.2 and virt-7.2. target/arm/machine.c, cpu_pre_load() and cpu_post_load(). */
#define VIRT(from_major, from_minor, to_major, to_minor)                                   \
    {                                                                                      \
        {from_major, from_minor, 0}, {from_major, from_minor, 0}, {to_major, to_minor, 0}, \
            {to_major, to_minor, 0}, "virt", true, NULL, "an Arm CPU of TCG",              \
            "error while loading state for instance 0x0 of "                               \
            "device 'cpu'",                                                                \
            "Debian's binaries"                                                            \
    }

/* A pair comes into this list when it was seen to refuse with the distributions' own binaries:
 * tests/qemu/test_oracle.c looks for more. */
static const struct qemu_pair pairs[] = {
    {{10, 0, 0},
     {10, 0, 0},
     {11, 1, 0},
     {11, 1, 0},
     NULL,
     false,
     "virtio-net-pci-base",
     "virtio-net, virtio-scsi, virtio-rng, virtio-serial, virtio-balloon",
     "VQ 0 vring.num ... exceeds allocated max",
     "Debian's 10.0.13 to Debian's 11.1.2, guests without and with a running Linux"},
    VIRT(5, 2, 7, 2),
    VIRT(5, 2, 10, 0),
    VIRT(5, 2, 11, 1),
    VIRT(7, 2, 5, 2),
    VIRT(7, 2, 10, 0),
    VIRT(7, 2, 11, 1),
    VIRT(10, 0, 5, 2),
    VIRT(10, 0, 7, 2),
    VIRT(10, 0, 11, 1),
    VIRT(11, 1, 5, 2),
    VIRT(11, 1, 7, 2),
    VIRT(11, 1, 10, 0),
};

/* A release of a distribution, and the QEMU in it. */
struct qemu_release {
    const char *name; /* "Debian 13" */
    struct qemu_version qemu;
    const char *since; /* YYYY-MM; "testing": not yet released, as seen in November 2026 */
};

/* By QEMU's version. Debian's package lists; each measured with -version (tests/qemu). */
static const struct qemu_release releases[] = {
    {"Debian 11", {5, 2, 0}, "2021-08"},
    {"Debian 12", {7, 2, 0}, "2023-06"},
    {"Debian 13", {10, 0, 0}, "2025-08"},
    {"Debian 14", {11, 1, 0}, "testing"},
};

const char *qemu_release_text(const struct qemu_version *version,
                              char text[static QEMU_RELEASE_TEXT_MAX])
{
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++) {
        const struct qemu_release *r = &releases[i];

        if (qemu_version_compare(&r->qemu, version) < 0)
            continue;
        snprintf(text, QEMU_RELEASE_TEXT_MAX, "%s, %s, has %u.%u", r->name, r->since, r->qemu.major,
                 r->qemu.minor);
        return text;
    }
    return "no Debian release that is known has one so new";
}

const struct qemu_fact *qemu_fact(enum qemu_feature feature)
{
    return &facts[feature];
}

int qemu_version_compare(const struct qemu_version *a, const struct qemu_version *b)
{
    if (a->major != b->major)
        return a->major < b->major ? -1 : 1;
    if (a->minor != b->minor)
        return a->minor < b->minor ? -1 : 1;
    return (a->micro > b->micro) - (a->micro < b->micro);
}

static bool is_known(const struct qemu_version *v)
{
    return v->major || v->minor || v->micro;
}

bool qemu_version_is_within(const struct qemu_version *version, const struct qemu_version *first,
                            const struct qemu_version *last)
{
    return qemu_version_compare(version, first) >= 0 &&
           (!is_known(last) || qemu_version_compare(version, last) <= 0);
}

enum qemu_answer qemu_has(const struct qemu_version *version, enum qemu_feature feature)
{
    const struct qemu_fact *fact = &facts[feature];

    if (!is_known(version))
        return QEMU_NOT_KNOWN;
    return qemu_version_is_within(version, &fact->first, &fact->last) ? QEMU_YES : QEMU_NO;
}

int qemu_version_read(const char *text, size_t length, struct qemu_version *version)
{
    enum { NUMBERS = 4, NUMBER_MAX = 999 };
    unsigned numbers[NUMBERS] = {0};
    size_t at = 0, count = 0;

    for (; count < NUMBERS; count++) {
        size_t begin = at;

        for (; at < length && text[at] >= '0' && text[at] <= '9'; at++) {
            numbers[count] = numbers[count] * 10 + (unsigned)(text[at] - '0');
            if (numbers[count] > NUMBER_MAX)
                return -1;
        }
        if (at == begin)
            return -1;
        if (at == length || text[at] != '.') {
            count++;
            break;
        }
        at++;
    }
    if (count < 2 || at != length)
        return -1;
    *version = (struct qemu_version){numbers[0], numbers[1], numbers[2]};
    return 0;
}

const char *qemu_version_text(const struct qemu_version *v, char text[static QEMU_VERSION_TEXT_MAX])
{
    if (v->micro)
        snprintf(text, QEMU_VERSION_TEXT_MAX, "%u.%u.%u", v->major, v->minor, v->micro);
    else
        snprintf(text, QEMU_VERSION_TEXT_MAX, "%u.%u", v->major, v->minor);
    return text;
}

static bool is_between(const struct qemu_version *v, const struct qemu_version *first,
                       const struct qemu_version *last)
{
    struct qemu_version release = {v->major, v->minor, 0};

    return qemu_version_compare(&release, first) >= 0 && qemu_version_compare(&release, last) <= 0;
}

static bool may_come(const struct qemu_pair *pair, const struct qemu_origin *from)
{
    return is_known(&from->version)
               ? is_between(&from->version, &pair->from_first, &pair->from_last)
               : qemu_version_compare(&from->least, &pair->from_last) <= 0;
}

const struct qemu_pair *qemu_refusing_pair(const struct qemu_origin *from,
                                           const struct qemu_version *to)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct qemu_pair *p = &pairs[i];

        if (may_come(p, from) && is_between(to, &p->to_first, &p->to_last) &&
            (!p->family || (from->family && strcmp(p->family, from->family) == 0)) &&
            !(p->only_tcg && from->has_kvm))
            return p;
    }
    return NULL;
}

bool qemu_refusing_pairs_name(const char *family)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].family && strcmp(pairs[i].family, family) == 0)
            return true;
    return false;
}
