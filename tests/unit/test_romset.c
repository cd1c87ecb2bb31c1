/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Romsets: what the reader and the linter say, with file, line and column. */
#include "romset/romset.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "romset/lint.h"
#include "romset/map.h"
#include "tap.h"

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A romset from its parts; NULL takes the good one. */
struct parts {
    const char *head, *source, *roms, *machines;
};

static const char *const good_head = "romset: ss\nsummary: text\nbucket: 256K\npackage: s-compat\n";
static const char *const good_source =
    "source:\n  deb: ipxe-qemu\n  version: 1.0-1\n  path: pool/i.deb\n  sha256: " SUM "\n";
static const char *const good_roms =
    "roms:\n  - file: usr/lib/efi-virtio.rom\n    sha256: " SUM "\n";
static const char *const good_machines = "machines:\n  - pc-i440fx: 2.4..7.2\n  - pc-q35-xenial\n";

static char *text_of(struct parts p)
{
    return xasprintf("%s%s%s%s", p.head ? p.head : good_head, p.source ? p.source : good_source,
                     p.roms ? p.roms : good_roms, p.machines ? p.machines : good_machines);
}

static struct romset read(const char *name, struct parts p, struct findings *problems)
{
    char *text = text_of(p);
    struct romset set = {0};
    struct failure f = {0};

    if (romset_parse(name, (const uint8_t *)text, strlen(text), &set, problems, &f) < 0)
        ok(false, "it is YAML: %s", f.what);
    else if (!problems->counts[FINDING_ERROR])
        romset_lint(&set, problems);
    free(text);
    return set;
}

static void says(struct parts p, const char *expected, const char *why)
{
    struct findings problems = {0};
    struct romset set = read("r.yaml", p, &problems);

    is_text(problems.count ? problems.list[0].what : NULL, expected, "%s", why);
    is_int(problems.count, expected ? 1 : 0, "%s, and nothing else", why);
    findings_free(&problems);
    romset_free(&set);
}

static void a_good_romset(void)
{
    struct findings problems = {0};
    struct romset set = read("r.yaml", (struct parts){0}, &problems);

    is_int(problems.count, 0, "a good romset has no problems");
    is_int(set.bucket, 262144, "its bucket is in bytes");
    is_text(set.prefix, "256k-", "the prefix is made from the bucket");
    is_text(set.install_path, "usr/share/qemu", "the default place is QEMU's firmware directory");
    is_int(set.fill, 0xff, "the default fill is 0xff");
    is_text(set.roms[0].name, "efi-virtio.rom", "a ROM has the name of its file");
    is_text(set.roms[0].compat, "256k-efi-virtio.rom", "and a size-prefixed one");
    is_text(set.machines[0].first, "2.4", "a range has a first");
    is_text(set.machines[0].last, "7.2", "and a last version");
    ok(!set.machines[1].first, "an exact name has no range");

    char *map = map_write(&(struct built_set){.set = &set}, NULL);
    is_text(map,
            "romcompat-map 1\n# text\nset ss\n  package s-compat\n  machine pc-i440fx 2.4 7.2\n"
            "  machine pc-q35-xenial\n  rom efi-virtio.rom 262144 256k-efi-virtio.rom\nend\n",
            "the map of it says the same");
    free(map);
    romset_free(&set);
    findings_free(&problems);
}

