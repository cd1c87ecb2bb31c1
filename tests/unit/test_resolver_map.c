/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with one map, and what is right. */
#include "romcompat.h"

#include "tap.h"
#include "fixtures/maps.h"

#define HEAD "romcompat-map 1\n"
#define SET(lines) HEAD "set s\n" lines "end\n"
#define M "machine pc-i440fx 2.4 10.0\n"
#define R "rom r.rom 262144 c.rom\n"

static void broken_bytes(const char *data, size_t size, int code, const char *text)
{
    static int number;
    struct romcompat *maps = NULL;
    char *exact = malloc(size ? size : 1); /* so that a sanitizer sees a step over its end */

    memcpy(exact, data, size);
    is_int(romcompat_open_buffer(exact, size, "t.map", &maps), ROMCOMPAT_OK,
           "broken map %d is opened, with '%s'", ++number, text);
    free(exact);
    is_text(problem_text(maps, 0), text, "broken map %d has its problem: %s", number, text);
    is_int(problem_code(maps, 0), code, "... with its code: %s", romcompat_strerror(code));
    is_int(romcompat_problem_count(maps), 1, "... once");
    is_int(romcompat_set_count(maps), 0, "... and nothing of the map serves");
    is_text(answer(maps, "pc-i440fx-7.2", "r.rom"), "", "... not in a lookup either");
    romcompat_close(maps);
}

static void broken(const char *map, int code, const char *text)
{
    broken_bytes(map, strlen(map), code, text);
}

static void serves(const char *map, const char *what)
{
    struct romcompat *maps = maps_of(map);

    is_text(answer(maps, "pc-i440fx-7.2", "r.rom"), "c.rom", "%s", what);
    is_text(problem_text(maps, 0), "", "... without a problem");
    romcompat_close(maps);
}

