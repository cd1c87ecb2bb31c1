/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/escape.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "tap.h"

static void is_shown(const char *text, const char *expected, const char *name)
{
    char *made = shown(text);

    is_text(made, expected, "%s", name);
    free(made);
}

static void is_made(void (*put)(FILE *, const char *), const char *text, const char *expected,
                    const char *name)
{
    struct text made;

    put(text_begin(&made), text);
    is_text(text_end(&made), expected, "%s", name);
    free(made.at);
}

static void for_a_person(void)
{
    is_shown("r\xc3\xb6m \xe6\xbc\xa2 \xf0\x9f\x98\x80", "r\xc3\xb6m \xe6\xbc\xa2 \xf0\x9f\x98\x80",
             "letters of any script are shown as they are");
    is_shown("a\x1b[31m\n\t\x7f", "a\\x1b[31m\\x0a\\x09\\x7f",
             "control characters of ASCII are shown as two digits");
    is_shown("\xc2\x9b[6n", "\\u009b[6n", "a control character of C1 is shown as four digits");
    is_shown("\x9b[6n\xff", "\\x9b[6n\\xff", "a byte that is no UTF-8 is shown as two digits");
    is_shown("a\xe2\x80\xae"
             "b\xe2\x81\xa6\xe2\x81\xa9",
             "a\\u202eb\\u2066\\u2069", "characters that turn text around are shown as digits");
    is_shown("\xe2\x80\x8b\xe2\x80\x8f\xe2\x81\xa0\xef\xbb\xbf", "\\u200b\\u200f\\u2060\\ufeff",
             "characters without a width are shown as digits");
    is_shown("\xf3\xa0\x80\xa0", "\\U000e0020", "an invisible tag is shown as eight digits");
    is_shown("\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80",
             "\\xc0\\x80\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80",
             "overlong forms, surrogates and what is beyond Unicode are bytes");
    is_shown("\xe2\x80", "\\xe2\\x80", "a character that is cut off is shown byte for byte");
}

static void for_xml(void)
{
    is_made(put_xml, "<a href='x' b=\"&\">", "&lt;a href=&apos;x&apos; b=&quot;&amp;&quot;&gt;",
            "what XML gives a meaning is written as a reference");
    is_made(put_xml, "a\nb\xc2\x9b\xe2\x80\xae", "a&#xa;b&#x9b;&#x202e;",
            "hidden characters that XML allows are references, which it reads back");
    is_made(put_xml, "\x1b\xff\xef\xbf\xbf", "\\x1b\\xff\\uffff",
            "what no XML document can hold is shown");
    is_made(put_xml_comment, "a-b", "a-b", "a single hyphen stays in a comment");
    is_made(put_xml_comment, "a--><x>", "a-\\x2d><x>", "no text ends a comment of XML");
    is_made(put_xml_comment, "a---", "a-\\x2d\\x2d",
            "a run of hyphens is taken apart in a comment");
    is_made(put_xml_comment, "->", "\\x2d>", "a hyphen at either end of a comment is shown");
    is_made(put_xml_comment, "\n\xff", "\\x0a\\xff", "a comment of XML is one line of UTF-8");
}

static void for_a_shell(void)
{
    is_made(put_shell_word, "/usr/a-b_c.rom", "/usr/a-b_c.rom", "a plain path needs no quotes");
    is_made(put_shell_word, "", "''", "an empty word is a pair of quotes");
    is_made(put_shell_word, "a;b $(c)", "'a;b $(c)'", "a shell's own characters are quoted");
    is_made(put_shell_word, "it's", "'it'\\''s'", "a quote is taken out of the quotes");
    is_made(put_shell_word, "a\nb'!%", "\"$(printf 'a\\012b\\047\\041\\045')\"",
            "a word with a newline is made by printf, and is one line");
    is_made(put_shell_word, "-\x9b", "\"$(printf '\\055\\233')\"",
            "a format for printf never begins with a hyphen");
    char *command = shell_command((const char *[]){"romcompat", "pad", "a b", NULL});
    is_text(command, "romcompat pad 'a b'", "each word of a command is quoted by itself");
    free(command);
}

int main(void)
{
    for_a_person();
    for_xml();
    for_a_shell();
    ok(utf8_is("\xc3\xb6", 2) && !utf8_is("\xc3\xb6", 1) && utf8_is("", 0),
       "text is UTF-8 where all of it is");
    return tap_done();
}
