/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "fixtures/inventory_maker.h"
#include "fleet/inventory_destination.h"
#include "fleet/inventory_read.h"
#include "tap.h"

static const struct made_host plain = {
    "node1", "7.2.22", "\"pc-q35-7.2\",\"pc-i440fx-7.2\"", false, 250000, 140000, NULL, NULL};

static int read_text(struct inventory_reader *r, const char *text, struct inventory *inv,
                     struct failure *f)
{
    struct json_document d = {"fleet.jsonl", 7, text, strlen(text), false};
    size_t end;

    while (d.size && text[d.size - 1] == '\n')
        d.size--;
    return inventory_read(r, &d, inv, &end, f);
}

/* The document with one text in it replaced by another. */
static char *with(const char *before, const char *after)
{
    char *text = make_inventory(&plain), *at = strstr(text, before), *made = NULL;

    if (!at || asprintf(&made, "%.*s%s%s", (int)(at - text), text, after, at + strlen(before)) < 0)
        abort();
    free(text);
    return made;
}

static void refuses(const char *before, const char *after, const char *what)
{
    struct inventory_reader *r = inventory_reader_new();
    char *text = with(before, after);
    struct failure f = {{0}, {0}};
    struct inventory inv;

    is_int(read_text(r, text, &inv, &f), -1, "an inventory with %s for %s is refused: %s", after,
           before, what);
    ok(strncmp(f.what, "fleet.jsonl:7: ", 15) == 0 && strstr(f.what, what),
       "... and the place is named: %s", f.what);
    free(text);
    inventory_reader_free(r);
}

static void accepts(const char *before, const char *after, const char *what)
{
    struct inventory_reader *r = inventory_reader_new();
    char *text = with(before, after);
    struct failure f = {{0}, {0}};
    struct inventory inv;

    if (ok(read_text(r, text, &inv, &f) == 0, "%s", what))
        inventory_read_free(&inv);
    else
        printf("# %s\n", f.what);
    free(text);
    inventory_reader_free(r);
}

static void check_reading(void)
{
    struct inventory_reader *r = inventory_reader_new();
    struct made_host other = plain;
    struct inventory a, b;
    struct failure f;
    const char *directory;

    other.name = "node2";
    char *first = make_inventory(&plain), *second = make_inventory(&other);
    is_int(read_text(r, first, &a, &f), 0, "an inventory is read");
    is_int(read_text(r, second, &b, &f), 0, "and another one");
    is_text(a.host, "node1", "each has its host");
    is_text(b.host, "node2", "... the other too");
    ok(a.qemus == b.qemus && a.directories == b.directories && a.maps == b.maps,
       "and what they have in common, they share");
    is_int(a.qemus->list[0].minor, 2, "the QEMU has its version");
    const struct inventory_rom *rom =
        inventory_find_rom(&a, &a.qemus->list[0], "efi-virtio.rom", &directory);
    is_int(rom->bucket, 262144, "a bucket is made from the size");
    is_text(directory, "/roms", "the directory is where the file is");
    ok(!inventory_find_rom(&a, &a.qemus->list[0], "efi-none.rom", NULL), "no file, no ROM");
    is_text(inventory_machine(&a.qemus->list[0], "pc"), "pc-i440fx-7.2", "an alias is resolved");
    ok(!inventory_qemu_for(&a, NULL, "pc"), "and is not a machine type");
    ok(inventory_qemu_for(&a, NULL, "pc-q35-7.2") != NULL, "a machine type has its QEMU");
    ok(!inventory_qemu_for(&a, "aarch64", "pc-q35-7.2"), "of its architecture alone");
    inventory_read_free(&a);
    inventory_read_free(&b);
    free(first);
    free(second);
    inventory_reader_free(r);
}

/* Cut at every byte: never read, never a byte too far. */
static void check_cuts(void)
{
    char *text = make_inventory(&plain);
    size_t size = strlen(text) - 1;
    bool all_refused = true;

    for (size_t n = 0; n < size; n++) {
        struct inventory_reader *r = inventory_reader_new();
        char *copy = strndup(text, n);
        struct inventory inv;
        struct failure f;

        all_refused &= read_text(r, copy, &inv, &f) == -1;
        free(copy);
        inventory_reader_free(r);
    }
    ok(all_refused, "an inventory that was cut anywhere is refused");
    free(text);
}