static void words_and_lines(void)
{
    serves(SET(M R), "a plain map serves");
    serves(HEAD "set s\n" M R "end", "the last line feed may be missing");
    serves("\n \t\n# \xc3\xa9\n\n" HEAD "\n\t set \t s # x\n  package p\n" M "#\n" R "  end\t\n\n",
           "blanks, tabs, empty lines and comments of any text are skipped");
    serves(HEAD "set s#c\nmachine pc-i440fx 2.4 10.0#c\nrom r.rom 262144 c.rom#\nend#c\n#",
           "a comment may touch a word");
    serves(SET(R M), "rom lines may stand before machine lines");
    serves(SET(M M R R), "a line that says the same again is not an error");
    serves(SET("machine pc-i440fx - -\n" R), "a range open at both ends holds every version");
    serves(SET("machine pc-i440fx 7.2 7.2\n" R), "a range of one version holds it");

    broken("", ROMCOMPAT_E_FORMAT, "t.map: empty (expected: romcompat-map 1)");
    broken("\n# nothing\n", ROMCOMPAT_E_FORMAT, "t.map: empty (expected: romcompat-map 1)");
    broken("set s\n", ROMCOMPAT_E_FORMAT,
           "t.map:1: 'set' is not the start of a compat map (expected: romcompat-map 1)");
    broken("\n#\nromcompat-map 2\nwhatever that may be\n", ROMCOMPAT_E_FORMAT,
           "t.map:3: map version '2' is not understood (expected: romcompat-map 1)");
    broken("romcompat-map\n", ROMCOMPAT_E_FORMAT,
           "t.map:1: map version '' is not understood (expected: romcompat-map 1)");
    broken("romcompat-map 1 1\n", ROMCOMPAT_E_FORMAT,
           "t.map:1: romcompat-map has 3 words (expected: romcompat-map 1)");
    broken("romcompat-map 01\n", ROMCOMPAT_E_FORMAT,
           "t.map:1: map version '01' is not understood (expected: romcompat-map 1)");
    broken(
        HEAD HEAD, ROMCOMPAT_E_SYNTAX,
        "t.map:2: unknown directive 'romcompat-map' (expected set, package, machine, rom or end)");
    broken(SET(M "roms\n" R), ROMCOMPAT_E_SYNTAX,
           "t.map:4: unknown directive 'roms' (expected set, package, machine, rom or end)");
    broken(SET(M "ROM r.rom 262144 c.rom\n"), ROMCOMPAT_E_SYNTAX,
           "t.map:4: unknown directive 'ROM' (expected set, package, machine, rom or end)");
    broken(HEAD M, ROMCOMPAT_E_SYNTAX, "t.map:2: 'machine' outside a set");
    broken(HEAD R, ROMCOMPAT_E_SYNTAX, "t.map:2: 'rom' outside a set");
    broken(HEAD "package p\n", ROMCOMPAT_E_SYNTAX, "t.map:2: 'package' outside a set");
    broken(SET(M R) "end\n", ROMCOMPAT_E_SYNTAX, "t.map:6: 'end' outside a set");
    broken(HEAD "set s\n" M R "set t\n" M R "end\n", ROMCOMPAT_E_SYNTAX,
           "t.map:5: 'set' inside set 's' (line 2), which lacks 'end'");
    broken(HEAD "set s\n" M R, ROMCOMPAT_E_SYNTAX, "t.map:4: set 's' (line 2) lacks 'end'");
    broken(HEAD "set\n", ROMCOMPAT_E_SYNTAX, "t.map:2: 'set' has 1 word (expected: set NAME)");
    broken(HEAD "set a b\n", ROMCOMPAT_E_SYNTAX, "t.map:2: 'set' has 3 words (expected: set NAME)");
    broken(SET("package\n"), ROMCOMPAT_E_SYNTAX,
           "t.map:3: 'package' has 1 word (expected: package NAME)");
    broken(SET("rom r.rom 262144\n"), ROMCOMPAT_E_SYNTAX,
           "t.map:3: 'rom' has 3 words (expected: rom NAME BUCKET COMPAT-NAME)");
    broken(SET("rom r.rom 262144 c.rom d.rom\n"), ROMCOMPAT_E_SYNTAX,
           "t.map:3: 'rom' has 5 words (expected: rom NAME BUCKET COMPAT-NAME)");
    broken(SET("rom a b c d e\n"), ROMCOMPAT_E_SYNTAX, "t.map:3: too many words after 'rom'");
    broken(SET("machine\n"), ROMCOMPAT_E_SYNTAX,
           "t.map:3: 'machine' has 1 word (expected: machine NAME, or machine FAMILY FIRST LAST)");
    broken(SET("machine pc 2.4\n"), ROMCOMPAT_E_SYNTAX,
           "t.map:3: 'machine' has 3 words (expected: machine NAME, or machine FAMILY FIRST LAST)");
    broken(HEAD "set s\n" M R "end s\n", ROMCOMPAT_E_SYNTAX,
           "t.map:5: 'end' has 2 words (expected: end)");
}

static void bytes(void)
{
    broken("romcompat-map 1\r\nset s\r\n", ROMCOMPAT_E_BYTE,
           "t.map:1: carriage return (lines end with a line feed alone)");
    broken(HEAD "# x\r\n", ROMCOMPAT_E_BYTE,
           "t.map:2: carriage return (lines end with a line feed alone)");
    broken_bytes(HEAD "set s\0\n", 23, ROMCOMPAT_E_BYTE, "t.map:2: byte 0x00 is not allowed here");
    broken_bytes(HEAD "\0", 17, ROMCOMPAT_E_BYTE, "t.map:2: byte 0x00 is not allowed here");
    broken_bytes(HEAD "# \0 x", 21, ROMCOMPAT_E_BYTE, "t.map:2: byte 0x00 is not allowed here");
    broken(HEAD "# \x1b[2J\n", ROMCOMPAT_E_BYTE, "t.map:2: byte 0x1b is not allowed here");
    broken(HEAD "# \x7f\n", ROMCOMPAT_E_BYTE, "t.map:2: byte 0x7f is not allowed here");
    broken(HEAD "set s\v\n", ROMCOMPAT_E_BYTE, "t.map:2: byte 0x0b is not allowed here");
    broken(HEAD "set \xc3\xa9\n", ROMCOMPAT_E_BYTE, "t.map:2: byte 0xc3 is not allowed here");
    broken("\xef\xbb\xbfromcompat-map 1\n", ROMCOMPAT_E_BYTE,
           "t.map:1: byte 0xef is not allowed here");
    char all_ff[64];
    memset(all_ff, 0xff, sizeof all_ff);
    broken_bytes(all_ff, sizeof all_ff, ROMCOMPAT_E_BYTE, "t.map:1: byte 0xff is not allowed here");
}

