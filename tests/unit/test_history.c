/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of histories, dates, and what is appended. */
#include "tap.h"

#include <stdlib.h>

#include "release/history.h"

static struct failure f;

/* The message for a text that must be refused; "" where it is read. */
static const char *refused(const char *text)
{
    struct history h;

    f = (struct failure){0};
    if (history_parse("h.yaml", (const uint8_t *)text, strlen(text), &h, &f) == 0) {
        history_free(&h);
        return "";
    }
    return f.what;
}

#define HEAD "history: ipxe\nsummary: all of them\n"
#define RELEASE(name) "  - release: " name "\n    source: measured\n    roms:\n"
#define ROM "      a.rom: {size: 1000, chain-end: 900, bucket: 1K}\n"

static void test_reading(void)
{
    static const char text[] =
        HEAD "releases:\n"
             "  - release: 18.04\n    package: ipxe-qemu\n    version: 1.0-1\n"
             "    date: 2018-04-26\n    source: a report\n    unlisted: 2\n"
             "    roms:\n      a.rom: {size: 294K, bucket: 512K}\n"
             "  - release: sid\n    source: measured\n    snapshot: yes\n"
             "    roms:\n      a.rom: {size: 0x40000, chain-end: 9, bucket: 256K}\n";
    struct history h;

    if (!ok(history_parse("h.yaml", (const uint8_t *)text, sizeof text - 1, &h, &f) == 0,
            "a history is read"))
        return;
    is_text(h.name, "ipxe", "its name is kept");
    is_int(h.release_count, 2, "both releases are there");
    is_text(h.releases[0].name, "18.04", "a release is text, not a number");
    is_text(h.releases[0].package, "ipxe-qemu", "the package is kept");
    is_text(h.releases[0].version, "1.0-1", "the version is kept");
    is_text(h.releases[0].date, "2018-04-26", "the date is kept");
    is_text(h.releases[0].source, "a report", "the source is kept");
    is_int(h.releases[0].unlisted, 2, "releases that are not listed are counted");
    ok(!h.releases[0].snapshot && h.releases[1].snapshot, "a snapshot is told from a release");
    is_int(h.releases[0].roms[0].size, 294 * 1024, "a size may be given in K");
    ok(!h.releases[0].roms[0].has_chain_end, "a chain end may be missing");
    is_int(h.releases[1].roms[0].chain_end, 9, "a chain end is read");
    ok(h.releases[1].date == NULL, "a date may be missing");
    history_free(&h);
}

