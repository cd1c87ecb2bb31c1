/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/json_members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

/* "key=value;" of all members, and how it ended. */
static const char *walk(const char *text, size_t size, enum json_skim *end)
{
    static char said[512];
    struct json_members m = {text, size, 0};
    struct json_member_place p;
    size_t n = 0;

    said[0] = '\0';
    while ((*end = json_next_member(&m, &p)) == JSON_FOUND)
        n += (size_t)snprintf(said + n, sizeof said - n, "%.*s=%.*s;", (int)p.key_length, p.key,
                              (int)p.value_length, p.value);
    return said;
}

static void check_members(void)
{
    static const char whole[] =
        " { \"a\" : 1 , \"b\":\"x\\\"}]\", \"c\":[{\"d\":\"{\"}], \"e\":null}";
    enum json_skim end;

    is_text(walk(whole, sizeof whole - 1, &end), "a=1;b=\"x\\\"}]\";c=[{\"d\":\"{\"}];e=null;",
            "members are found, brackets and quotes in strings are none");
    is_int(end, JSON_END, "the object ends where its brace is");
    walk("{}", 2, &end);
    is_int(end, JSON_END, "an empty object has no member");
    walk("[1]", 3, &end);
    is_int(end, JSON_WRONG, "a list is not an object");
    walk("{\"a\":1 \"b\":2}", 13, &end);
    is_int(end, JSON_WRONG, "members without a comma are wrong");
    walk("{\"a\":}", 6, &end);
    is_int(end, JSON_WRONG, "a key without a value is wrong");
    walk("{a:1}", 5, &end);
    is_int(end, JSON_WRONG, "a key without quotes is wrong");
}

static const char *entries(const char *text, enum json_skim *end)
{
    static char said[512];
    struct json_members m = {text, strlen(text), 0};
    struct json_member_place p;
    size_t n = 0;

    said[0] = '\0';
    while ((*end = json_next_entry(&m, &p)) == JSON_FOUND)
        n += (size_t)snprintf(said + n, sizeof said - n, "%.*s;", (int)p.value_length, p.value);
    return said;
}

static void check_entries(void)
{
    static const char *const wrong[] = {"{}", "[1,]", "[,1]", "[1 2]", "[1}", "[\"a\":1]"};
    enum json_skim end;

    is_text(entries(" [ {\"a\":[1]} , \"]\",[] , 3 ]", &end), "{\"a\":[1]};\"]\";[];3;",
            "entries of a list are found");
    is_int(end, JSON_END, "the list ends where its bracket is");
    entries("[ ]", &end);
    is_int(end, JSON_END, "an empty list has no entry");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        entries(wrong[i], &end);
        is_int(end, JSON_WRONG, "%s is wrong as a list", wrong[i]);
    }
    entries("[1,[2]", &end);
    is_int(end, JSON_CUT, "a list without its end is cut");
}

/* Quotes and backslashes at each place of a word of eight bytes, and behind one another. */
static void check_strings(void)
{
    bool all_found = true;

    for (size_t before = 0; before < 20; before++)
        for (size_t after = 0; after < 20; after++)
            for (int escape = 0; escape < 4; escape++) {
                static const char *const escapes[] = {"", "\\\"", "\\\\", "!\"\xa2\xdc"};
                char text[80];
                size_t end, want;

                int n = snprintf(text, sizeof text, "\"%.*s%s%.*s\",1", (int)before,
                                 "####################", escapes[escape], (int)after,
                                 "]]]]]]]]]]]]]]]]]]]]");
                want = escape == 3 ? before + 3 : (size_t)n - 2;
                all_found &= json_value_end(text, (size_t)n, 0, &end) == JSON_FOUND && end == want;
            }
    ok(all_found, "a string ends at its first quote that is not escaped, wherever that is");
}

static void check_kinds(void)
{
    static const struct {
        const char *text;
        bool is_plain, is_null;
    } all[] = {
        {"\"a b~\"", true, false},      {"\"\"", false, false},     {"\"a\\n\"", false, false},
        {"\"\xc3\xa4\"", false, false}, {"\"a\tb\"", false, false}, {"\"\x7f\"", false, false},
        {"null", false, true},          {"nul", false, false},      {"\"null\"", true, false},
        {"[\"a\"]", false, false},      {"12", false, false},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct json_member_place p = {"k", 1, all[i].text, strlen(all[i].text)};

        ok(json_is_plain_text(&p) == all[i].is_plain && json_is_null(&p) == all[i].is_null,
           "as a value, %s is %s", all[i].text,
           all[i].is_plain  ? "a plain text"
           : all[i].is_null ? "null"
                            : "neither a plain text nor null");
    }
}

/* Each beginning of a text, in memory of exactly that size: the sanitizers see a byte too far. */
static void check_cuts(void)
{
    static const char whole[] =
        "{\"a\":\"a long string with a backslash \\\\\",\"b\":[1,{\"c\":\"d\"}],\"e\":12}";
    bool all_cut = true;

    for (size_t size = 0; size < sizeof whole - 1; size++) {
        char *copy = malloc(size + 1);
        enum json_skim end;
        size_t at;

        memcpy(copy, whole, size);
        copy = realloc(copy, size ? size : 1);
        walk(copy, size, &end);
        all_cut &= end == JSON_CUT;
        all_cut &= json_value_end(copy, size, 0, &at) == JSON_CUT;
        free(copy);
    }
    ok(all_cut, "a text that was cut anywhere is told to be cut");
}

int main(void)
{
    size_t end;

    check_members();
    check_entries();
    check_strings();
    check_kinds();
    check_cuts();
    is_int(json_value_end("]", 1, 0, &end), JSON_WRONG, "a closing bracket is no value");
    is_int(json_value_end("12,", 3, 0, &end), JSON_FOUND, "a number ends before a comma");
    is_int(end, 2, "and there");
    return tap_done();
}