static void names(void)
{
    static const char *const bad[] = {"a/b", "/", "../x", "..", "."};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static const char *const forms[][2] = {
            {HEAD "set %s\n", "t.map:2: the set '%s' is not a bare name"},
            {SET("package %s\n"), "t.map:3: the package '%s' is not a bare name"},
            {SET("machine %s\n"), "t.map:3: the machine type '%s' is not a bare name"},
            {SET("machine %s - -\n"), "t.map:3: the machine type '%s' is not a bare name"},
            {SET("rom %s 262144 c.rom\n"), "t.map:3: the ROM '%s' is not a bare name"},
            {SET("rom r.rom 262144 %s\n"), "t.map:3: the compat ROM '%s' is not a bare name"},
        };
        for (size_t j = 0; j < sizeof forms / sizeof *forms; j++) {
            char map[200], text[200];

            snprintf(map, sizeof map, "%.*s%s%s", (int)(strstr(forms[j][0], "%s") - forms[j][0]),
                     forms[j][0], bad[i], strstr(forms[j][0], "%s") + 2);
            snprintf(text, sizeof text, "%.*s%s%s", (int)(strstr(forms[j][1], "%s") - forms[j][1]),
                     forms[j][1], bad[i], strstr(forms[j][1], "%s") + 2);
            broken(map, ROMCOMPAT_E_NAME, text);
        }
    }
    serves(SET(M R "rom ..rom 2048 ...\n"), "dots inside a name are harmless");
    broken(SET("machine pc-q35-9.2+pve1\n"), ROMCOMPAT_E_NAME,
           "t.map:3: the machine type 'pc-q35-9.2+pve1' can match nothing: what starts at '+' is "
           "dropped before a lookup");
    broken(SET("machine pc-q35-4.0 2.4 10.0\n"), ROMCOMPAT_E_NAME,
           "t.map:3: 'pc-q35-4.0' is not a family (expected what precedes '-X.Y' in a machine "
           "type)");
    broken(SET("machine pc-q35- 2.4 10.0\n"), ROMCOMPAT_E_NAME,
           "t.map:3: 'pc-q35-' is not a family (expected what precedes '-X.Y' in a machine "
           "type)");
    broken(HEAD "set s\n" M R "end\nset t\n" M R "end\nset s\n", ROMCOMPAT_E_DUPLICATE,
           "t.map:10: set 's' is there already, in line 2");
    broken(SET("package p\n" M R "package q\n"), ROMCOMPAT_E_DUPLICATE,
           "t.map:6: set 's' has a package already: p");
    broken(SET(M), ROMCOMPAT_E_EMPTY, "t.map:4: set 's' (line 2) has no rom");
    broken(SET(R), ROMCOMPAT_E_EMPTY, "t.map:4: set 's' (line 2) has no machine");
    broken(SET("package p\n"), ROMCOMPAT_E_EMPTY, "t.map:4: set 's' (line 2) has no machine");
}

