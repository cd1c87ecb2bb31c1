/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables as JSON: out of stores, into stores, and documents that make no sense. */
#include <stdlib.h>

#include <json-c/json.h>

#include "base/bytes.h"
#include "fixtures/store_maker.h"
#include "flash/variables_json.h"

#include "tap.h"

#define GUID_TEXT "01010101-0101-0101-0101-010101010101"

static struct failure f;

/* As flash_open() would make it of a file with these bytes. */
static struct flash_image image_of(const struct made_store *m)
{
    struct flash_image image = {.path = (char *)"store",
                                .data = m->data,
                                .size = m->size,
                                .kind = FLASH_STORE,
                                .has_store = true};

    if (varstore_read(m->data, m->size, &image.store) != 0)
        abort();
    return image;
}

static char *export_text(const struct made_store *m, struct variables_lost *lost)
{
    struct flash_image image = image_of(m);
    struct live_store live;
    char *text = NULL;

    if (live_store_open(&image, &live, &f) != 0)
        abort();
    struct json_object *o = variables_to_json(&live, lost);
    if (o)
        text = strdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    json_object_put(o);
    live_store_close(&live);
    varstore_free(&image.store);
    return text;
}

static int parse(const char *text, struct json_variables *v)
{
    /* A copy of the exact length: what reads one byte too many is seen by ASan. */
    size_t size = strlen(text);
    uint8_t *copy = malloc(size);

    if (!copy)
        abort();
    memcpy(copy, text, size);
    f = (struct failure){{0}, {0}};
    int result = variables_from_json_text("v.json", copy, size, v, &f);
    free(copy);
    return result;
}

static struct made_store import_into(const char *text, const struct made_store *m,
                                     struct converted *c, struct json_variables *v)
{
    struct flash_image image = image_of(m);

    if (parse(text, v) != 0 || import_into_store(v, &image, c, &f) != 0)
        abort();
    varstore_free(&image.store);
    return (struct made_store){.data = c->data, .size = c->size, .layout = c->layout};
}

static void test_export(void)
{
    struct made_store m = make_store("OVMF 4M", VARSTORE_AUTHENTICATED);
    struct variables_lost lost;

    add_made_variable(
        &m, &(struct variable_spec){.name = "A", .vendor = 1, .size = 2, .fill = 0xab, .count = 5});
    add_made_variable(&m, &(struct variable_spec){.name = "Gone", .vendor = 1, .state = 0x3d});
    add_made_variable(
        &m, &(struct variable_spec){.name = "A", .vendor = 2, .state = 0x3e, .time = 9, .key = 3});
    char *text = export_text(&m, &lost);
    is_text(text,
            "{\"version\":2,\"variables\":[{\"name\":\"A\",\"guid\":\"" GUID_TEXT
            "\",\"attr\":7,\"data\":\"abab\"},{\"name\":\"A\",\"guid\":\"02020202-0202-0202-0202-"
            "020202020202\",\"attr\":7,\"data\":\"\",\"time\":\"09090909090909090909090909090909"
            "\"}]}",
            "live variables are written, one of each name and GUID, also an orphan 3e");
    ok(lost.counts == 1 && lost.keys == 1 && !lost.names,
       "what the format has no place for is counted");
    free(text);
    free_made_store(&m);

    m = make_store("OVMF 2M", VARSTORE_AUTHENTICATED);
    size_t at = add_made_variable(&m, &(struct variable_spec){.name = "Half", .vendor = 1});
    store_le16(m.data + at + 60, 0xd83d);
    text = export_text(&m, &lost);
    ok(!text && lost.names == 1, "a name with half a surrogate pair cannot be written");
    store_le16(m.data + at + 62, 0xde00);
    text = export_text(&m, &lost);
    ok(text && strstr(text, "\"\xf0\x9f\x98\x80lf\""), "a whole pair is one character");
    free(text);
    free_made_store(&m);
}

