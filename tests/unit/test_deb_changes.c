/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of files of a .changes file. */
#include "tap.h"

#include "formats/deb_changes.h"

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char *names_of(const char *text)
{
    static char all[2048];
    struct deb_changes_file file;
    struct failure f;
    size_t offset = 0;
    int more;

    all[0] = '\0';
    while ((more = deb_changes_next("x.changes", text, strlen(text), &offset, &file, &f)) > 0) {
        strcat(all, file.name);
        strcat(all, strcmp(file.sha256, SUM) == 0 ? ";" : "?");
    }
    if (more < 0)
        strcat(all, f.what);
    return all;
}

int main(void)
{
    is_text(names_of("Format: 1.8\nChecksums-Sha256:\n " SUM " 12 a_1_all.deb\n " SUM
                     " 3 b.buildinfo\nFiles:\n x 1 - - c.deb\n"),
            "a_1_all.deb;b.buildinfo;", "the files of Checksums-Sha256 are listed, and no others");
    is_text(
        names_of("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nChecksums-Sha256:\r\n " SUM
                 " 12 a.deb\r\n-----BEGIN PGP SIGNATURE-----\n"),
        "a.deb;", "a signature is skipped, and line ends of either kind");
    is_text(names_of("Checksums-Sha256:\n " SUM " 12 a.deb"), "a.deb;",
            "the last line may be open");
    is_text(names_of("Checksums-Sha256:\nFiles:\n"), "", "a list may be empty");
    is_text(names_of("Files:\n"),
            "x.changes: not a .changes file (found no field 'Checksums-Sha256:')",
            "without the field it is none");
    is_text(names_of(""), "x.changes: not a .changes file (found no field 'Checksums-Sha256:')",
            "an empty text is not a .changes file");
    is_text(names_of("Checksums-Sha256:\n " SUM " 12 ../a.deb\n"),
            "x.changes: a line of 'Checksums-Sha256:' is not CHECKSUM SIZE NAME (found '../a.deb')",
            "a name that leads elsewhere is refused");
    is_text(names_of("Checksums-Sha256:\n " SUM " 12\n"),
            "x.changes: a line of 'Checksums-Sha256:' is not CHECKSUM SIZE NAME (found '')",
            "a line without a name is refused");
    is_text(names_of("Checksums-Sha256:\n 0123 12 a.deb\n"),
            "x.changes: a line of 'Checksums-Sha256:' is not CHECKSUM SIZE NAME (found 'a.deb')",
            "a sum of another length is refused");
    return tap_done();
}
