/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>

#include "fixtures/pack.h"
#include "inputs/archive.h"
#include "tap.h"

static struct failure f;

/* Everything an archive holds, as text: "TYPE NAME[>TARGET] DATA\n" for each entry, the
 * data of files taken. The result is what ended it: 0, -1, or UNPACK_NOT_AN_ARCHIVE. */
static int read_all(const void *bytes, size_t size, const struct unpack_limits *limits, char *text,
                    size_t text_size)
{
    struct unpacker *u;
    struct unpacked e;
    size_t at = 0;
    int more;

    text[0] = '\0';
    int r = unpacker_open_memory("x", bytes, size, limits, &u, &f);
    if (r != 0)
        return r;
    while ((more = unpacker_next(u, &e, &f)) > 0) {
        uint8_t *data = NULL;
        size_t n = 0;

        if (unpacker_take(u, &data, &n, &f) != 0) {
            more = -1;
            break;
        }
        if (at < text_size)
            at += (size_t)snprintf(text + at, text_size - at, "%c%c %s%s%s %.*s\n", "pcd"[e.member],
                                   "fdlho"[e.type], e.name, e.target ? ">" : "",
                                   e.target ? e.target : "", n < 100 ? (int)n : 100,
                                   (const char *)data);
        free(data);
    }
    unpacker_close(u);
    return more;
}

/* What a test expects of a whole archive. */
static void reads_as(const struct pack *p, const char *expected, const char *behaviour)
{
    char text[8192];

    f.what[0] = '\0';
    is_int(read_all(p->bytes, p->size, NULL, text, sizeof text), 0, "%s", behaviour);
    if (f.what[0])
        printf("# %s\n", f.what);
    is_text(text, expected, "... and its entries are what was put in");
}

static void is_refused(const struct pack *p, const struct unpack_limits *limits,
                       const char *because, const char *behaviour)
{
    char text[8192];

    f.what[0] = '\0';
    is_int(read_all(p->bytes, p->size, limits, text, sizeof text), -1, "%s", behaviour);
    ok(strncmp(f.what, "x: ", 3) == 0 && strstr(f.what, because), "... because of: %s", f.what);
}

static void names_and_links_are_reported_as_they_stand(void)
{
    struct pack p = {0};
    char long_name[300];

    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    tar_add(&p, &(struct tar_entry){.name = "./dir/", .type = '5'});
    tar_add(&p, &(struct tar_entry){.name = "./dir/a", .data = "alpha"});
    tar_add(&p, &(struct tar_entry){.name = "../../etc/passwd", .data = "root"});
    tar_add(&p, &(struct tar_entry){.name = "/etc/shadow", .data = "toor"});
    tar_add(&p, &(struct tar_entry){.name = "s", .type = '2', .target = "/etc/passwd"});
    tar_add(&p, &(struct tar_entry){.name = "loop", .type = '2', .target = "loop"});
    tar_add(&p, &(struct tar_entry){.name = "h", .type = '1', .target = "./dir/a"});
    tar_add(&p, &(struct tar_entry){.name = "tty", .type = '3'});
    tar_add(&p, &(struct tar_entry){.name = "fifo", .type = '6'});
    tar_add(&p, &(struct tar_entry){.name = "empty"});
    tar_add(&p, &(struct tar_entry){.name = long_name, .data = "long"});
    tar_add(&p, &(struct tar_entry){.name = "latin-\xe4", .data = "1"});
    tar_add_pax(&p, "path", "pax-\xc3\xa4", 6);
    tar_add(&p, &(struct tar_entry){.name = "x", .data = "2"});
    tar_add_pax(&p, "path", "bad-\xe4", 5);
    tar_add(&p, &(struct tar_entry){.name = "x", .data = "3"});
    tar_end(&p);

    char expected[2048];
    snprintf(expected, sizeof expected,
             "pd dir/ \npf dir/a alpha\npf ../../etc/passwd root\npf /etc/shadow toor\n"
             "pl s>/etc/passwd \npl loop>loop \nph h>dir/a \npo tty \npo fifo \npf empty \n"
             "pf %s long\npf latin-\xe4 1\npf pax-\xc3\xa4 2\npf bad-\xe4 3\n",
             long_name);
    reads_as(&p, expected, "a tar with .., absolute names, links and devices is read");
    setlocale(LC_ALL, "C.UTF-8");
    reads_as(&p, expected, "a tar with odd entries is read in a UTF-8 locale as well");
    setlocale(LC_ALL, "C");
    pack_free(&p);
}