static size_t seen, problems;
static char last_problem[1024];

static size_t see(void *arg, const struct json_document *d)
{
    (void)arg;
    /* A reader that finds the document's end by itself. */
    size_t size = d->size;
    if (d->is_line && memcmp(d->text, "{\"two\"", 6) == 0)
        size = 9;
    else if (d->is_line && strncmp(d->text, "{\"cut\":{}", 9) == 0)
        return 0;
    seen++;
    return size;
}

static void hear(void *arg, const struct failure *f)
{
    (void)arg;
    problems++;
    snprintf(last_problem, sizeof last_problem, "%s", f->what);
}

static void documents(const char *text, size_t want, size_t want_problems, const char *what)
{
    struct json_documents_visitor v = {64, see, hear, NULL};

    seen = problems = 0;
    json_documents_of_text("t", text, strlen(text), &v);
    ok(seen == want && problems == want_problems, "%s (%zu documents, %zu problems: %s)", what,
       seen, problems, problems ? last_problem : "-");
}

static void check_documents(void)
{
    documents("{\"a\":1}\n{\"b\":2}\n", 2, 0, "JSON lines");
    documents("{\n \"a\": {\n }\n}\n{}", 2, 0, "documents over several lines");
    documents("{\"two\":1}{\"b\":2}\n", 2, 0, "two documents on a line");
    documents("{\"cut\":{}\n}", 1, 0, "a line that looks whole and is not");
    documents("", 0, 0, "nothing at all");
    documents("{\"a\":1}\nnonsense\n{\"b\":2}\n", 2, 1, "the next line after one that is not JSON");
    documents("[{\"a\":1}]\n", 0, 1, "a list of documents");
    documents("{\"a\":1}\n{\"b\":", 1, 1, "a document that is cut off");
    documents("{\"a\":\"0123456789012345678901234567890123456789012345678901234567890123\"}\n"
              "{\"b\":2}\n",
              1, 1, "a document above the limit");
}

static void check_guest(void)
{
    struct inventory_reader *r = inventory_reader_new();
    char *set = make_set("p", "pc-q35", "-", "8.0", 524288);
    struct made_host host = plain;
    struct inventory_device devices[] = {{.type = (char *)"virtio-net-pci"},
                                         {.type = (char *)"e1000"},
                                         {.type = (char *)"e1000", .off = true},
                                         {.type = (char *)"e1000", .file = (char *)"/x"}};
    struct inventory_guest guest = {.name = (char *)"g",
                                    .machine = (char *)"pc-q35-7.2",
                                    .devices = devices,
                                    .device_count = 4};
    struct saved_guest saved;
    struct inventory inv;
    struct failure f;

    host.reads_maps = true;
    host.sets = set;
    char *text = make_inventory(&host);
    read_text(r, text, &inv, &f);
    is_int(inventory_saved_guest(&inv, &guest, &saved, &f), 0,
           "a guest leaves the inventory as a saved one");
    is_int(saved.block_count, 2, "with the blocks of its default ROMs");
    is_int(saved.blocks[0].length, 524288, "one as long as the rule says");
    is_int(saved.blocks[1].length, 262144, "one as long as its file");
    ok(saved.doubt && strstr(saved.doubt, "ROM file of its own"),
       "a ROM file that the guest names leaves a doubt");
    saved_guest_free(&saved);
    guest.machine = (char *)"pc-q35-99.0";
    is_int(inventory_saved_guest(&inv, &guest, &saved, &f), -1,
           "a machine type that is not there has no guest");
    inventory_read_free(&inv);
    inventory_reader_free(r);
    free(text);
    free(set);
}

/* --- guests that have a text in common ------------------------------------------------------- */

/* The inventory's guests alone, as a document has them; the caller frees it. */
static char *guests_text(const struct inventory *inv)
{
    char *text = inventory_text(inv, true), *at = strstr(text, "\"guests\""), *copy = strdup(at);

    free(text);
    return copy;
}

