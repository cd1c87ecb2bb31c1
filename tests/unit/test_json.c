/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/json.h"

#include <stdlib.h>

#include "tap.h"

static struct failure f;

static struct json_object *parse(const char *text, size_t size)
{
    struct json_object *root = NULL;

    f = (struct failure){{0}, {0}};
    /* A copy of the exact length: what reads one byte too many is seen by ASan. */
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, text, size);
    json_tree_parse("x.json", copy, size, &root, &f);
    free(copy);
    return root;
}

static void refuses(const char *text, const char *what)
{
    struct json_object *o = parse(text, strlen(text));

    is_text(o ? "read" : f.what, what, "a text of %zu bytes is refused: %s", strlen(text), what);
    json_object_put(o);
}

int main(void)
{
    static const char with_nul[] = "{\"a\":\"x\\u0000y\"}";
    char deep[200];
    uint64_t number = 7;
    static const char text[] = "{\"t\":\"x\",\"n\":12,\"m\":-1,\"r\":1.5,\"l\":[1]}\n \t\r\n";
    struct json_object *o = parse(text, sizeof text - 1);

    is_text(json_member_text(o, "t"), "x", "a text is read");
    ok(json_member_number(o, "n", &number) && number == 12, "a number is read");
    ok(!json_member_number(o, "m", &number) && number == 12, "a negative number is none");
    ok(!json_member_number(o, "r", &number) && number == 12, "a broken number is none");
    ok(!json_member_number(o, "t", &number), "a text is not a number");
    ok(!json_member_text(o, "n"), "a number is not text");
    ok(!json_member_text(o, "none"), "a key that is not there has no text");
    ok(json_member(o, "l", json_type_array) && !json_member(o, "l", json_type_object),
       "a list is a list alone");
    ok(!json_member(json_member(o, "l", json_type_array), "t", json_type_string) &&
           !json_member(NULL, "t", json_type_string),
       "what is not an object has no members");
    json_object_put(o);

    o = parse(with_nul, sizeof with_nul - 1);
    ok(o && !json_member_text(o, "a"), "a text with a NUL inside is not text");
    json_object_put(o);

    refuses("", "x.json: the JSON document is truncated");
    refuses("{\"a\":", "x.json: the JSON document is truncated");
    refuses(" null", "x.json:1: not JSON (an object or a list was expected)");
    refuses("{}\n{}", "x.json:2: something follows the JSON document");
    refuses("{\n\"a\": nonsense}", "x.json:2: not JSON (null expected)");
    memset(deep, '[', sizeof deep);
    ok(!parse(deep, sizeof deep) && strstr(f.what, "nesting too deep"), "depth has a limit");
    return tap_done();
}