static void test_refusals(void)
{
    is_text(refused("- a\n"), "h.yaml:1:1: a history must be a map (found a list)",
            "a list is not a history");
    ok(strstr(refused("history: ipxe\nreleases: []\n"), "lacks 'summary'") != NULL,
       "a history without summary is refused");
    is_text(refused(HEAD), "h.yaml:1:1: the history lacks 'releases'",
            "a history without releases is refused");
    is_text(refused(HEAD "releases: []\n"),
            "h.yaml:3:11: 'releases' must have 1 to 500 entries (found 0)",
            "an empty list of releases is refused");
    is_text(refused(HEAD "releases:\n" RELEASE("12") ROM RELEASE("12") ROM),
            "h.yaml:8:5: release '12' is already in line 4", "a release stands once");
    is_text(refused(HEAD "releases:\n  - release: 12\n    sauce: x\n"),
            "h.yaml:5:5: unknown key 'sauce' (did you mean 'source'?)",
            "an unknown key is refused, and the nearest one named");
    ok(strstr(refused(HEAD "releases:\n" RELEASE("-12") ROM), "begins with a letter or digit") !=
           NULL,
       "a release's name begins with a letter or digit");
    ok(strstr(refused(HEAD "releases:\n" RELEASE("1#2") ROM), "may contain letters") != NULL,
       "a release's name holds nothing that YAML could misread");
    is_text(refused(HEAD "releases:\n" RELEASE("12") "      a.rom: {size: 1025, bucket: 1K}\n"),
            "h.yaml:7:35: 'bucket' must be a power of two not below the size of 1025 (found 1024)",
            "a ROM larger than its bucket is refused");
    is_text(refused(HEAD "releases:\n" RELEASE("12") "      a.rom: {size: 1024, bucket: 1K}\n"), "",
            "a ROM as large as its bucket is none such");
    ok(strstr(refused(HEAD "releases:\n" RELEASE("12") "      a.rom: {size: 1000, bucket: 3K}\n"),
              "power of two") != NULL,
       "a bucket that is no power of two is refused");
    ok(strstr(refused(HEAD "releases:\n" RELEASE(
                  "12") "      a.rom: {size: 1000, chain-end: 1001, bucket: 1K}\n"),
              "beyond the file (found 1001, expected at most 1000)") != NULL,
       "a chain end beyond the file is refused");
    ok(strstr(refused(HEAD "releases:\n" RELEASE("12") "      a.rom: {bucket: 1K}\n"),
              "lacks 'size'") != NULL,
       "a ROM without a size is refused");
    ok(strstr(refused(HEAD "releases:\n" RELEASE("12") "      a.rom: {size: 3G, bucket: 4G}\n"),
              "from 1 to 2G") != NULL,
       "what QEMU does not take is refused");
    ok(strstr(refused(HEAD "releases:\n" RELEASE("12") "      a,b: {size: 1, bucket: 1}\n"),
              "may contain letters") != NULL,
       "a ROM's name holds nothing that YAML could misread");
    ok(strstr(
           refused(
               HEAD
               "releases:\n  - release: 12\n    source: x\n    date: 2023-02-29\n    roms:\n" ROM),
           "must be a day") != NULL,
       "a day that is not in the calendar is refused");
    ok(strstr(
           refused(
               HEAD
               "releases:\n  - release: 12\n    source: x\n    snapshot: perhaps\n    roms:\n" ROM),
           "yes or no") != NULL,
       "a snapshot is yes or no");
    ok(strstr(refused(
                  HEAD
                  "releases:\n  - release: 12\n    source: x\n    unlisted: 1001\n    roms:\n" ROM),
              "0 to 1000") != NULL,
       "more than 1000 releases that are not listed are refused");
}

static void test_dates(void)
{
    char text[DATE_TEXT_MAX];
    int64_t days;

    ok(date_parse("1970-01-01", &days) && days == 0, "1970-01-01 is day 0");
    ok(date_parse("2000-02-29", &days) && days == 11016, "2000 is a leap year");
    ok(!date_parse("1900-02-29", &days), "a date of 1900 is refused");
    ok(!date_parse("2023-13-01", &days), "there is no month 13");
    ok(!date_parse("2023-1-01", &days), "a month has two digits");
    ok(!date_parse("2023-01-011", &days), "a day has two digits");
    ok(!date_parse("0000-01-01", &days), "there is no year 0");

    bool same = true;
    for (int64_t day = -200000; day < 1000000; day++) {
        date_format(day, text);
        same = same && date_parse(text, &days) && days == day;
    }
    ok(same, "every day from 1422 to 4707 is written and read as the same day");
    is_text(date_format(2932896, text), "9999-12-31", "the last day is in the year 9999");
    is_text(date_format(2932897, text), "", "the day after has no text");
    is_text(date_format(INT64_MAX, text), "", "nor has the last day of 64 bits");
}

/* The file after a release was appended to `text` (NULL: there is none); NULL if refused. */
static char *appended(const char *text, const struct history_release *release)
{
    size_t length;
    char *made;

    f = (struct failure){0};
    if (history_append("h.yaml", (const uint8_t *)text, text ? strlen(text) : 0, "ipxe",
                       "all of them", release, &made, &length, &f) < 0)
        return NULL;
    return made;
}

