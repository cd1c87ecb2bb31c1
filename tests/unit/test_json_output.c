/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "tap.h"

/* The text of a document that is one string. */
static void is_string(const char *bytes, size_t size, const char *expected, const char *name)
{
    char *made = json_document_line(json_bytes(bytes, size));

    is_text(made, expected, "%s", name);
    free(made);
}

#define IS_STRING(bytes, expected, name) is_string(bytes, sizeof bytes - 1, expected "\n", name)

/* The reader's side of the rule. */
static size_t undo(const char *text, char *bytes)
{
    size_t size = 0;

    while (*text) {
        if (text[0] == '\\' && text[1] == 'x' && strspn(text + 2, "0123456789abcdef") >= 2) {
            bytes[size++] = (char)strtol((char[]){text[2], text[3], '\0'}, NULL, 16);
            text += 4;
        } else {
            bytes[size++] = *text++;
        }
    }
    return size;
}

/* All texts of `length` characters of a small alphabet. */
static bool all_come_back(unsigned length)
{
    static const char alphabet[] = {'\\', 'x', '5', 'c', 'F', '\xff', '\xc3', '\xb6'};
    size_t count = 1;

    for (unsigned i = 0; i < length; i++)
        count *= sizeof alphabet;
    for (size_t n = 0; n < count; n++) {
        char text[8], back[8 * 4];
        size_t rest = n;

        for (unsigned i = 0; i < length; i++, rest /= sizeof alphabet)
            text[i] = alphabet[rest % sizeof alphabet];
        struct json_object *o = json_bytes(text, length);
        const char *string = json_object_get_string(o);
        bool same = utf8_is(string, strlen(string)) && undo(string, back) == length &&
                    memcmp(back, text, length) == 0;
        json_object_put(o);
        if (!same)
            return false;
    }
    return true;
}

int main(void)
{
    IS_STRING("r\xc3\xb6m", "\"r\xc3\xb6m\"", "text in UTF-8 stands in JSON as it is");
    IS_STRING("a\xff", "\"a\\\\xff\"", "a byte that is no UTF-8 is four characters in JSON");
    IS_STRING("\\xff", "\"\\\\x5cxff\"", "what looks like such a byte is told from it");
    IS_STRING("\\x", "\"\\\\x\"", "a backslash that cannot be mistaken stays one");
    IS_STRING("a\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\xa0\x7f",
              "\"a\\u009b\\u202e\\udb40\\udc20\\u007f\"",
              "characters that a terminal does not show are escapes of JSON");
    IS_STRING("\x1b\n\0b", "\"\\u001b\\n\\u0000b\"", "control characters are escapes of JSON");
    ok(all_come_back(1) && all_come_back(2) && all_come_back(5),
       "the bytes of any name can be had back from the document");
    ok(!json_string(NULL) && !json_number_or_null(0), "what is not there is null");

    struct json_object *o = json_object_new_object();
    json_add_number(o, "a", UINT64_MAX);
    json_add_text_if(o, "b", NULL);
    json_add_flag(o, "c\xff", true);
    char *made = json_document_line(o);
    is_text(made, "{\"a\":18446744073709551615,\"c\\\\xff\":true}\n",
            "a document holds what was added under keys of any bytes, on one line with a newline");
    free(made);
    return tap_done();
}