static char *read_guests(struct inventory_reader *r, const char *guests, bool *is_shared)
{
    struct made_host host = plain;
    struct failure f = {{0}, {0}};
    struct inventory inv;
    char *made = NULL;

    host.guests = guests;
    char *text = make_inventory(&host);
    if (read_text(r, text, &inv, &f) == 0) {
        made = guests_text(&inv);
        if (is_shared)
            *is_shared = inv.guests->count && inv.guests->list[0].like;
        inventory_read_free(&inv);
    } else if (asprintf(&made, "refused: %s", f.what) < 0) {
        abort();
    }
    free(text);
    return made;
}

/* What a document says of TPMs, as it is written again. */
static void check_tpms(void)
{
    static const char *const rows[][3] = {
        {"\"tpm\":true,\"tpm_emulated\":true", "\"tpm_emulated\":true", "one that is emulated"},
        {"\"tpm\":true,\"tpm_emulated\":false", "\"tpm_emulated\":false", "one that is not"},
        {"\"tpm\":true,\"tpm_emulated\":null", "\"tpm_emulated\":null", "one that may be"},
        {"\"tpm\":true", "\"tpm_emulated\":null", "one of an older document"},
        {"\"tpm\":false", "\"tpm_emulated\":false", "none of an older document"},
    };

    struct inventory_reader *r = inventory_reader_new();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *guest = NULL;

        if (asprintf(&guest, "{\"machine\":\"pc-q35-7.2\",%s}", rows[i][0]) < 0)
            abort();
        char *text = read_guests(r, guest, NULL);
        ok(strstr(text, rows[i][1]) != NULL, "a TPM stays what it is: %s (%s)", rows[i][2], text);
        free(text);
        free(guest);
    }
    inventory_reader_free(r);
}

/* `guest` is read twice: where one like it was read before, and where none was. */
static void reads_alike(const char *before, const char *guest, bool want_shared, const char *what)
{
    struct inventory_reader *used = inventory_reader_new(), *fresh = inventory_reader_new();
    bool is_shared = false;

    free(read_guests(used, before, NULL));
    char *second = read_guests(used, guest, &is_shared), *alone = read_guests(fresh, guest, NULL);
    is_text(second, alone, "%s is what it is without one that was read before", what);
    is_int(is_shared, want_shared, "... and shares %s", want_shared ? "its texts" : "nothing");
    free(second);
    free(alone);
    inventory_reader_free(used);
    inventory_reader_free(fresh);
}

#define MACHINE "\"machine\":\"pc-q35-7.2\""
#define STORE(file)                                                             \
    "\"store\":{\"file\":" file ",\"secure_boot\":\"off\",\"after_reclaim\":9," \
    "\"largest_variable\":9}"

