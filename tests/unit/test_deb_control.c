/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "formats/deb_control.h"
#include "tap.h"

static struct deb_control c;
static struct failure f;

/* From an allocation of its own length, so that ASan sees a byte too many. */
static int parse(const char *text, size_t size)
{
    char *copy = malloc(size ? size : 1);

    memcpy(copy, text, size);
    int r = deb_control_parse("control", copy, size, &c, &f);
    free(copy);
    return r;
}

#define MINIMAL "Package: a\nVersion: 1\nArchitecture: all\n"

static void fields(void)
{
    static const char real[] = "Package: ipxe-qemu\n"
                               "Source: ipxe\n"
                               "Version: 1.0.0+git-20190125.36a4c85-5.1\n"
                               "Architecture: all\n"
                               "Depends: a (>= 1), b\n"
                               "Multi-Arch: foreign\n"
                               "Description: PXE boot firmware\n"
                               " Package: not-this\n"
                               " .\n"
                               " Version: 9\n";

    is_int(parse(real, strlen(real)), 0, "ipxe-qemu's control file is read");
    is_text(c.package, "ipxe-qemu", "... its Package");
    is_text(c.version, "1.0.0+git-20190125.36a4c85-5.1", "... its Version");
    is_text(c.source, "ipxe", "... its Source");
    is_text(c.source_version, c.version, "... whose version is the package's");
    is_text(c.architecture, "all", "... its Architecture");
    is_text(c.multi_arch, "foreign", "... its Multi-Arch");

    is_int(parse(MINIMAL, strlen(MINIMAL)), 0, "a control file with three fields is read");
    is_text(c.source, "a", "Source is Package where it is left out");
    is_text(c.source_version, "1", "... and its version is Version");
    is_text(c.multi_arch, "", "Multi-Arch is empty where it is left out");

    static const char other[] =
        "pACKAGE:a\nversion:\t2:1~b+c-3 \r\nArchitecture: all\nSource: src (1.2-3)";
    is_int(parse(other, strlen(other)), 0, "any case, blanks and no last newline are read");
    is_text(c.package, "a", "... Package");
    is_text(c.version, "2:1~b+c-3", "... Version without blanks");
    is_text(c.source, "src", "Source has a name");
    is_text(c.source_version, "1.2-3", "... and a version of its own");

    static const char second[] = MINIMAL "\nPackage: b\n";
    is_int(parse(second, strlen(second)), 0, "what follows an empty line is another paragraph");
    is_text(c.package, "a", "... and not read");
}

static void refused(const char *text, size_t size, const char *because, const char *behaviour)
{
    memset(&c, 7, sizeof c);
    is_int(parse(text, size), -1, "%s", behaviour);
    ok(strncmp(f.what, "control:", 8) == 0 && strstr(f.what, because), "... because of: %s",
       f.what);
    ok(c.package[0] == 7 && c.multi_arch[0] == 7, "... and nothing is handed out");
}

static void refusals(void)
{
    static const struct {
        const char *text, *because, *behaviour;
    } cases[] = {
        {"", "Package is missing", "an empty text is refused"},
        {"Version: 1\nArchitecture: all\n", "Package is missing", "no Package is refused"},
        {"Package: a\nArchitecture: all\n", "Version is missing", "no Version is refused"},
        {"Package: a\nVersion: 1\n", "Architecture is missing", "no Architecture is refused"},
        {MINIMAL "Package: b\n", ":4: a second Package", "two Packages are refused"},
        {"Package: ../a\n", "Package is '../a'", "a Package with a slash is refused"},
        {"Package: a b\n", "Package is 'a b'", "a Package with a blank is refused"},
        {"Package:\n", "Package is ''", "an empty Package is refused"},
        {"Package: a\nVersion: 1/2\n", "Version is '1/2'", "a Version with a slash is refused"},
        {MINIMAL "Multi-Arch: maybe\n", "Multi-Arch is 'maybe'",
         "an unknown Multi-Arch is refused"},
        {MINIMAL "Source: a (1\n", "NAME (VERSION)", "an open bracket in Source is refused"},
        {MINIMAL "Source: a (\n", "NAME (VERSION)",
         "a Source that ends with an open bracket is refused"},
        {MINIMAL "Source: (1)\n", "Source is ''", "a Source without a name is refused"},
        {MINIMAL "Source: a ()\n", "version in Source is ''", "an empty version is refused"},
        {MINIMAL "nonsense\n", ":4: not a line of a control file",
         "a line without a colon is refused"},
    };
    char text[1024] = "Package: ";

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i].text, strlen(cases[i].text), cases[i].because, cases[i].behaviour);
    refused("Package: a\0b\n", 13, "Package is 'a", "a NUL in a name is refused");
    memset(text + 9, 'a', 256);
    refused(text, 9 + 256, "Package is too long (found 256 bytes, limit 255)",
            "a Package of 256 bytes is refused");

    char *large = calloc(1, DEB_CONTROL_MAX + 1);
    is_int(deb_control_parse("control", large, DEB_CONTROL_MAX + 1, &c, &f), -1,
           "a control file above the limit is refused");
    ok(strstr(f.what, "too large") != NULL, "... because of: %s", f.what);
    free(large);
}

int main(void)
{
    fields();
    refusals();
    return tap_done();
}
