/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file and which length a device with its default ROM gets. */
#include "collection.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool fits(int64_t size, uint32_t bucket)
{
    return size > 0 && size <= (int64_t)bucket;
}

int romcompat_decide(uint32_t bucket, int64_t installed_size, int64_t compat_size,
                     unsigned int flags, struct romcompat_decision *decision)
{
    int file;

    if (!decision || bucket < ROMCOMPAT_MIN_BUCKET || bucket > ROMCOMPAT_MAX_BUCKET ||
        (bucket & (bucket - 1)) || (flags & ~(ROMCOMPAT_INCOMING | ROMCOMPAT_READS_INCOMING)))
        return ROMCOMPAT_E_ARGUMENT;
    if (fits(installed_size, bucket))
        file = ROMCOMPAT_FILE_INSTALLED;
    else if (fits(compat_size, bucket))
        file = ROMCOMPAT_FILE_COMPAT;
    /* QEMU 8.1 and later leaves the file alone on -incoming when romsize is set
     * (hw/pci/pci.c, pci_add_option_rom(), load_file). */
    else if ((flags & ROMCOMPAT_INCOMING) && !(flags & ROMCOMPAT_READS_INCOMING))
        file = ROMCOMPAT_FILE_NONE;
    else
        return ROMCOMPAT_E_NO_FILE;
    *decision = (struct romcompat_decision){.file = file, .romsize = bucket};
    return ROMCOMPAT_OK;
}

static const char *describe(int64_t size, uint32_t bucket, char text[48])
{
    if (size < 0)
        return "is missing";
    if (size == 0)
        return "is empty";
    snprintf(text, 48, "%s%" PRId64 " bytes", fits(size, bucket) ? "fits with " : "has ", size);
    return text;
}

size_t romcompat_explain(const struct romcompat_rule *rule, const char *machine,
                         int64_t installed_size, int64_t compat_size, char *text, size_t size)
{
    char name[ROMCOMPAT_MAX_NAME + 1], installed[48], compat[48];
    size_t at = 0;
    int length;

    if (!rule || !machine) {
        if (text && size)
            *text = '\0';
        return 0;
    }
    for (; at < ROMCOMPAT_MAX_NAME && machine[at]; at++)
        name[at] = (unsigned char)machine[at] < 0x20 || machine[at] == 0x7f ? '?' : machine[at];
    name[at] = '\0';

    bool own = strcmp(rule->compat_file, rule->rom) != 0;
    length = snprintf(
        text, text ? size : 0,
        "machine type %s needs a ROM %s of at most %" PRIu32
        " bytes: the installed one %s%s%s%s%s; install %s%s%s",
        name, rule->rom, rule->bucket, describe(installed_size, rule->bucket, installed),
        own ? ", " : "", own ? rule->compat_file : "", own ? " " : "",
        own ? describe(compat_size, rule->bucket, compat) : "",
        rule->package ? "the package " : "a ", rule->package ? rule->package : rule->compat_file,
        rule->package ? "" : " that fits");
    return length < 0 ? 0 : (size_t)length;
}
