/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/device_text.h"

#include "tap.h"

static struct device_text d;

static void reads(const char *text, const char *type)
{
    d = (struct device_text){0};
    is_int(device_text_read(text, &d), 0, "the text '%s' is read", text);
    is_text(d.type, type, "... of type %s", type);
}

static void refuses(const char *text, const char *why)
{
    d = (struct device_text){.type = "untouched"};
    ok(device_text_read(text, &d) == -1 && strcmp(d.type, "untouched") == 0, "%s is refused", why);
}

int main(void)
{
    char longest[DEVICE_TEXT_NAME_MAX + 2];

    reads("e1000", "e1000");
    ok(!d.has_properties && !d.has_romfile && !d.rombar_is_off && !d.bus[0], "and nothing else");
    reads("virtio-net-pci,id=n,romfile=,bus=pcie.1", "virtio-net-pci");
    ok(d.has_properties && d.has_romfile && !d.has_romsize, "an empty romfile is one");
    is_text(d.bus, "pcie.1", "the bus is known");
    is_text(d.id, "n", "and the id");
    reads("id=n,driver=e1000,romsize=4096", "e1000");
    ok(d.has_romsize, "the type may stand anywhere");
    reads("e1000,mac=a,,romfile=b,id=x", "e1000");
    ok(!d.has_romfile, "a doubled comma belongs to the value");
    reads("e1000,rombar=0", "e1000");
    ok(d.rombar_is_off, "a device with rombar=0 has its ROM off");
    reads("e1000,rombar=0,rombar=1", "e1000");
    ok(!d.rombar_is_off, "and the last one holds");
    reads("virtio-net-pci,disable-legacy=on", "virtio-net-pci");
    is_int(d.legacy, LEGACY_OFF, "a legacy interface may be switched off");
    reads("virtio-net-pci,disable-legacy=off,bus=a,", "virtio-net-pci");
    is_int(d.legacy, LEGACY_ON, "or on");
    reads("e1000,xromfile=a,romfiles=b", "e1000");
    ok(!d.has_romfile, "a longer name is another");

    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    refuses(longest, "a type that is too long");
    longest[sizeof longest - 2] = '\0';
    reads(longest, longest);
    refuses("", "no text");
    refuses("id=n", "a text without a type");
    refuses("{\"driver\": \"e1000\"}", "a text of JSON");
    return tap_done();
}
