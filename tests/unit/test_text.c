/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

int main(void)
{
    struct text t;
    FILE *out = text_begin(&t);
    char *made = text_end(&t);

    ok(out && made && !*made && t.length == 0, "a string to which nothing was written is empty");
    free(made);

    out = text_begin(&t);
    for (int i = 0; i < 10000; i++)
        fprintf(out, "%c", i == 5000 ? '\0' : 'a');
    made = text_end(&t);
    ok(t.length == 10000 && made[4999] == 'a' && !made[5000] && made[9999] == 'a' && !made[10000],
       "a string grows as it is written to, NUL bytes in it count, and a NUL follows it");
    free(made);

    ok(ends_with("OVMF_CODE.fd", ".fd"), "a name ends with its suffix");
    ok(ends_with(".fd", ".fd") && ends_with("a", ""), "a string ends with itself and with \"\"");
    ok(!ends_with("fd", ".fd") && !ends_with("a.fdx", ".fd"),
       "a string does not end with a longer one, nor with what is in its middle");

    const char *const words[] = {"b", "ab", NULL}, *sorted[] = {"b", "a", "ab"};
    ok(is_one_of("ab", words) && !is_one_of("a", words) && !is_one_of("", words),
       "a word is one of a list where the whole of it is");
    SORT_TEXTS(sorted, 3);
    ok(strcmp(sorted[0], "a") == 0 && strcmp(sorted[1], "ab") == 0 && strcmp(sorted[2], "b") == 0,
       "strings are sorted by their bytes");
    ok(FIND_TEXT(sorted, 3, "ab") == &sorted[1] && !FIND_TEXT(sorted, 3, "abc") &&
           !FIND_TEXT(sorted, 0, "ab"),
       "a string is found among sorted ones, and no other");

    struct {
        int number;
        const char *name;
    } sorted_by_name[] = {{1, "b"}, {2, "c"}, {3, "a"}};
    SORT_BY(sorted_by_name, 3, name);
    ok(sorted_by_name[0].number == 3 && sorted_by_name[2].number == 2 &&
           FIND_BY(sorted_by_name, 3, name, "b") == &sorted_by_name[1],
       "structs are sorted and found by a member that is not the first");

    is_text(base_name("usr/share/a.rom"), "a.rom", "the base name follows the last slash");
    is_text(base_name("a.rom"), "a.rom", "a path without a slash is its own base name");
    is_text(base_name("usr/"), "", "the base name of a path that ends with a slash is empty");
    is_int(directory_length("usr/share/a.rom"), 10, "the slash belongs to the directory");
    is_int(directory_length("a.rom"), 0, "a path without a slash has no directory");
    return tap_done();
}
