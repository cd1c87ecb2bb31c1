/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romcompat.h"

#include <stdlib.h>

#include "tap.h"

static struct romcompat_version version(const char *text)
{
    struct romcompat_version v = {0};

    if (romcompat_version_parse(text, strlen(text), &v) != ROMCOMPAT_OK)
        abort();
    return v;
}

static int compare(const char *a, const char *b)
{
    struct romcompat_version x = version(a), y = version(b);

    return romcompat_version_compare(&x, &y);
}

static void splits(const char *name, const char *rest, const char *family, const char *number)
{
    struct romcompat_machine m;
    char text[64] = "";

    is_int(romcompat_machine_parse(name, &m), ROMCOMPAT_OK, "%s is a machine type", name);
    snprintf(text, sizeof text, "%.*s", (int)m.name_length, m.name);
    is_text(text, rest, "%s is looked up as %s", name, rest);
    snprintf(text, sizeof text, "%.*s", (int)m.family_length, m.name);
    is_text(text, family, "%s has the family '%s'", name, family);
    if (*number) {
        struct romcompat_version v = version(number);

        is_int(romcompat_version_compare(&m.version, &v), 0, "%s has the version %s", name, number);
        is_int(m.version.parts, v.parts, "%s has %u numbers", name, v.parts);
    } else {
        is_int(m.version.parts, 0, "%s has no version", name);
    }
}

static void is_no_version(const char *text)
{
    struct romcompat_version v = {.parts = 77};

    is_int(romcompat_version_parse(text, strlen(text), &v), ROMCOMPAT_E_VERSION,
           "'%s' is not a version", text);
    is_int(v.parts, 77, "... and the output is untouched");
}

static void is_no_machine(const char *text, const char *why)
{
    struct romcompat_machine m = {.name_length = 77};

    is_int(romcompat_machine_parse(text, &m), ROMCOMPAT_E_NAME, "%s is not a machine type", why);
    is_int(m.name_length, 77, "... and the output is untouched");
}