static void test_appending(void)
{
    struct history_rom roms[] = {
        {.name = (char *)"a.rom", .size = 300000, .bucket = 524288},
        {.name = (char *)"b.rom",
         .size = 65536,
         .chain_end = 512,
         .has_chain_end = true,
         .bucket = 65536},
    };
    struct history_release release = {
        .name = (char *)"13",
        .package = (char *)"ipxe-qemu",
        .version = (char *)"2.0-1",
        .date = (char *)"2025-05-02",
        .source = (char *)HISTORY_MEASURED,
        .roms = roms,
        .rom_count = 2,
    };
#define ADDED                                                                             \
    "  - release: 13\n    package: ipxe-qemu\n    version: 2.0-1\n    date: 2025-05-02\n" \
    "    source: measured\n    roms:\n      a.rom: {size: 300000, bucket: 512K}\n"        \
    "      b.rom: {size: 65536, chain-end: 512, bucket: 64K}\n"
    char *made;

    made = appended(NULL, &release);
    is_text(made, HEAD "releases:\n" ADDED, "a new history is begun");
    free(made);

    made = appended(HEAD "releases:\n" RELEASE("12") ROM, &release);
    is_text(made, HEAD "releases:\n" RELEASE("12") ROM ADDED, "a release is put after the last");
    free(made);

    made = appended("# why\nhistory: ipxe   # so\nsummary: \"all\"\nreleases:\n" RELEASE("12") ROM
                    "# end",
                    &release);
    is_text(made,
            "# why\nhistory: ipxe   # so\nsummary: \"all\"\nreleases:\n" RELEASE("12") ROM
            "# end\n" ADDED,
            "comments, quotes and blanks stay as they are, and a last line gets its end");
    free(made);

    made = appended(
        HEAD "releases:\n- release: 12\n  source: x\n  roms:\n    a.rom: {size: 9, bucket: 16}\n",
        &release);
    ok(made && strstr(made, "16}\n- release: 13\n  package: ipxe-qemu\n"),
       "the new release stands as far in as the others");
    free(made);

    made = appended(
        "history: ipxe\r\nsummary: all\r\nreleases:\r\n  - release: 12\r\n    source: x\r\n"
        "    roms:\r\n      a.rom: {size: 9, bucket: 16}\r\n",
        &release);
    ok(made && strstr(made, "16}\r\n  - release: 13\r\n    package: ipxe-qemu\r\n"),
       "lines end as the others do");
    free(made);

    made = appended("releases:\n" RELEASE("12") ROM HEAD, &release);
    ok(!made && strstr(f.what, "nothing can be appended"),
       "releases that are not last are refused");
    ok(strstr(f.hint, "must be the last key") != NULL, "and the fix says where they belong");
    free(made);

    made = appended(HEAD
                    "releases: [{release: 12, source: x, roms: {a.rom: {size: 9, bucket: 16}}}]\n",
                    &release);
    ok(!made && strstr(f.what, "nothing can be appended"), "releases in brackets are refused");
    free(made);

    made = appended(HEAD "releases:\n" RELEASE("12") ROM "...\n", &release);
    ok(!made, "a document that has ended is refused");
    free(made);

    made = appended(HEAD "releases:\n" RELEASE("13") ROM, &release);
    is_text(f.what, "h.yaml:4: release '13' is there already",
            "a release that is there is refused");
    free(made);

    release.name = (char *)"13: no";
    made = appended(HEAD "releases:\n" RELEASE("12") ROM, &release);
    ok(!made && strstr(f.what, "may contain letters"), "a name that YAML would misread is refused");
    free(made);

    release.name = (char *)"13";
    roms[0].name = (char *)"a.rom: {";
    made = appended(HEAD "releases:\n" RELEASE("12") ROM, &release);
    ok(!made && strstr(f.what, "ROM's name"), "so is such a name of a ROM");
    free(made);
}

int main(void)
{
    test_reading();
    test_refusals();
    test_dates();
    test_appending();
    return tap_done();
}
