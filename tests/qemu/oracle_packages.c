/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/oracle_packages.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

static const char *root_of(struct stage *s, const struct oracle_there *there)
{
    return text_of(s, "root-%d", (int)(there->number % ORACLE_DESTINATIONS));
}

/* The first device of the guest that has this one's ROM. */
static size_t first_of_rom(const struct oracle_guest *guest, size_t i)
{
    size_t first = 0;

    while (strcmp(guest->devices[first].rom, guest->devices[i].rom) != 0)
        first++;
    return first;
}

static uint64_t bucket_of(const struct oracle_device *d)
{
    uint64_t bucket = power_of_two_ceiling(d->rom_size);

    return bucket < 2048 ? 2048 : bucket;
}

static void make_package(struct stage *s, const struct oracle_guest *guest, size_t i)
{
    const struct oracle_device *d = &guest->devices[i];

    write_file(
        s, text_of(s, "oracle-%zu.yaml", i),
        text_of(
            s,
            "romset: oracle-%zu\nsummary: a ROM of the oracle\nbucket: %llu\n"
            "package: oracle-%zu-compat\nmaintainer: Nobody <nobody@localhost>\ncopyright: README\n"
            "source:\n  directory: old\nroms:\n  - file: %s\n    sha256: SUM\n"
            "machines:\n  - %s\n",
            i, (unsigned long long)bucket_of(d), i, d->rom, guest->machine));
    run_program(s,
                "sum=$(sha256sum old/%s) && sed -i \"s/SUM/${sum%%%% *}/\" oracle-%zu.yaml && "
                "'%s/romcompat' build --deb -o compat-%zu oracle-%zu.yaml >build.log 2>&1 || "
                "{ cat build.log; exit 1; }",
                d->rom, i, getenv("ROMCOMPAT_BUILD"), i, i);
}

void oracle_make_packages(struct stage *s, const struct oracle_guest *guest,
                          const struct oracle_there *there)
{
    const char *root = root_of(s, there), *all = "";

    run_program(s,
                "rm -rf %s && mkdir -p %s/usr/share/qemu/romcompat.d %s/var/lib/dpkg/info "
                "%s/var/lib/dpkg/updates && touch %s/var/lib/dpkg/status",
                root, root, root, root, root);
    for (size_t i = 0; i < guest->device_count; i++) {
        if (!*guest->devices[i].rom || first_of_rom(guest, i) != i)
            continue;
        make_package(s, guest, i);
        all = text_of(s, "%sapt install oracle-%zu-compat\n", all, i);
        run_program(s,
                    "cp compat-%zu/usr/share/qemu/romcompat.d/*.map %s/usr/share/qemu/romcompat.d/",
                    i, root);
    }
    if (there->is_installed)
        oracle_install(s, there, all);
}

const char *oracle_compat_directory(struct stage *s, const struct oracle_there *there)
{
    return text_of(s, "%s/usr/share/qemu", root_of(s, there));
}

/* The maps that are there already belong to no package: dpkg replaces them. */
void oracle_install(struct stage *s, const struct oracle_there *there, const char *lines)
{
    run_program(s,
                "apt() {\n[ \"$1\" = install ] || exit 1\nshift\n"
                "for p; do dpkg --root=\"$PWD/%s\" --log=/dev/null --force-not-root "
                "--force-depends -i compat-*/\"$p\"_*_all.deb || exit 1; done\n}\n%s\n",
                root_of(s, there), lines);
}