int main(void)
{
    splits("pc-i440fx-7.2", "pc-i440fx-7.2", "pc-i440fx", "7.2");
    splits("pc-q35-4.0.1", "pc-q35-4.0.1", "pc-q35", "4.0.1");
    splits("pc-q35-10.0", "pc-q35-10.0", "pc-q35", "10.0");
    splits("pc-1.0", "pc-1.0", "pc", "1.0");
    splits("pc-0.15", "pc-0.15", "pc", "0.15");
    splits("virt-6.2", "virt-6.2", "virt", "6.2");
    splits("s390-ccw-virtio-7.2", "s390-ccw-virtio-7.2", "s390-ccw-virtio", "7.2");
    splits("pc-q35-rhel9.4.0", "pc-q35-rhel9.4.0", "pc-q35-rhel", "9.4.0");
    splits("pc-i440fx-rhel7.6.0", "pc-i440fx-rhel7.6.0", "pc-i440fx-rhel", "7.6.0");
    splits("rhel6.6.0", "rhel6.6.0", "rhel", "6.6.0");
    splits("s390-ccw-virtio-rhel9.6.0", "s390-ccw-virtio-rhel9.6.0", "s390-ccw-virtio-rhel",
           "9.6.0");
    splits("xenfv-4.2", "xenfv-4.2", "xenfv", "4.2");
    splits("pseries-2.12", "pseries-2.12", "pseries", "2.12");
    splits("pc-q35-9.2+pve1", "pc-q35-9.2", "pc-q35", "9.2");
    splits("pc-i440fx-focal+pve2+x", "pc-i440fx-focal", "", "");
    splits("pc-q35-9.2+", "pc-q35-9.2", "pc-q35", "9.2");
    splits("pseries-2.12-sxxm", "pseries-2.12-sxxm", "", "");
    splits("pc-i440fx-focal", "pc-i440fx-focal", "", "");
    splits("pc-q35-focal-hpb", "pc-q35-focal-hpb", "", "");
    splits("pc-1.0-precise", "pc-1.0-precise", "", "");
    splits("noble-v2", "noble-v2", "", "");
    splits("ubuntu-q35", "ubuntu-q35", "", "");
    splits("pc-i440fx", "pc-i440fx", "", "");
    splits("microvm", "microvm", "", "");
    splits("isapc", "isapc", "", "");
    splits("none", "none", "", "");
    splits("x-remote", "x-remote", "", "");
    splits("pc-q35-7", "pc-q35-7", "", "");
    splits("pc-q35-4.01", "pc-q35-4.01", "", "");
    splits("pc-q35-4.", "pc-q35-4.", "", "");
    splits("pc-q35-.4", "pc-q35-.4", "", "");
    splits("pc--4.0", "pc--4.0", "", "");
    splits("-4.0", "-4.0", "", "");
    splits("4.0", "4.0", "", "");
    splits("a-1.2.3.4", "a-1.2.3.4", "a", "1.2.3.4");
    splits("a-1.2.3.4.5", "a-1.2.3.4.5", "", "");
    splits("a-65535.65535", "a-65535.65535", "a", "65535.65535");
    splits("a-65536.0", "a-65536.0", "", "");

    is_no_machine("", "nothing");
    is_no_machine("+pve1", "a suffix alone");
    is_no_machine("pc q35", "a name with a blank");
    is_no_machine("pc\nq35", "a name with a line feed");
    is_no_machine("pc-\xc3\xa9", "a name that is not ASCII");
    is_no_machine("pc#1", "a name with a comment sign");
    is_no_machine("../pc", "a name with a slash");
    char longest[ROMCOMPAT_MAX_NAME + 2];
    memset(longest, 'a', sizeof longest);
    longest[ROMCOMPAT_MAX_NAME + 1] = '\0';
    is_no_machine(longest, "a name one byte over the limit");
    longest[ROMCOMPAT_MAX_NAME] = '+';
    struct romcompat_machine m;
    is_int(romcompat_machine_parse(longest, &m), ROMCOMPAT_OK,
           "a name as long as the limit, before its suffix, is a machine type");
    is_int(m.name_length, ROMCOMPAT_MAX_NAME, "... of that length");
    is_int(romcompat_machine_parse(NULL, &m), ROMCOMPAT_E_ARGUMENT, "NULL is a wrong argument");
    is_int(romcompat_machine_parse("pc", NULL), ROMCOMPAT_E_ARGUMENT, "so is no place to answer");

    is_no_version("");
    is_no_version("4");
    is_no_version("4.");
    is_no_version(".4");
    is_no_version("4..0");
    is_no_version("4.0 ");
    is_no_version(" 4.0");
    is_no_version("+4.0");
    is_no_version("-4.0");
    is_no_version("4.-0");
    is_no_version("04.0");
    is_no_version("4.00");
    is_no_version("4.0a");
    is_no_version("a.0");
    is_no_version("65536.0");
    is_no_version("0.4294967296");
    is_no_version("99999999999999999999.0");
    is_no_version("1.2.3.4.5");
    struct romcompat_version v;
    is_int(romcompat_version_parse("4.0rest", 3, &v), ROMCOMPAT_OK,
           "a version is as long as it is said to be");
    is_int(v.part[0], 4, "4.0 starts with 4");
    is_int(v.part[1], 0, "... and goes on with 0");
    is_int(romcompat_version_parse(NULL, 0, &v), ROMCOMPAT_E_ARGUMENT, "NULL is not text");
    is_int(romcompat_version_parse("4.0", 3, NULL), ROMCOMPAT_E_ARGUMENT, "NULL is no output");

    static const char *const rising[] = {
        "0.0", "0.1",     "0.10",  "1.0",   "2.1",    "2.2", "2.9",     "2.10", "2.12",
        "4.0", "4.0.0.1", "4.0.1", "4.0.2", "4.0.10", "4.1", "9.65535", "10.0", "65535.0"};
    for (size_t i = 0; i < sizeof rising / sizeof *rising; i++) {
        bool right = true;

        for (size_t j = 0; j < sizeof rising / sizeof *rising; j++) {
            int c = compare(rising[i], rising[j]);

            right = right && (i < j ? c < 0 : i > j ? c > 0 : c == 0);
        }
        ok(right, "%s stands in its place among all others", rising[i]);
    }
    is_int(compare("4.0", "4.0.0"), 0, "numbers that are not written are 0");
    return tap_done();
}
