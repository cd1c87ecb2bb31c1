/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/plain_text.h"

#include <stdlib.h>

#include "tap.h"

static char *plain(const char *bytes, size_t size, struct plain_text *t)
{
    uint8_t *copy = malloc(size ? size : 1); /* nothing behind it */
    char *text = calloc(2 * size + 16, 1);
    size_t length;

    memcpy(copy, bytes, size);
    *t = (struct plain_text){0};
    if (plain_text_read(t, copy, size, true, text, 2 * size + 8, &length) != size ||
        strlen(text) != length)
        strcpy(text, "?");
    free(copy);
    return text;
}

static const struct {
    const char *says, *bytes, *text;
} cases[] = {
    {"Plain ASCII stays as it is", "a: 0x1 != 0x2\n", "a: 0x1 != 0x2\n"},
    {"A line of Windows ends as all others", "a\r\nb\r\n", "a\nb\n"},
    {"A carriage return alone is a break inside a line", "a\rb", "a\fb"},
    {"A mark at the begin of UTF-8 is gone",
     "\xef\xbb\xbf"
     "a",
     "a"},
    {"A no-break space is a blank",
     "a\xc2\xa0"
     "b",
     "a b"},
    {"Typographic quotes are plain",
     "\xe2\x80\x98"
     "a\xe2\x80\x99 \xe2\x80\x9c"
     "b\xe2\x80\x9d",
     "'a' \"b\""},
    {"German and French quotes are plain",
     "\xe2\x80\x9e"
     "a\xe2\x80\x9c \xc2\xab"
     "b\xc2\xbb",
     "\"a\" \"b\""},
    {"Dashes are hyphens of ASCII", "\xe2\x80\x93machine pc\xe2\x80\x91q35", "-machine pc-q35"},
    {"The sign for unequal is two characters", "1 \xe2\x89\xa0 2", "1 != 2"},
    {"A zero-width space and a soft hyphen are gone",
     "a\xe2\x80\x8b"
     "b\xc2\xad"
     "c",
     "abc"},
    {"Quotes of Windows-1252 are plain",
     "\x91"
     "a\x92 \x93"
     "b\x94\xa0"
     "c",
     "'a' \"b\" c"},
    {"Letters that are not ASCII stay", "pa\xc5\xba 25", "pa\xc5\xba 25"},
    {"Colours of a terminal are gone", "\033[1;31mred\033[0m\033[K", "red"},
    {"The title of a terminal's window is gone", "\033]0;title\aa\033]2;b\033\\c", "ac"},
    {"Colours that begin with a single character are gone",
     "\x9b"
     "31ma\xc2\x9b"
     "1;2mb\x9bK",
     "ab"},
    {"A quote of Windows-1252 is no colour",
     "\x8b"
     "a\x9b, c",
     "\x8b"
     "a\x9b, c"},
    {"Colours as less shows them are gone", "ESC[1maESC[0m ESC", "a ESC"},
    {"Colours that are written out are gone", "\\u001b[31ma\\x1b[0mb\\033[1mc^[[0md#033[0me",
     "abcde"},
    {"Escapes of JSON are undone", "\\\"a\\\" b\\/c\\u003e\\td", "\"a\" b/c> d"},
    {"Escapes of JSON inside JSON are undone", "\\\\\\\"a\\\\\\\"", "\"a\""},
    {"A newline in a JSON string is a break inside a line", "a\\nb\\r\\nc", "a\fb\fc"},
    {"A backslash before nothing known stays", "a \\\n-m C:\\dir", "a \\\n-m C:\\dir"},
    {"Entities of HTML are undone", "&quot;a&#39; &lt;b&gt;&nbsp;&#x27;&amp;", "\"a' <b> '&"},
    {"Entities that were escaped twice are undone", "&amp;quot;a&amp;amp;gt;", "\"a>"},
    {"An ampersand alone stays one", "a & b && c", "a & b && c"},
    {"Marks of HTML inside a line are gone", "a<b>b</b><span class=\"x\">c</span>", "abc"},
    {"Marks of HTML between lines are breaks", "a<br/>b</p><p>c", "a\fb\f\fc"},
    {"What is no mark of HTML stays", "<x@y.org> a < b <type arch='x'>",
     "<x@y.org> a < b <type arch='x'>"},
    {"A soft line break of a mail joins two lines", "a=\r\nb=\nc", "a\vb\vc"},
    {"The end of a wrapped line that is unequal is no soft break", "1 !=\n2", "1 !=\n2"},
    {"Quoted-printable is undone once it is named",
     "Content-Transfer-Encoding: quoted-printable\na=20=E2=80=99=22b=C2=A0c",
     "Content-Transfer-Encoding: quoted-printable\na '\"b c"},
    {"A soft break between the characters of an unequal sign is one", "1 !=\n=3D 2", "1 !\v= 2"},
    {"Quoted-printable is undone once =3D is seen", "a=3Db=27", "a=b'"},
    {"An equals sign before digits stays in what is no mail", "mac=52:54, romsize=262144",
     "mac=52:54, romsize=262144"},
};

static char *widen(const char *text, bool is_little, bool has_mark, size_t *size)
{
    char *wide = malloc(2 * strlen(text) + 2);

    *size = 0;
    if (has_mark) {
        memcpy(wide, is_little ? "\xff\xfe" : "\xfe\xff", 2);
        *size = 2;
    }
    for (; *text; text++) {
        wide[(*size)++] = is_little ? *text : '\0';
        wide[(*size)++] = is_little ? '\0' : *text;
    }
    return wide;
}

int main(void)
{
    struct plain_text t;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = plain(cases[i].bytes, strlen(cases[i].bytes), &t);

        is_text(text, cases[i].text, "%s", cases[i].says);
        free(text);
    }
    for (int kind = 0; kind < 4; kind++) {
        size_t size;
        char *wide = widen("qemu: \\\"a\\\"\r\n", kind & 1, kind & 2, &size),
             *text = plain(wide, size, &t);

        is_text(text, "qemu: \"a\"\n", "UTF-16 in %s byte order with%s mark is read",
                kind & 1 ? "little" : "big", kind & 2 ? " a" : "out a");
        free(wide);
        free(text);
    }

    char *text = plain("a\0b", 3, &t);
    is_text(text, "a b", "A NUL between words is a blank");
    free(text);
    free(plain("\1\2\3\4\5\6\7\x80\x81\x82", 10, &t));
    ok(plain_text_is_binary(&t), "Bytes that are no characters are not text");
    free(plain("An ordinary line\n", 17, &t));
    ok(!plain_text_is_binary(&t), "A line of letters is text");

    /* What is cut off by the end of a part waits for the next. */
    static const char mail[] = "&quot;&quot;&quot;";
    char out[64];
    size_t written;
    t = (struct plain_text){0};
    is_int(plain_text_read(&t, (const uint8_t *)mail, 3, false, out, sizeof out, &written), 0,
           "No escape is read while its end may be missing");
    return tap_done();
}