static void check_common_texts(void)
{
    reads_alike("{\"name\":\"a\"," MACHINE "}", "{\"name\":\"b\"," MACHINE "}", true,
                "a guest of another name");
    reads_alike("{\"name\":\"a\"," MACHINE "}", "{\"name\":null," MACHINE "}", true,
                "a guest without a name");
    reads_alike("{\"name\":\"a\"," MACHINE ",\"nvram\":\"/a\"," STORE("\"/a\"") "}",
                "{\"name\":\"b\"," MACHINE ",\"nvram\":\"/b\"," STORE("\"/b\"") "}", true,
                "a guest with another store");
    reads_alike("{\"name\":\"a\"," MACHINE "," STORE("\"/a\"") "}",
                "{\"name\":\"b\"," MACHINE "," STORE("null") "}", true,
                "a guest with a store that is no file");
    reads_alike("{\"name\":\"a\"," MACHINE "}", "{\"name\":\"b\",\"machine\":\"pc-i440fx-7.2\"}",
                true, "a guest of another machine type");
    reads_alike("{\"name\":\"a\"," MACHINE "}", "{\"name\":\"\xc3\xa4\"," MACHINE "}", false,
                "a guest with a name that is not ASCII");
    reads_alike("{\"name\":\"a\"," MACHINE "}", "{\"name\":\"b\",\"name\":\"c\"," MACHINE "}",
                false, "a guest with two names");
    reads_alike("{\"name\":\"a\"," MACHINE "}", "{\"n\\u0061me\":\"b\"," MACHINE "}", false,
                "a guest with an escape in a key");
    reads_alike("{\"name\":\"a\"," MACHINE "," STORE("\"/a\"") "}",
                "{\"name\":\"b\"," MACHINE "," STORE("\"/b\"") ",\"store\":null}", false,
                "a guest with two stores");
    reads_alike("{\"name\":\"a\"," MACHINE "}", "{\"name\":17," MACHINE "}", false,
                "a guest with a number for a name");
    reads_alike("{\"name\":\"a\"," MACHINE "}", "{\"name\":\"\"," MACHINE "}", false,
                "a guest with an empty name");
    reads_alike("{\"name\":\"a\"," MACHINE "}", "{\"name\":\"b\"," MACHINE "},", false,
                "a list with a comma at its end");
    char deep[160] = "{\"name\":\"b\"," MACHINE ",\"x\":";
    for (int i = 0; i < 30; i++)
        strcat(deep, "[");
    for (int i = 0; i < 30; i++)
        strcat(deep, "]");
    strcat(deep, "}");
    reads_alike("{\"name\":\"a\"," MACHINE "}", deep, false,
                "a guest with a list nested too deeply");
    reads_alike("{\"name\":\"a\"," MACHINE "}", "{\"name\":\"b\"," MACHINE "},7", false,
                "a list with something else in it");
}

