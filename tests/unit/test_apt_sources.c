/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/apt_sources.h"

#include <stdlib.h>

#include "tap.h"

typedef int parse_function(const char *text, size_t size, struct apt_sources *s);

/* All addresses, one a line; "LIST path" for a list of mirrors; "LINE! what" for notes. */
static char *result_of(parse_function *parse, const char *text)
{
    static char out[16384];
    struct apt_sources s = {0};
    size_t at = 0;

    out[0] = '\0';
    /* A copy without a NUL behind it: reading past the end shows under ASan. */
    size_t size = strlen(text);
    char *copy = malloc(size ? size : 1);
    memcpy(copy, text, size);
    if (parse(copy, size, &s) != 0)
        at += (size_t)snprintf(out, sizeof out, "no memory\n");
    for (size_t i = 0; i < s.count; i++)
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%s\n",
                               s.list[i].is_list ? "LIST " : "", s.list[i].uri);
    for (size_t i = 0; i < s.note_count; i++)
        at += (size_t)snprintf(out + at, sizeof out - at, "%u! %s\n", s.notes[i].line,
                               s.notes[i].what);
    apt_sources_free(&s);
    free(copy);
    return out;
}

static void list_gives(const char *text, const char *expected, const char *what)
{
    is_text(result_of(apt_sources_parse_list, text), expected, "%s", what);
}

static void deb822_gives(const char *text, const char *expected, const char *what)
{
    is_text(result_of(apt_sources_parse_deb822, text), expected, "%s", what);
}

static void one_line_style(void)
{
    list_gives("deb http://a/debian bookworm main contrib\n", "http://a/debian\n", "a plain line");
    list_gives("deb http://a/debian bookworm main", "http://a/debian\n",
               "a last line without a newline");
    list_gives("deb\thttp://a/debian/\tbookworm\tmain\r\n", "http://a/debian\n",
               "tabs, a slash at the end, a line end of DOS");
    list_gives("deb http://a/ ./\n", "http://a\n", "a flat repository");
    list_gives("deb-src https://a/debian bookworm main\n", "https://a/debian\n",
               "deb-src lies in the same pool");
    list_gives("deb [arch=amd64,arm64 signed-by=/a/b.gpg] http://a/d s c\n", "http://a/d\n",
               "options");
    list_gives("deb [ trusted=yes ] http://a/d s c\n", "http://a/d\n",
               "options with blanks in the brackets");
    list_gives("deb [signed-by=/a#b.gpg] http://a/d s c # http://c/d\n", "http://a/d\n",
               "a # within the options is none, behind them it begins a comment");
    list_gives("# deb http://a/d s c\n\n   # x\ndeb http://b/d s c\n", "http://b/d\n",
               "comments and empty lines");
    list_gives("deb http://b/d s c\ndeb http://a/d s c\ndeb-src http://b/d/ s c\n",
               "http://b/d\nhttp://a/d\n", "the order is kept, doubles are left out");
    list_gives("deb cdrom:[Debian GNU/Linux 12.0.0 _Bookworm_ - Official amd64]/ bookworm main\n",
               "", "a CD-ROM is passed over");
    list_gives("deb file:/srv/d s c\ndeb copy:/srv/e s c\ndeb file:///srv/f/ s c\n",
               "file:///srv/d\nfile:///srv/e\nfile:///srv/f\n", "folders of this machine");
    list_gives("deb mirror+file:/etc/apt/m.list s c\n", "LIST /etc/apt/m.list\n",
               "a list of mirrors");
    list_gives("deb \"http://a/d\" s c\n", "http://a/d\n", "an address in quotes");

    list_gives("rpm http://a/d s c\ndeb http://b/d s c\n",
               "http://b/d\n1! begins with neither deb nor deb-src\n",
               "a bad line is noted, the next one is used");
    list_gives("deb\n", "1! address or suite is missing\n", "deb alone");
    list_gives("deb http://a/d\n", "1! address or suite is missing\n", "no suite");
    list_gives("deb [arch=amd64 http://a/d s c\n", "1! the options have no closing bracket\n",
               "options without an end");
    list_gives("\n\ndeb tor+http://a/d s c\n", "3! this kind of address is not supported\n",
               "an address over tor is noted, with its line");
    list_gives("deb file://host/d s c\n", "1! not the address of a folder on this machine\n",
               "a file: address on another host");
    list_gives("deb file:d s c\n", "1! not the address of a folder on this machine\n",
               "a relative file: address");
    list_gives("deb http://a/\x01 s c\n", "1! not an address\n", "a control byte in an address");
    list_gives("deb \"http://a b/d\" s c\n", "1! not an address\n", "a blank in an address");
    list_gives("", "", "an empty file");
}