static void form(void)
{
    says((struct parts){.head = "romset: ss\nsummary: t\nbuckt: 256K\nbucket: 256K\npackage: sc\n"},
         "r.yaml:3:1: unknown key 'buckt' (did you mean 'bucket'?)",
         "an unknown key is named with the nearest known one");
    says((struct parts){.head = "romset: ss\nsummary: t\nbucket: 256K\npackage: sc\nzzzzzz: 1\n"},
         "r.yaml:5:1: unknown key 'zzzzzz'", "an unknown key like no other is named alone");
    says((struct parts){.head = "romset: ss\nsummary: t\npackage: sc\n"},
         "r.yaml:1:1: the romset lacks 'bucket'", "a missing bucket is named");
    says((struct parts){.head = "romset: ss\nbucket: 256K\npackage: sc\n"},
         "r.yaml:1:1: the romset lacks 'summary'", "a missing summary is named");
    says((struct parts){.head = "romset: ss\nsummary: t\nbucket: 300000\npackage: sc\n"},
         "r.yaml:3:9: 'bucket' must be a power of two from 2K to 16M (found '300000')",
         "a bucket that is no power of two is refused");
    says((struct parts){.head = "romset: ss\nsummary: t\nbucket: 1K\npackage: sc\n"},
         "r.yaml:3:9: 'bucket' must be a power of two from 2K to 16M (found '1K')",
         "a bucket below 2 KiB is refused");
    says((struct parts){.head = "romset: ss\nsummary: t\nbucket: [1]\npackage: sc\n"},
         "r.yaml:3:9: 'bucket' must be text (found a list)", "a list as a bucket is refused");
    says((struct parts){.head = "romset: S/x\nsummary: t\nbucket: 2K\npackage: sc\n"},
         "r.yaml:1:9: 'romset' may contain lower-case letters, digits and '+-.' only, and begins "
         "with a letter or digit (found 'S/x')",
         "a romset's name that would not do as a file name is refused");
    says((struct parts){.head = "romset: ss\nsummary: t\nbucket: 2K\npackage: sc\nprefix: a/b\n"},
         "r.yaml:5:9: 'prefix' must not contain a slash (found 'a/b')",
         "a prefix with a slash is refused");
    says((struct parts){.head =
                            "romset: ss\nsummary: t\nbucket: 2K\npackage: sc\ninstall-path: /u\n"},
         "r.yaml:5:15: 'install-path' must be relative, without a leading slash (found '/u')",
         "an absolute install path is refused");
    says(
        (struct parts){
            .head = "romset: ss\nsummary: t\nbucket: 2K\npackage: sc\ninstall-path: a/../../b\n"},
        "r.yaml:5:15: 'install-path' must not contain '.' or '..' as a component (found "
        "'a/../../b')",
        "an install path that climbs is refused");
    says((struct parts){.head = "romset: ss\nsummary: t\nbucket: 2K\npackage: sc\nfill: 256\n"},
         "r.yaml:5:7: 'fill' must be a byte from 0 to 0xff (found '256')",
         "a fill that is no byte is refused");
}

static void sources(void)
{
    says((struct parts){.source = "source: x\n"}, "r.yaml:5:9: 'source' must be a map (found text)",
         "a source that is text is refused");
    says((struct parts){.source = "source:\n  version: 1\n  sha256: " SUM "\n"},
         "r.yaml:6:3: 'source' lacks one of deb, url, archive, directory",
         "a source of no kind is refused");
    says((struct parts){.source = "source:\n  deb: ab\n  url: b\n  sha256: " SUM "\n"},
         "r.yaml:7:8: a source is one of deb, url, archive, directory (found 'deb' and 'url')",
         "a source of two kinds is refused");
    says((struct parts){.source = "source:\n  archive: a.tar\n"},
         "r.yaml:6:3: 'source' lacks 'sha256'", "an archive without a sum is refused");
    says((struct parts){.source = "source:\n  archive: a.tar\n  sha256: ABC\n"},
         "r.yaml:7:11: 'sha256' must be 64 lower-case hex digits (found 'ABC')",
         "a sum that is none is refused");
    says((struct parts){.source =
                            "source:\n  deb: ab\n  path: ../x\n  version: 1\n  sha256: " SUM "\n"},
         "r.yaml:7:9: 'path' must not contain '.' or '..' as a component (found '../x')",
         "a pool path that climbs is refused");
    says((struct parts){.source = "source:\n  directory: a\n  sha256: " SUM "\n"},
         "r.yaml:7:11: a 'directory' source has no 'sha256'; pin its files",
         "a directory with a sum is refused");
}