int main(void)
{
    check_reading();
    check_cuts();
    check_documents();
    check_guest();
    check_tpms();
    check_common_texts();
    accepts("\"maps\"", "\"later\":{\"x\":[1,2]},\"maps\"", "a key that is not known is skipped");
    accepts("\"size\"", "\"later\":null,\"size\"", "also in a ROM");
    accepts("\"host\":\"node1\"", "\"host\":null", "a host without a name");
    accepts("\"node1\"", "\"n\\u00f6de \\\"1\\\"\"", "a name with escapes");
    accepts("\"firmware\":[],", "", "a list that is not there is empty");
    accepts("\"firmware\":[],", "\"firmware\": null,", "... and so is null");
    accepts(
        "\"firmware\":[],",
        "\"firmware\":[{\"path\":\"/a\",\"size\":1,\"layout\":\"OVMF 4M\",\"store_size\":540672,"
        "\"features\":[\"smm\",\"tpm2\"]}],",
        "an image with what is in it");
    refuses("\"firmware\":[],", "\"firmware\":[{\"path\":\"/a\",\"size\":1,\"features\":\"smm\"}],",
            "firmware[0].features: a list was expected");
    refuses("\"firmware\":[],", "\"firmware\":[{\"path\":\"/a\",\"size\":1,\"store_size\":-1}],",
            "firmware[0].store_size");
    refuses("romcompat-inventory", "something", "not an inventory");
    refuses("\"version\":1", "\"version\":2", "version 2 (expected at most 1)");
    refuses("\"version\":1", "\"version\":1.5", "version: a number of at least 1 was expected");
    refuses("\"version\":1,", "", "version: a number of at least 1 was expected");
    refuses("\"host\"", "\"format\":1,\"host\"", "the key \"format\" twice");
    refuses("\"host\"", "\"h\\u006fst\"", "a key with a backslash");
    refuses("\"aliases\"", "\"machines\":[],\"aliases\"", "an object in \"qemu\" has a key twice");
    refuses("\"guests\":[]",
            "\"guests\":[{\"machine\":\"pc-q35-7.2\",\"devices\":[{\"type\":\"a:b\",\"rom\":true,"
            "\"r\\u006fm\":false}]}]",
            "an object in \"guests\" has a key twice");
    refuses("\"host\"", "\"encryption\":{\"sev\":\"off\",\"sev\":\"on\"},\"host\"",
            "an object in \"encryption\" has a key twice");
    accepts("\"guests\":[]",
            "\"guests\":[{\"name\":\"a\\\":\",\"machine\":\"pc-q35-7.2\",\"x\":[{\"y\":{}}]}]",
            "texts with colons are no keys");
    refuses("\"node1\"", "17", "host: a string was expected");
    refuses("\"node1\"", "\"a\\u0000b\"", "host: a string was expected");
    refuses("\"node1\"", "\"\"", "host: a string of 0 bytes");
    refuses("\"host\":\"node1\"", "\"later\":nonsense", "not JSON");
    refuses("7.2.22", "7.2", "qemu[0].version");
    refuses("7.2.22", "0.0.0", "qemu[0].version");
    refuses("\"machines\":[\"pc-q35-7.2\"", "\"machines\":[7", "qemu[0].machines[0]");
    refuses("\"reads_maps\":false", "\"reads_maps\":0", "qemu[0].reads_maps");
    refuses("\"size\":250000", "\"size\":-1", "folders[0].roms[1].size");
    refuses("\"size\":250000", "\"size\":\"250000\"", "folders[0].roms[1].size");
    refuses("\"size\":250000", "\"size\":250000,\"bucket\":524288", "folders[0].roms[1].bucket");
    refuses("\"folders\":[\"/roms\"],", "", "qemu[0].folders: missing (a list was expected)");
    refuses("\"machines\"", "\"later\"", "qemu[0].machines: missing (a list was expected)");
    refuses("\"reads_maps\":false,\"folders\":[\"/roms\"],\"map_folders\":[]",
            "\"reads_maps\":true,\"folders\":[\"/roms\"],\"map_folders\":null",
            "qemu[0].map_folders: missing (a list was expected)");
    refuses("\"reads_maps\":false,\"folders\":[\"/roms\"],\"map_folders\":[]",
            "\"reads_maps\":true,\"folders\":[\"/roms\"],\"map_folders\":[\"/maps\"]",
            "maps: missing for the map_folders of qemu[0]");
    accepts("\"reads_maps\":false,\"folders\":[\"/roms\"],\"map_folders\":[]",
            "\"reads_maps\":true,\"folders\":[\"/roms\"],\"map_folders\":[]",
            "a QEMU that reads maps, of which there are none");
    refuses("\"roms\"", "\"later\"", "folders[0].roms: missing (a list was expected)");
    refuses("\"firmware\":[]", "\"firmware\":[{\"path\":\"/a\"}]", "firmware[0].size");
    refuses("\"folders\":[{", "\"folders\":[{\"path\":\"/roms\",\"roms\":[]},{",
            "folders: two of the path /roms");
    refuses("\"firmware\":[]",
            "\"firmware\":[{\"path\":\"/a\",\"size\":1},{\"path\":\"/b\",\"size\":1},"
            "{\"path\":\"/a\",\"size\":2}]",
            "firmware: two of the path /a");
    refuses("efi-virtio.rom", "efi-e1000.rom", "two ROMs of the name efi-e1000.rom");
    refuses("\"maps\":[]",
            "\"maps\":[{\"sets\":[{\"name\":\"x\",\"machines\":[{\"name\":\"a\\nrom b\"}],"
            "\"roms\":[{\"rom\":\"x\",\"bucket\":4096,\"compat_file\":\"y\"}]}]}]",
            "maps[0].sets: set x: machine rule 1 is not valid");
    refuses("\"maps\":[]",
            "\"maps\":[{\"sets\":[{\"name\":\"x\",\"machines\":[{\"name\":\"pc-q35\",\"first\":"
            "\"9.0\",\"last\":\"8.0\"}],\"roms\":[{\"rom\":\"x\",\"bucket\":4096,\"compat_file\":"
            "\"y\"}]}]}]",
            "maps[0].sets: maps:");
    refuses("\"maps\":[]",
            "\"maps\":[{\"sets\":[{\"name\":\"x\",\"roms\":[{\"rom\":\"x\","
            "\"bucket\":5000,\"compat_file\":\"y\"}]}]}]",
            "maps[0].sets[0].roms[0].bucket");
    return tap_done();
}