static void test_round_trip(void)
{
    struct made_store m = make_store("virt", VARSTORE_AUTHENTICATED), n;
    struct made_store empty = make_store("OVMF 4M", VARSTORE_AUTHENTICATED);
    struct variables_lost lost;
    struct json_variables v;
    struct converted c;

    for (uint8_t i = 1; i < 40; i++)
        add_made_variable(&m, &(struct variable_spec){.name = i % 2 ? "Name" : "Another",
                                                      .vendor = i,
                                                      .size = i * 11U % 97,
                                                      .fill = i,
                                                      .attributes = i % 3 ? 0x27 : 0x3,
                                                      .time = i % 3 ? i : 0});
    char *text = export_text(&m, &lost);
    n = import_into(text, &empty, &c, &v);
    char *again = export_text(&n, &lost);
    is_int(c.count, 39, "all variables of a document go into an empty store");
    is_text(again, text, "a store made of a document gives the same document");
    json_variables_free(&v);
    converted_free(&c);
    free(again);
    free(text);
    free_made_store(&m);
    free_made_store(&empty);
}

static void test_into(void)
{
    static const char text[] =
        "{\"version\":2,\"variables\":["
        "{\"name\":\"New\",\"guid\":\"" GUID_TEXT "\",\"attr\":3,\"data\":\"01\"},"
        "{\"name\":\"Old\",\"guid\":\"" GUID_TEXT "\",\"attr\":39,\"data\":\"0203\","
        "\"time\":\"ffffffffffffffffffffffffffffffff\",\"digest\":\"00\"}]}";
    struct made_store m = make_store("OVMF 2M", VARSTORE_AUTHENTICATED), n;
    struct json_variables v;
    struct varstore s;
    struct converted c;

    add_made_variable(
        &m, &(struct variable_spec){.name = "First", .vendor = 1, .size = 1, .count = 7, .key = 8});
    add_made_variable(&m, &(struct variable_spec){.name = "Old", .vendor = 1, .size = 9});
    add_made_variable(&m, &(struct variable_spec){.name = "Old", .vendor = 2, .size = 9});
    n = import_into(text, &m, &c, &v);
    if (varstore_read(n.data, n.size, &s) != 0)
        abort();
    ok(s.sound && !s.problem_count && s.live_count == 4 && c.count == 4,
       "variables of the store and of the document stand beside each other");
    ok(s.variables[0].monotonic_count == 7 && s.variables[0].public_key_index == 8,
       "what the document does not name keeps its counters");
    ok(s.variables[1].data_size == 2 && s.variables[1].attributes == 39 &&
           s.variables[1].timestamp[0] == 0xff,
       "a variable of the document replaces that of its name and GUID");
    is_int(s.variables[2].data_size, 9, "but not that of another GUID");
    is_int(s.variables[3].data_size, 1, "new ones come last");
    is_int(v.lost.digests, 1, "a digest is counted as lost");
    varstore_free(&s);
    json_variables_free(&v);
    converted_free(&c);
    free_made_store(&m);

    m = make_store("OVMF 2M", VARSTORE_PLAIN);
    n = import_into(text, &m, &c, &v);
    ok(v.lost.times == 1 && varstore_read(n.data, n.size, &s) == 0 && s.format == VARSTORE_PLAIN &&
           s.live_count == 2,
       "a plain store stays plain, and loses time stamps");
    varstore_free(&s);
    json_variables_free(&v);
    converted_free(&c);
    free_made_store(&m);
}

static void test_too_much(void)
{
    struct made_store m = make_store("OVMF 2M", VARSTORE_AUTHENTICATED);
    char *data = malloc(2 * 60000 + 1), *text = malloc(2 * 60000 + 200);
    struct json_variables v;
    struct converted c;

    if (!data || !text)
        abort();
    memset(data, '7', 2 * 60000);
    data[2 * 60000] = '\0';
    sprintf(text,
            "{\"version\":2,\"variables\":[{\"name\":\"Huge\",\"guid\":\"%s\",\"attr\":7,"
            "\"data\":\"%s\"}]}",
            GUID_TEXT, data);
    import_into(text, &m, &c, &v);
    ok(!c.data && c.left_count == 1 && strstr(c.left[0], "Huge (60000 bytes)"),
       "what does not fit is named, and there is not a store");
    json_variables_free(&v);
    converted_free(&c);
    free(text);
    free(data);
    free_made_store(&m);
}

#define HEAD "{\"version\":2,\"variables\":["
#define NAMED "{\"name\":\"N\",\"guid\":\"" GUID_TEXT "\","