static void buckets(void)
{
    static const char *const bad[] = {"0",
                                      "1024",
                                      "2049",
                                      "262145",
                                      "4294967296",
                                      "8589934592",
                                      "256K",
                                      "0x40000",
                                      "-1",
                                      "+2048",
                                      "02048",
                                      "2048.0",
                                      "18446744073709553664",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char map[200], text[200];

        snprintf(map, sizeof map, SET("rom r.rom %s c.rom\n"), bad[i]);
        snprintf(text, sizeof text,
                 "t.map:3: '%s' is not a bucket (expected a power of two from 2048 to 2147483648, "
                 "in bytes)",
                 bad[i]);
        broken(map, ROMCOMPAT_E_BUCKET, text);
    }
    serves(SET(M "rom r.rom 2048 c.rom\n"), "the smallest bucket is 2048");
    serves(SET(M "rom r.rom 2147483648 c.rom\n"), "the largest bucket is 2 GiB");
}

static void versions(void)
{
    static const char *const bad[] = {"2", "2.", ".4", "2.04", "x", "--", "65536.0", "1.2.3.4.5"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char map[200], text[200];

        snprintf(text, sizeof text,
                 "t.map:3: '%s' is not a version (expected numbers such as 2.4 or 4.0.1, or -)",
                 bad[i]);
        snprintf(map, sizeof map, SET("machine pc %s 9.0\n"), bad[i]);
        broken(map, ROMCOMPAT_E_VERSION, text);
        snprintf(map, sizeof map, SET("machine pc 0.1 %s\n"), bad[i]);
        broken(map, ROMCOMPAT_E_VERSION, text);
    }
    broken(SET("machine pc 2.10 2.9\n"), ROMCOMPAT_E_VERSION,
           "t.map:3: the range is empty: 2.10 is above 2.9");
    broken(SET("machine pc 4.0.1 4.0\n"), ROMCOMPAT_E_VERSION,
           "t.map:3: the range is empty: 4.0.1 is above 4.0");
}

/* ---- limits ---- */

static char *repeat(char *at, const char *text, size_t times)
{
    size_t length = strlen(text);

    for (; times; times--, at += length)
        memcpy(at, text, length + 1);
    return at;
}