static void roms(void)
{
    says((struct parts){.roms = "roms: []\n"},
         "r.yaml:10:7: 'roms' must have 1 to 256 entries (found 0)",
         "a romset without ROMs is refused");
    says((struct parts){.roms = "roms:\n  - sha256: " SUM "\n"}, "r.yaml:11:5: a ROM lacks 'file'",
         "a ROM without a file is refused");
    says((struct parts){.roms = "roms:\n  - file: ../../etc/passwd\n"},
         "r.yaml:11:11: 'file' must not contain '.' or '..' as a component (found "
         "'../../etc/passwd')",
         "a ROM file that climbs is refused");
    says((struct parts){.roms = "roms:\n  - file: a/x#1.rom\n    sha256: " SUM "\n"},
         "r.yaml:11:11: the name of 'file' must be printable ASCII without blanks and '#' "
         "(found 'x#1.rom')",
         "a ROM whose name would end a line of the map is refused");
    says((struct parts){.roms = "roms:\n  - file: a/x.rom\n"},
         "r.yaml:11:1: ROM 'a/x.rom' has no sha256: nothing says that it is the right one",
         "a ROM that is not pinned is a warning");
    says((struct parts){.roms = "roms:\n  - file: a/x.rom\n    sha256: " SUM
                                "\n  - file: b/x.rom\n    sha256: " SUM "\n"},
         "r.yaml:13:1: ROM 'x.rom' is named twice (see line 11)",
         "two ROMs of one name are refused");
}

static void machines(void)
{
    says((struct parts){.machines = "machines:\n  - pc-q35: 7.2..2.4\n"},
         "r.yaml:14:5: the range pc-q35: 7.2..2.4 can match nothing: its first version is above "
         "its last",
         "a range upside down is refused");
    says((struct parts){.machines = "machines:\n  - pc-q35: 2.9..2.10\n"}, NULL,
         "2.10 is above 2.9");
    says((struct parts){.machines = "machines:\n  - pc-q35: 3.2..3.9\n"},
         "r.yaml:14:5: the range pc-q35: 3.2..3.9 can match nothing: no QEMU has had such a "
         "machine type (pc-q35 begins at 1.4)",
         "a range between two releases is refused");
    says((struct parts){.machines = "machines:\n  - pc-q35: 4.0.1..4.0.1\n"}, NULL,
         "the machine type pc-q35-4.0.1 has existed");
    says((struct parts){.machines = "machines:\n  - pc: 2.0..2.4\n"},
         "r.yaml:14:5: the range pc: 2.0..2.4 can match nothing: no QEMU has had such a machine "
         "type (pc begins at 0.10 and ends at 1.3)",
         "a range after the family's end is refused");
    says((struct parts){.machines = "machines:\n  - virt: -..2.5\n"},
         "r.yaml:14:5: the range virt: -..2.5 can match nothing: no QEMU has had such a machine "
         "type (virt begins at 2.6)",
         "a range before the family's begin is refused");
    says((struct parts){.machines = "machines:\n  - pc-i440xf: 2.4..7.2\n"},
         "r.yaml:14:5: no family 'pc-i440xf' is known (did you mean 'pc-i440fx'?)",
         "an unknown family is a warning with the nearest one");
    says((struct parts){.machines = "machines:\n  - pc-i440fx-2.4: 2.4..7.2\n"},
         "r.yaml:14:5: 'pc-i440fx-2.4' is one machine type, not a family (expected 'pc-i440fx')",
         "a machine type in the place of a family is refused");
    says((struct parts){.machines = "machines:\n  - pc-q35-: 2.4..7.2\n"},
         "r.yaml:14:5: 'pc-q35-' is not a family: the last '-' belongs to the version",
         "a family with a '-' too much is refused");
    says((struct parts){.machines = "machines:\n  - q35\n"},
         "r.yaml:14:5: 'q35' is an alias and can match nothing: QEMU asks with the concrete "
         "type, such as 'pc-q35-7.2'",
         "an alias is a warning");
    says((struct parts){.machines = "machines:\n  - pc-q35: 2.4..5.0\n  - pc-q35: 5.0..6.0\n"},
         "r.yaml:15:5: 'pc-q35' is claimed twice (see line 14)",
         "ranges that share one version are refused");
    says((struct parts){.machines = "machines:\n  - pc-q35: 2.4..5.0\n  - pc-q35: 5.1..6.0\n"},
         NULL, "ranges side by side are fine");
    says((struct parts){.machines = "machines:\n  - pc-q35-focal\n  - pc-q35-focal\n"},
         "r.yaml:15:5: 'pc-q35-focal' is claimed twice (see line 14)", "a name twice is refused");
    says((struct parts){.machines = "machines:\n  - pc-q35: 2.4..5.0\n  - pc-q35-4.2\n"},
         "r.yaml:15:5: 'pc-q35-4.2' is claimed by name and by range (see line 14)",
         "a name inside a range is a warning");
    says((struct parts){.machines = "machines:\n  - pc-q35: 2.x..5.0\n"},
         "r.yaml:14:13: a range is FIRST..LAST, each a version or '-': '2.x' must be two to four "
         "numbers with dots between them, such as 10.0",
         "a version that is none is refused");
    says(
        (struct parts){.machines = "machines:\n  - a b\n"},
        "r.yaml:14:5: a machine name may contain letters, digits and '._-' only, and begins with a "
        "letter or digit (found 'a b')",
        "a name with a blank is refused");
    says((struct parts){.machines = "machines:\n  - pc-q35-9.0+pve1\n"},
         "r.yaml:14:5: a machine name must be without the '+suffix', which is dropped before a "
         "name is looked up (found 'pc-q35-9.0+pve1')",
         "a name with Proxmox's suffix is refused");
    says((struct parts){.machines = "machines:\n  - pc-q35: -..-\n"}, NULL,
         "a range may be open at both ends");
}