static void entries_can_be_peeked_at_taken_and_left(void)
{
    struct pack p = {0};
    struct unpacker *u;
    struct unpacked e;
    const uint8_t *start;
    uint8_t *data;
    size_t size;

    tar_add(&p, &(struct tar_entry){.name = "big", .size = 300000, .mtime = 1234567890});
    tar_add(&p, &(struct tar_entry){.name = "rom", .data = "\x55\xaaROM"});
    tar_add(&p, &(struct tar_entry){.name = "one", .data = "1"});
    tar_end(&p);
    is_int(unpacker_open_memory("x", p.bytes, p.size, NULL, &u, &f), 0, "a tar is opened");
    is_int(unpacker_next(u, &e, &f), 1, "the first entry is there");
    is_int(e.size, 300000, "... with its size");
    is_int(e.mtime, 1234567890, "... and time");
    is_int(unpacker_next(u, &e, &f), 1, "an entry can be left unread");
    is_int(unpacker_peek(u, 2, &start, &size, &f), 0, "an entry can be peeked at");
    ok(size == 2 && memcmp(start, "\x55\xaa", 2) == 0, "... for as many bytes as asked");
    is_int(unpacker_peek(u, 100, &start, &size, &f), 0, "... and again for more");
    is_int(size, 5, "... of which there are no more than it has");
    is_int(unpacker_take(u, &data, &size, &f), 0, "and still be taken");
    ok(size == 5 && memcmp(data, "\x55\xaaROM", 5) == 0, "... from the first byte on");
    free(data);
    is_int(unpacker_next(u, &e, &f), 1, "a third entry follows");
    is_int(unpacker_peek(u, 2, &start, &size, &f), 0, "peeking for more than there is");
    is_int(size, 1, "... gives what there is");
    is_int(unpacker_next(u, &e, &f), 0,
           "an entry that was peeked at may be left, and the end is 0");
    is_int(unpacker_next(u, &e, &f), 0, "... and stays 0");
    unpacker_close(u);
    unpacker_close(NULL);
    pack_free(&p);
}

static void compressions(void)
{
    static const char *const hows[] = {"gzip", "bzip2", "xz", "zstd", "lz4", "lzma", "lzip"};
    struct pack tar = {0};

    tar_add(&tar, &(struct tar_entry){.name = "a", .data = "alpha"});
    tar_add(&tar, &(struct tar_entry){.name = "big", .size = 200000});
    tar_add(&tar, &(struct tar_entry){.name = "b", .data = "beta"});
    tar_end(&tar);
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        struct pack p = {0};
        char name[80];

        pack_compressed(&p, &tar, hows[i]);
        snprintf(name, sizeof name, "tar under %s is read", hows[i]);
        reads_as(&p, "pf a alpha\npf big \npf b beta\n", name);
        pack_free(&p);
    }

    struct pack once = {0}, twice = {0};
    pack_compressed(&once, &tar, "gzip");
    pack_compressed(&twice, &once, "gzip");
    is_refused(&twice, NULL, "not an archive", "gzip in gzip is refused");
    pack_free(&once);
    pack_free(&twice);

    struct pack text = {0}, packed = {0};
    pack_bytes(&text, "only a text, and no archive at all\n", 35);
    pack_compressed(&packed, &text, "xz");
    is_refused(&packed, NULL, "not an archive", "a compressed text is refused");
    packed.size = 0;
    text.size = 0;
    pack_compressed(&packed, &text, "gzip");
    is_refused(&packed, NULL, "gzip", "nothing, compressed, is refused");
    pack_free(&text);
    pack_free(&packed);
    pack_free(&tar);
}

