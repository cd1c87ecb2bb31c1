/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The readers of what stands beside firmware: a descriptor, and the list of pairs in libvirt's
 * configuration. What they answer can be relied upon, or they say that it cannot. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/libvirt_conf.h"
#include "inputs/firmware_descriptor.h"
#include "target.h"

static void check(bool held)
{
    if (!held)
        abort();
}

static void read_descriptor(const uint8_t *data, size_t size)
{
    struct firmware_descriptor d;
    struct failure f;

    if (firmware_descriptor_parse("fuzz.json", data, size, &d, &f) != 0) {
        check(f.what[0]);
        return;
    }
    if (d.usable) {
        check(d.executable.filename);
        check(d.device != DESCRIPTOR_FLASH || d.executable.format);
        check(d.mode != DESCRIPTOR_SPLIT || d.nvram_template.filename);
        for (size_t i = 0; i < d.target_count; i++)
            check(d.targets[i].architecture && d.targets[i].machines.texts);
        check(!d.target_count || d.target_count <= DESCRIPTOR_LIST_MAX);
    } else {
        check(d.problems.counts[FINDING_ERROR] > 0);
    }
    for (size_t i = 0; i < d.features.count; i++)
        check(descriptor_has_feature(&d, d.features.texts[i]));
    check(descriptor_device_name(d.device) && descriptor_mode_name(d.mode));
    descriptor_runs_on(&d, "x86_64", "pc-q35-10.0");
    firmware_descriptor_free(&d);
}

static void read_list(const char *text, size_t size)
{
    struct libvirt_word words[8];
    enum libvirt_conf_result r;
    unsigned line;
    size_t count;

    for (int value = 0; value < 2; value++) {
        if (value)
            r = libvirt_conf_value(text, size, words, 8, &count, &line);
        else
            r = libvirt_conf_list(text, size, "nvram", words, 8, &count, &line);
        check(count <= 8 && line >= 1);
        for (size_t i = 0; r == LIBVIRT_CONF_LIST && i < count; i++)
            check(words[i].text >= text && words[i].text + words[i].length <= text + size);
    }
}

int try_input(const uint8_t *data, size_t size)
{
    read_descriptor(data, size);
    read_list((const char *)data, size);
    return 0;
}