static void deb822_style(void)
{
    deb822_gives("Types: deb\nURIs: http://a/d\nSuites: s\nComponents: main\n", "http://a/d\n",
                 "one stanza");
    deb822_gives("types: deb deb-src\nuris:\n http://a/d\n\thttp://b/d http://c/d\nSuites: s",
                 "http://a/d\nhttp://b/d\nhttp://c/d\n", "several addresses over several lines");
    deb822_gives("Types: deb\nURIs: http://a/d\n# comment\n http://b/d\n",
                 "http://a/d\nhttp://b/d\n", "a comment within a field does not end it");
    deb822_gives("Enabled: no\nTypes: deb\nURIs: http://a/d x:y\n\nTypes: deb\nURIs: http://b/d\n",
                 "http://b/d\n", "a disabled stanza is passed over, without notes");
    deb822_gives("Types: deb\nURIs: http://a/d\nEnabled: false\n", "", "disabled at its end");
    deb822_gives("Types: deb\nURIs: http://a/d\nEnabled: yes\n", "http://a/d\n", "Enabled: yes");
    deb822_gives("URIs: http://a/d\nTypes: deb-src\n", "http://a/d\n", "Types after URIs");
    deb822_gives("Types: deb\nURIs: http://a/d\n \t \nTypes: deb\nURIs: http://b/d\n",
                 "http://a/d\nhttp://b/d\n", "a line of blanks ends a stanza");
    deb822_gives(
        "Types: deb\nURIs: http://a/d\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n"
        " mQINBF http://key/d\n =abcd\n -----END PGP PUBLIC KEY BLOCK-----\nSuites: s\n",
        "http://a/d\n", "a key in the file is passed over");
    deb822_gives("URIs: http://a/d\nURIs: http://b/d\nTypes: deb\n", "http://b/d\n",
                 "given twice, the last counts");
    deb822_gives("URIs: http://a/d\nSuites: s\n",
                 "1! a stanza whose Types hold neither deb nor deb-src\n", "no Types: noted");
    deb822_gives("\n\nnonsense\nTypes: deb\nURIs: http://a/d\n",
                 "http://a/d\n3! neither a field nor a continued line\n",
                 "a line that is no field is noted");
    deb822_gives("Types: deb\nURIs: http://a/d ftp://b/d\n",
                 "http://a/d\n2! this kind of address is not supported\n",
                 "one bad address does not take the other with it");
    deb822_gives(" http://a/d\nTypes: deb\n", "", "a continued line before any field");
    deb822_gives(":\n: :\n", "1! a stanza whose Types hold neither deb nor deb-src\n",
                 "a field without a name");
    deb822_gives("", "", "an empty file");
}

static void mirror_lists(void)
{
    is_text(result_of(apt_sources_parse_mirrors,
                      "http://a/d/\tpriority:1 type:deb\n# x\n\nfile:/srv/d\n"),
            "http://a/d\nfile:///srv/d\n", "a list of mirrors: the address is the first word");
    is_text(result_of(apt_sources_parse_mirrors, "mirror+file:/etc/x\n"),
            "1! a list of mirrors within a list of mirrors\n",
            "a list cannot name another, so no loop is possible");
}

static void limits(void)
{
    struct apt_sources s = {0};
    char line[APT_URI_MAX + 64];

    for (int i = 0; i < APT_SOURCES_MAX + 10; i++) {
        int n = snprintf(line, sizeof line, "deb http://a/%d s c\n", i);
        apt_sources_parse_list(line, (size_t)n, &s);
    }
    is_int(s.count, APT_SOURCES_MAX, "addresses end at the limit");
    is_int(s.note_count, 10, "and each one beyond is noted");
    for (int i = 0; i < 100; i++)
        apt_sources_parse_list("x\n", 2, &s);
    is_int(s.note_count, APT_NOTES_MAX, "notes end at their limit");
    apt_sources_free(&s);
    is_int(s.count, 0, "freed, it is empty and can be used again");

    memset(line, 'a', sizeof line);
    memcpy(line, "deb http://a/", 13);
    memcpy(line + sizeof line - 5, " s c\n", 5);
    apt_sources_parse_list(line, sizeof line, &s);
    is_int(s.count, 0, "an address over the limit is not taken");
    is_int(s.note_count, 1, "but noted");
    apt_sources_free(&s);
}

int main(void)
{
    one_line_style();
    deb822_style();
    mirror_lists();
    limits();
    return tap_done();
}