static void test_refusals(void)
{
    static const struct {
        const char *text, *what;
    } rows[] = {
        {"[]", "not a document of UEFI variables"},
        {"{\"version\":2}", "not a document of UEFI variables"},
        {"{\"version\":2,\"variables\":{}}", "not a document of UEFI variables"},
        {"{\"version\":\"2\",\"variables\":[]}", "not a document of UEFI variables"},
        {"{\"version\":3,\"variables\":[]}", "(found 3, expected 2)"},
        {HEAD "],\"version\":2}", "an object has a key twice"},
        {HEAD NAMED "\"attr\":7,\"data\":\"\",\"name\":\"M\"}]}", "an object has a key twice"},
        {HEAD "7]}", "variable 1: not an object"},
        {HEAD "{}]}", "'name' is missing"},
        {HEAD "{\"name\":\"\"}]}", "'name' is empty"},
        {HEAD "{\"name\":\"a\\u0000b\"}]}", "'name' is missing, or not a string"},
        {HEAD "{\"name\":\"a\\ud800b\"}]}", "not valid UTF-16"},
        {HEAD "{\"name\":\"a\xed\xa0\x80\"}]}", "not UTF-8 (found byte 0xed)"},
        {HEAD "{\"name\":\"N\"}]}", "variable 1 (N): 'guid' is missing"},
        {HEAD "{\"name\":\"N\",\"guid\":\"" GUID_TEXT "0\"}]}", "'guid' is not a GUID"},
        {HEAD "{\"name\":\"N\",\"guid\":\"01010101-0101-0101-0101_010101010101\"}]}", "'guid' is"},
        {HEAD "{\"name\":\"N\",\"guid\":\"0101010g-0101-0101-0101-010101010101\"}]}", "'guid' is"},
        {HEAD NAMED "\"attr\":\"7\"}]}", "'attr' is missing, or not a number"},
        {HEAD NAMED "\"attr\":-1}]}", "'attr' is missing, or not a number"},
        {HEAD NAMED "\"attr\":6}]}", "found 0x6"},
        {HEAD NAMED "\"attr\":5}]}", "found 0x5"},
        {HEAD NAMED "\"attr\":71}]}", "found 0x47"},
        {HEAD NAMED "\"attr\":4294967303}]}", "found 0x100000007"},
        {HEAD NAMED "\"attr\":7}]}", "'data' is missing"},
        {HEAD NAMED "\"attr\":7,\"data\":\"012\"}]}",
         "an odd number of hexadecimal digits (found 3)"},
        {HEAD NAMED "\"attr\":7,\"data\":\"0x\"}]}", "not only hexadecimal digits"},
        {HEAD NAMED "\"attr\":7,\"data\":[]}]}", "'data' is missing, or not a string"},
        {HEAD NAMED "\"attr\":7,\"data\":\"\",\"time\":\"00\"}]}", "(found 1 bytes, expected 16)"},
        {HEAD NAMED "\"attr\":7,\"data\":\"\",\"time\":1}]}", "'time' is missing, or not a string"},
        {HEAD NAMED "\"attr\":7,\"data\":\"\"}," NAMED "\"attr\":3,\"data\":\"00\"}]}",
         "two variables of one name and GUID: " GUID_TEXT " N"},
    };
    struct json_variables v;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool refused = parse(rows[i].text, &v) != 0;

        if (!ok(refused && strstr(f.what, rows[i].what), "document %zu is refused: %s", i,
                rows[i].what))
            printf("# %s: %s\n", rows[i].text, refused ? f.what : "was taken");
        json_variables_free(&v);
    }
    ok(parse(HEAD "]}", &v) == 0 && v.count == 0, "a document without variables is one");
    json_variables_free(&v);
    ok(parse(HEAD NAMED "\"attr\":7,\"data\":\"aBCd\",\"more\":{}}]}", &v) == 0 && v.count == 1 &&
           v.list[0].bytes[4] == 0xab && v.list[0].bytes[5] == 0xcd,
       "digits of either case are read, and members of another version skipped");
    json_variables_free(&v);

    char *many = malloc((VARSTORE_VARIABLES_MAX + 1) * 2 + 64), *p = many;
    if (!many)
        abort();
    p += sprintf(p, HEAD "0");
    for (int i = 0; i < VARSTORE_VARIABLES_MAX; i++)
        p += sprintf(p, ",0");
    sprintf(p, "]}");
    ok(parse(many, &v) != 0 && strstr(f.what, "too many variables (found 16385"),
       "more variables than a store can hold are refused before one is read");
    json_variables_free(&v);
    free(many);
}

int main(void)
{
    test_export();
    test_round_trip();
    test_into();
    test_too_much();
    test_refusals();
    return tap_done();
}
