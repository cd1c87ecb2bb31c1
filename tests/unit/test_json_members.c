/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/json_members.h"

#include <stdlib.h>

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
    check_cuts();
    is_int(json_value_end("]", 1, 0, &end), JSON_WRONG, "a closing bracket is no value");
    is_int(json_value_end("12,", 3, 0, &end), JSON_FOUND, "a number ends before a comma");
    is_int(end, 2, "and there");
    return tap_done();
}