static void what_is_no_archive(void)
{
    static const struct {
        const char *what;
        const char *bytes;
        size_t size;
    } cases[] = {
        {"an empty file", "", 0},
        {"one byte", "\x1f", 1},
        {"a ROM's first bytes", "\x55\xaa\x01\xcb", 4},
        {"a text", "#mtree\n/etc/passwd type=file\n", 29},
        {"bytes like lzma's", "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x01\x02\x03", 17},
        {"a file of compress (.Z)", "\x1f\x9d\x90\xff\xff\xff\xff\xff\xff", 9},
    };
    struct pack zeros = {0};
    char text[64];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        is_int(read_all(cases[i].bytes, cases[i].size, NULL, text, sizeof text),
               UNPACK_NOT_AN_ARCHIVE, "%s: not an archive", cases[i].what);
        is_text(f.what, "x: not an archive", "... and says so");
    }
    pack_zeros(&zeros, 10240);
    is_int(read_all(zeros.bytes, zeros.size, NULL, text, sizeof text), UNPACK_NOT_AN_ARCHIVE,
           "a file of zeros is not an archive");
    pack_free(&zeros);
    is_int(unpacker_open("/nonexistent/x.deb", NULL, &(struct unpacker *){NULL}, &f), -1,
           "a missing file is a failure, not 'no archive'");
    ok(strstr(f.what, "/nonexistent/x.deb: No such file") != NULL, "... that says so: %s", f.what);
    is_int(unpacker_open("/", NULL, &(struct unpacker *){NULL}, &f), -1, "so is a directory");
    is_int(unpacker_open("/dev/null", NULL, &(struct unpacker *){NULL}, &f), -1, "and a device");
}

/* --- limits ------------------------------------------------------------------- */

static void limits_hold(void)
{
    struct unpack_limits limits = UNPACK_LIMITS_DEFAULT;
    struct pack p = {0};

    tar_add(&p, &(struct tar_entry){.name = "small", .size = 1000});
    tar_add(&p, &(struct tar_entry){.name = "big", .size = 1001});
    tar_end(&p);
    limits.entry = 1001;
    char text[256];
    is_int(read_all(p.bytes, p.size, &limits, text, sizeof text), 0,
           "an entry as large as the limit is taken");
    limits.entry = 1000;
    is_refused(&p, &limits, "entry big: too large (found 1001 bytes, limit 1000)",
               "one byte more is refused");

    struct unpacker *u;
    struct unpacked e;
    uint8_t *data;
    size_t size;
    unpacker_open_memory("x", p.bytes, p.size, &limits, &u, &f);
    unpacker_next(u, &e, &f);
    unpacker_next(u, &e, &f);
    is_int(unpacker_take(u, &data, &size, &f), -1, "the large entry is refused");
    is_int(unpacker_next(u, &e, &f), 0, "... and what follows it can still be read");
    unpacker_close(u);

    limits = (struct unpack_limits)UNPACK_LIMITS_DEFAULT;
    limits.entries = 2;
    is_int(read_all(p.bytes, p.size, &limits, text, sizeof text), 0,
           "as many entries as the limit are read");
    limits.entries = 1;
    is_refused(&p, &limits, "too many entries (found more than 1, limit 1)",
               "one entry more is refused");
    pack_free(&p);
}