static void together(struct parts a, struct parts b, const char *expected, const char *why)
{
    struct findings problems = {0};
    struct romset sets[] = {read("a.yaml", a, &problems), read("b.yaml", b, &problems)};

    is_int(problems.count, 0, "each alone is without a problem, before: %s", why);
    romset_lint_together(sets, 2, &problems);
    is_text(problems.count ? problems.list[0].what : NULL, expected, "%s", why);
    romset_free(&sets[0]);
    romset_free(&sets[1]);
    findings_free(&problems);
}

static void pairs(void)
{
    struct parts a = {0};
    struct parts b = {.head = "romset: tt\nsummary: t\nbucket: 512K\npackage: t-compat\n"};

    together(a, a, "b.yaml:1:1: the name 'ss' is taken by a.yaml", "one name twice is refused");
    together(a, b,
             "b.yaml:14:5: 'efi-virtio.rom' of 'pc-i440fx' gets another answer in a.yaml:14:5",
             "two answers for one machine type and ROM are refused, both places named");
    b.machines = "machines:\n  - pc-i440fx: 8.0..10.0\n  - pc-i440fx-4.2\n";
    together(a, b, NULL, "an exact name beats a range, so these two do not contradict each other");
    b.machines = "machines:\n  - pc-q35-xenial\n";
    together(a, b,
             "b.yaml:14:5: 'efi-virtio.rom' of 'pc-q35-xenial' gets another answer in a.yaml:15:5",
             "two answers for one exact name are refused");
    b.head = "romset: tt\nsummary: t\nbucket: 256K\npackage: t-compat\n";
    b.machines = "machines:\n  - pc-i440fx: 8.0..10.0\n";
    together(a, b,
             "b.yaml:11:1: 'usr/share/qemu/256k-efi-virtio.rom' is installed by a.yaml too: give "
             "one of them a prefix",
             "one installed path twice is refused");
}

int main(void)
{
    a_good_romset();
    form();
    sources();
    roms();
    machines();
    pairs();
    return tap_done();
}