static void limits(void)
{
    size_t size = ROMCOMPAT_MAX_FILE_SIZE + 1;
    char *map = malloc(size + 64), *at, text[300];

    at = repeat(map, HEAD "#", 1);
    at = repeat(at, "x", ROMCOMPAT_MAX_LINE - 1);
    repeat(at, "\nset s\n" M R "end\n", 1);
    serves(map, "a line may have 1024 bytes");
    repeat(at, "x\n", 1);
    broken(map, ROMCOMPAT_E_LIMIT, "t.map:2: the line has 1025 bytes (at most 1024 are allowed)");

    at = repeat(map, HEAD "set ", 1);
    at = repeat(at, "s", ROMCOMPAT_MAX_NAME);
    repeat(at, "\n" M R "end\n", 1);
    serves(map, "a name may have 255 bytes");
    repeat(at, "s\n" M R "end\n", 1);
    broken(map, ROMCOMPAT_E_NAME, "t.map:2: the set has 256 bytes (at most 255 are allowed)");
    at = repeat(map, HEAD "set s\n" M "rom ", 1);
    at = repeat(at, "r", ROMCOMPAT_MAX_NAME);
    repeat(at, " 2048 c.rom\nend\n", 1);
    struct romcompat *maps = maps_of(map);
    char rom[ROMCOMPAT_MAX_NAME + 2];
    memset(rom, 'r', sizeof rom);
    rom[ROMCOMPAT_MAX_NAME] = '\0';
    is_text(answer(maps, "pc-i440fx-7.2", rom), "c.rom", "a ROM of 255 bytes is found");
    rom[ROMCOMPAT_MAX_NAME] = 'r';
    rom[ROMCOMPAT_MAX_NAME + 1] = '\0';
    is_text(answer(maps, "pc-i440fx-7.2", rom), "", "one with 256 bytes is a miss");
    romcompat_close(maps);

    at = repeat(map, HEAD, 1);
    memset(at, '\n', size - (size_t)(at - map));
    broken_bytes(map, size, ROMCOMPAT_E_LIMIT,
                 "t.map: has 4194305 bytes (at most 4194304 are allowed)");
    maps = NULL;
    is_int(romcompat_open_buffer(map, size - 1, "t.map", &maps), ROMCOMPAT_OK,
           "a map of one byte less");
    is_text(problem_text(maps, 0), "", "... is a map");
    romcompat_close(maps);

    /* 512 machine lines times 512 rom lines are exactly the limit. */
    at = repeat(map, HEAD "set s\n" M, 1);
    for (int i = 1; i < 512; i++)
        at += sprintf(at, "machine m%d\n", i);
    at = repeat(at, R, 1);
    for (int i = 1; i < 512; i++)
        at += sprintf(at, "rom r%d 2048 c.rom\n", i);
    char *end = at;
    repeat(at, "end\n", 1);
    serves(map, "262144 rules are allowed");
    repeat(end, "rom one-more 2048 c.rom\nend\n", 1);
    broken(map, ROMCOMPAT_E_LIMIT,
           "t.map:1027: more than 262144 rules (machine lines times rom lines)");
    repeat(end, "machine one-more\nend\n", 1);
    broken(map, ROMCOMPAT_E_LIMIT,
           "t.map:1027: more than 262144 rules (machine lines times rom lines)");
    repeat(end, "end\nset t\nmachine x\n", 1);
    broken(map, ROMCOMPAT_E_LIMIT,
           "t.map:1029: more than 262144 rules (machine lines times rom lines)");

    at = repeat(map, HEAD "set s\n", 1);
    repeat(at, "machine m\n", 262145);
    broken(map, ROMCOMPAT_E_LIMIT,
           "t.map:262147: more than 262144 rules (machine lines times rom lines)");

    at = repeat(map, HEAD, 1);
    for (int i = 0; i <= ROMCOMPAT_MAX_SETS; i++)
        at += sprintf(at, "set %x\nmachine m\nrom r 2048 c\nend\n", i);
    snprintf(text, sizeof text, "t.map:%d: more than 65536 sets", 2 + 4 * ROMCOMPAT_MAX_SETS);
    broken(map, ROMCOMPAT_E_LIMIT, text);

    /* Disjoint ranges of one family for one ROM. */
    at = repeat(map, SET("machine pc-i440fx 7.0 7.9\n" R), 1);
    for (int i = 1; i < ROMCOMPAT_MAX_RANGES; i++)
        at += sprintf(at, "set n%d\nmachine pc-i440fx %d.0 %d.9\n" R "end\n", i, 7 + i, 7 + i);
    serves(map, "64 ranges of one family are allowed");
    repeat(at, "set more\nmachine pc-i440fx 1.0 1.9\n" R "end\n", 1);
    broken(map, ROMCOMPAT_E_LIMIT, "t.map:259: more than 64 ranges of family pc-i440fx for r.rom");
    repeat(at, "set more\nmachine pc-i440fx 7.1 7.8\n" R "end\n", 1);
    serves(map, "a range inside one with the same answer does not count");
    free(map);
}

int main(void)
{
    words_and_lines();
    bytes();
    names();
    buckets();
    versions();
    limits();
    struct romcompat *maps = (struct romcompat *)1;
    is_int(romcompat_open_buffer(NULL, 1, "t", &maps), ROMCOMPAT_E_ARGUMENT,
           "NULL with a size is refused");
    is_int(romcompat_open_buffer("", 0, NULL, &maps), ROMCOMPAT_E_ARGUMENT, "so is not a name");
    is_int(romcompat_open_buffer("", 0, "t", NULL), ROMCOMPAT_E_ARGUMENT, "so is no output");
    ok(maps == (struct romcompat *)1, "... and the output is untouched");
    is_int(romcompat_open_buffer(NULL, 0, "t", &maps), ROMCOMPAT_OK,
           "NULL with size 0 is an empty map");
    is_int(problem_code(maps, 0), ROMCOMPAT_E_FORMAT, "... which is broken");
    romcompat_close(maps);
    romcompat_close(NULL);
    ok(true, "closing NULL does nothing");
    return tap_done();
}