static void bombs_are_refused(void)
{
    static const char *const hows[] = {"xz", "gzip", "bzip2", "zstd"};
    struct unpack_limits limits = UNPACK_LIMITS_DEFAULT;

    limits.total = 1 << 20;
    for (int kind = 0; kind < 3; kind++) {
        static const char *const what[] = {"one great entry", "zeros and nothing else",
                                           "zeros after the end"};
        struct pack tar = {0};

        if (kind == 0)
            tar_add(&tar, &(struct tar_entry){.name = "bomb", .size = 8 << 20});
        if (kind == 2)
            tar_add(&tar, &(struct tar_entry){.name = "a"});
        if (kind != 0)
            pack_zeros(&tar, 8 << 20);
        tar_end(&tar);
        for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
            struct pack p = {0};
            char name[80];

            pack_compressed(&p, &tar, hows[i]);
            snprintf(name, sizeof name, "a bomb of %s under %s is refused", what[kind], hows[i]);
            is_refused(&p, &limits, "too many bytes after decompression", name);
            pack_free(&p);
        }
        pack_free(&tar);
    }

    /* Half a gigabyte of one sparse map, 24 bytes a piece: memory for the map would be
     * a multiple of that. Here 1 MiB, against a limit of 64 KiB. */
    struct pack p = {0}, packed = {0};
    uint8_t more[512];
    for (size_t i = 0; i < 21; i++)
        memcpy(more + 24 * i,
               "00000000000\0"
               "00000000001\0",
               24);
    more[504] = 1;
    memset(more + 505, 0, 7);
    tar_add(&p, &(struct tar_entry){.name = "s", .type = 'S', .is_extended = 1, .real_size = 1});
    for (size_t i = 0; i < (1 << 20) / sizeof more; i++)
        pack_bytes(&p, more, sizeof more);
    limits = (struct unpack_limits)UNPACK_LIMITS_DEFAULT;
    limits.header = 64 << 10;
    pack_compressed(&packed, &p, "xz");
    is_refused(&packed, &limits, "entry 1: its header does not end",
               "a header without end is refused");
    pack_free(&p);
    pack_free(&packed);
}

static void sizes_that_lie(void)
{
    struct pack p = {0};
    struct unpacker *u;
    struct unpacked e;
    uint8_t *data;
    size_t size;

    tar_add(&p, &(struct tar_entry){
                    .name = "s", .type = 'S', .data = "abc", .real_size = UINT64_C(1) << 35});
    tar_add(&p, &(struct tar_entry){.name = "t", .type = 'S', .data = "abc", .real_size = 10});
    tar_end(&p);
    is_int(unpacker_open_memory("x", p.bytes, p.size, NULL, &u, &f), 0,
           "a tar with a sparse file of 32 GiB is opened");
    is_int(unpacker_next(u, &e, &f), 1, "... and has its entry");
    is_int(e.size, INT64_C(1) << 35, "... of that size");
    is_int(unpacker_take(u, &data, &size, &f), -1, "... which is refused");
    ok(strstr(f.what, "entry s: too large (found 34359738368 bytes") != NULL, "... %s", f.what);
    is_int(unpacker_next(u, &e, &f), 1, "... and skipped without writing 32 GiB of zeros");
    is_int(unpacker_take(u, &data, &size, &f), 0, "a small sparse file is taken");
    ok(size == 10 && memcmp(data, "abc\0\0\0\0\0\0\0", 10) == 0, "... with zeros for its hole");
    free(data);
    is_int(unpacker_next(u, &e, &f), 0, "... and then the archive ends");
    unpacker_close(u);
    pack_free(&p);

    static const struct {
        const char *what, *field;
    } sizes[] = {
        {"8 GiB in octal", "77777777777"},
        {"2^62", "\x80\0\0\0\x40\0\0\0\0\0\0\0"},
        {"2^63 - 1", "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"},
        {"more than 64 bits", "\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"},
        {"less than nothing", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00"},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char text[256];

        tar_add(&p, &(struct tar_entry){.name = "huge", .size_field = sizes[i].field});
        pack_zeros(&p, 1024);
        ok(read_all(p.bytes, p.size, NULL, text, sizeof text) != 0,
           "a file that claims %s is refused: %s", sizes[i].what, f.what);
        pack_free(&p);
    }
}

/* --- cut off, damaged ------------------------------------------------------------ */

static void nothing_cut_off_passes_for_whole(void)
{
    static const char *const hows[] = {"", "gzip", "bzip2", "xz", "zstd", "lz4", "lzip"};
    struct pack tar = {0};
    char text[1024];

    tar_add(&tar, &(struct tar_entry){.name = "a", .data = "alpha"});
    tar_add(&tar, &(struct tar_entry){.name = "b", .data = "\x55\xaa"});
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        struct pack whole = tar, p = {0}, deb = {0};
        size_t end, passed = 0, last = 0;

        whole.bytes = NULL;
        whole.size = whole.capacity = 0;
        pack_bytes(&whole, tar.bytes, tar.size);
        tar_end(&whole);
        pack_compressed(&p, &whole, hows[i]);
        /* A tar that lacks the second of its two zero blocks is still whole enough. */
        end = *hows[i] ? p.size : p.size - 512;
        for (size_t n = 0; n < end; n++) {
            struct pack cut = {0};

            pack_bytes(&cut, p.bytes, n); /* an allocation of its own, for ASan */
            if (read_all(cut.bytes, n, NULL, text, sizeof text) == 0) {
                passed++;
                last = n;
            }
            pack_free(&cut);
        }
        is_int(passed, 0, "no tar under '%s' that was cut off passes for whole (last: %zu of %zu)",
               hows[i], last, p.size);

        pack_deb(&deb, "Package: x\n", &whole, hows[i], ".xz");
        passed = 0;
        /* ar's own padding byte at the very end carries nothing, and its magic alone is
         * an ar without members. */
        for (size_t n = 0; n < deb.size - 1; n++)
            if (n != 8 && read_all(deb.bytes, n, NULL, text, sizeof text) == 0) {
                passed++;
                last = n;
            }
        is_int(passed, 0, "no .deb under '%s' that was cut off passes for whole (last: %zu of %zu)",
               hows[i], last, deb.size);
        pack_free(&whole);
        pack_free(&p);
        pack_free(&deb);
    }
    pack_free(&tar);
}

static void no_flipped_bit_under_xz_changes_what_is_read(void)
{
    struct pack tar = {0}, deb = {0};
    char good[1024], text[1024];
    size_t wrong = 0;

    tar_add(&tar, &(struct tar_entry){.name = "rom",
                                      .data = "\x55\xaa"
                                              "content"});
    tar_end(&tar);
    pack_compressed(&deb, &tar, "xz");
    is_int(read_all(deb.bytes, deb.size, NULL, good, sizeof good), 0, "the archive is whole");
    for (size_t n = 0; n < deb.size * 8; n++) {
        deb.bytes[n / 8] ^= (uint8_t)(1 << n % 8);
        wrong +=
            read_all(deb.bytes, deb.size, NULL, text, sizeof text) == 0 && strcmp(text, good) != 0;
        deb.bytes[n / 8] ^= (uint8_t)(1 << n % 8);
    }
    is_int(wrong, 0, "no flipped bit is read as other content");
    pack_free(&tar);
    pack_free(&deb);
}

/* --- .deb ---------------------------------------------------------------------- */

#define CONTROL "Package: x\n"

static void debs(void)
{
    static const struct {
        const char *how, *suffix;
    } cases[] = {{"", ""},          {"gzip", ".gz"},   {"xz", ".xz"},  {"zstd", ".zst"},
                 {"bzip2", ".bz2"}, {"lzma", ".lzma"}, {"gzip", ".xz"}};
    struct pack data = {0}, garbage = {0};

    tar_add(&data, &(struct tar_entry){.name = "./", .type = '5'});
    tar_add(&data, &(struct tar_entry){.name = "./usr/a.rom", .data = "\x55\xaa"});
    tar_add(&data, &(struct tar_entry){.name = "./usr/b.rom", .type = '2', .target = "a.rom"});
    tar_end(&data);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pack p = {0};
        char name[100];

        pack_deb(&p, CONTROL, &data, cases[i].how, cases[i].suffix);
        snprintf(name, sizeof name, "a .deb with data.tar%s made by '%s' is read", cases[i].suffix,
                 cases[i].how);
        reads_as(&p, "cf control Package: x\n\ndd . \ndf usr/a.rom \x55\xaa\ndl usr/b.rom>a.rom \n",
                 name);
        pack_free(&p);
    }

    pack_bytes(&garbage, "this is no tar at all, whatever its name says", 45);
    struct pack control = {0};
    tar_add(&control, &(struct tar_entry){.name = "control", .data = CONTROL});
    tar_end(&control);

    enum { VERSION, CTL, DATA, SIGNATURE, UNKNOWN, GARBAGE, EMPTY, OLD, END };
    static const struct {
        const char *behaviour, *because; /* NULL: it is read */
        int members[6];
    } shapes[] = {
        {"only debian-binary is refused", "no control.tar", {VERSION, END}},
        {"a missing data.tar is refused", "no data.tar", {VERSION, CTL, END}},
        {"a missing control.tar is refused", "'data.tar' before control.tar", {VERSION, DATA, END}},
        {"a second data.tar is refused",
         "a second member 'data.tar'",
         {VERSION, CTL, DATA, DATA, END}},
        {"a second control.tar is refused",
         "a second member 'control.tar'",
         {VERSION, CTL, CTL, DATA, END}},
        {"data before control is refused", "before control.tar", {VERSION, DATA, CTL, END}},
        {"a member nobody knows is refused before data.tar",
         "member 'unknown'",
         {VERSION, CTL, UNKNOWN, DATA, END}},
        {"... and skipped behind it", NULL, {VERSION, CTL, DATA, UNKNOWN, END}},
        {"a member with an underscore is skipped",
         NULL,
         {VERSION, SIGNATURE, CTL, SIGNATURE, DATA, END}},
        {"a data.tar that is none is refused",
         "data.tar.xz: what is in it is not an archive",
         {VERSION, CTL, GARBAGE, END}},
        {"an empty data.tar is refused", "data.tar.gz: empty", {VERSION, CTL, EMPTY, END}},
        {"format 0.939000 of 1994 is refused",
         "unknown version (found '0.939000', expected 2.0)",
         {OLD, CTL, DATA, END}},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct pack p = {0};

        ar_begin(&p);
        for (const int *m = shapes[i].members; *m != END; m++) {
            switch (*m) {
            case VERSION:
                ar_add(&p, "debian-binary", "2.0\n", 4);
                break;
            case OLD:
                ar_add(&p, "debian-binary", "0.939000\n", 9);
                break;
            case CTL:
                ar_add(&p, "control.tar", control.bytes, control.size);
                break;
            case DATA:
                ar_add(&p, "data.tar", data.bytes, data.size);
                break;
            case SIGNATURE:
                ar_add(&p, "_gpgorigin", "odd", 3);
                break;
            case UNKNOWN:
                ar_add(&p, "unknown", "odd", 3);
                break;
            case GARBAGE:
                ar_add(&p, "data.tar.xz", garbage.bytes, garbage.size);
                break;
            case EMPTY:
                ar_add(&p, "data.tar.gz", "", 0);
                break;
            }
        }
        if (shapes[i].because)
            is_refused(&p, NULL, shapes[i].because, shapes[i].behaviour);
        else
            reads_as(&p,
                     "cf control Package: x\n\ndd . \ndf usr/a.rom \x55\xaa\ndl usr/b.rom>a.rom \n",
                     shapes[i].behaviour);
        pack_free(&p);
    }

    struct pack p = {0};
    ar_begin(&p);
    ar_add(&p, "one.rom/", "abc", 3);
    ar_add(&p, "two.rom/", "de", 2);
    reads_as(&p, "pf one.rom abc\npf two.rom de\n", "an ar that is no .deb is read");
    pack_free(&p);
    ar_begin(&p);
    is_int(read_all(p.bytes, p.size, NULL, (char[8]){0}, 8), 0, "an ar without members has none");
    pack_free(&p);
    pack_free(&data);
    pack_free(&control);
    pack_free(&garbage);
}

int main(void)
{
    names_and_links_are_reported_as_they_stand();
    entries_can_be_peeked_at_taken_and_left();
    compressions();
    what_is_no_archive();
    limits_hold();
    bombs_are_refused();
    sizes_that_lie();
    nothing_cut_off_passes_for_whole();
    no_flipped_bit_under_xz_changes_what_is_read();
    debs();
    return tap_done();
}
