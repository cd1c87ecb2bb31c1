/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/ramblock_text.h"

#include <stdlib.h>

#include "tap.h"

#define HEADING                                                                              \
    "              Block Name    PSize              Offset               Used              " \
    "Total\n"
#define RAM                                                                     \
    "                  pc.ram    4 KiB  0x0000000000000000 0x0000000004000000 " \
    "0x0000000004000000\n"
#define ROM                                                                            \
    "0000:00:03.0/virtio-net-pci.rom    4 KiB  0x0000000004040000 0x0000000000040000 " \
    "0x0000000000040000\n"

struct seen {
    size_t count;
    char last[256];
    uint64_t used;
};

static void take(void *arg, const struct ramblock_line *line)
{
    struct seen *seen = arg;

    seen->count++;
    seen->used = line->used;
    memcpy(seen->last, line->name, line->name_length);
    seen->last[line->name_length] = '\0';
}

static int read_copy(const char *text, size_t size, struct seen *seen, struct failure *f)
{
    char *copy = malloc(size ? size : 1); /* nothing behind it */

    *seen = (struct seen){0};
    *f = (struct failure){0};
    memcpy(copy, text, size);
    int result = ramblock_text_read("x", copy, size, take, seen, f);
    free(copy);
    return result;
}

static void gives(const char *text, size_t count, const char *what)
{
    struct seen seen;
    struct failure f;
    int result = read_copy(text, strlen(text), &seen, &f);

    if (!ok(result == 0 && seen.count == count &&
                !strcmp(seen.last, "0000:00:03.0/virtio-net-pci.rom") && seen.used == 0x40000,
            "%s", what))
        printf("# %d, %zu blocks, last '%s': %s\n", result, seen.count, seen.last, f.what);
}

static void refuses(const char *text, const char *why, const char *what)
{
    struct seen seen;
    struct failure f;

    if (!ok(read_copy(text, strlen(text), &seen, &f) == -1 && strstr(f.what, why), "%s", what))
        printf("# '%s'\n", f.what);
}

static void refuses_mark(const char *text, const char *why, size_t mark, const char *what)
{
    char name[128];

    snprintf(name, sizeof name, "%s (mark %zu)", what, mark);
    refuses(text, why, name);
}

/* A row that was left out, or whose name is on another line than its numbers, is not read past. */
static void check_gaps(void)
{
    static const char *const omissions[] = {
        "...",          "[...]",           "<snip>",       "[snip]",
        "*snip*",       "(...)",           "\xe2\x80\xa6", "> ...",
        "| [...]",      "-- 8< --",        "SNIP",         "[... 12 rows ...]",
        "(12 omitted)", "--More--",        "etc.",         "# and so on",
        "> rest",       "<rows left out>", "-> no more",   "0000:00:04.0/e1000.rom",
        "pc.bios"};
    static const char nameless[] = "    4 KiB  0x0000000004080000 0x0000000000080000 "
                                   "0x0000000000080000\n";
    char text[2000];

    for (size_t i = 0; i < sizeof omissions / sizeof *omissions; i++) {
        snprintf(text, sizeof text, HEADING RAM "%s\n" ROM, omissions[i]);
        refuses_mark(text, "x:3: ", i, "A table with a line instead of rows is refused");
        snprintf(text, sizeof text, HEADING RAM "\n%s\n\n" ROM, omissions[i]);
        refuses_mark(text, "x:4: ", i, "A table with such a line between empty ones is refused");
        snprintf(text, sizeof text, HEADING "%s\n" RAM ROM, omissions[i]);
        refuses_mark(text, "x:2: ", i, "A table with such a line behind the heading is refused");
        snprintf(text, sizeof text, HEADING RAM ROM "%s\n", omissions[i]);
        refuses_mark(text, "x:4: ", i,
                     "A table with such a line instead of its last rows is refused");
        snprintf(text, sizeof text, HEADING RAM ROM "%s\n%s", omissions[i], nameless);
        refuses_mark(text, "x:4: ", i,
                     "A table with such a line before a row without a name is refused");
    }
    for (size_t i = 0; i < 6; i++) {
        snprintf(text, sizeof text, HEADING RAM ROM "\n%s\n", omissions[i]);
        refuses_mark(text, "x:5: ", i,
                     "A table with rows left out behind an empty line is refused");
    }
    refuses("> " HEADING "> " RAM "> 0000:00:04.0/e1000.rom\n> "
            "4 KiB 0x0 0x80000 0x80000\n",
            "x:3: ", "A row that a mail wrapped behind its name is refused");
    refuses("h q: " HEADING "h q: " RAM "h q: 0000:00:04.0/e1000.rom\nh q:    4 KiB 0x0 0x80000 "
            "0x80000\n",
            "x:3: ", "A row that is wrapped behind its name in a log is refused");
    refuses("<me> " HEADING "<me> " RAM "<me> 0000:00:04.0/e1000.rom\n<me>    4 KiB 0x0 0x80000 "
            "0x80000\n",
            "x:3: ", "A row that is wrapped behind its name in a chat is refused");
    refuses(HEADING RAM "0000:00:04.0/e1000-\n82540em.rom 4 KiB 0x0 0x80000 0x80000\n",
            "x:3: ", "A row that is wrapped within its name is refused");
    refuses(HEADING RAM "0000:00:04.0/virtio-net- pci.rom 4 KiB 0x0 0x80000 0x80000\n",
            "x:3: ", "A name with a blank in it is refused");
    refuses(HEADING RAM "\n0000:00:04.0/e1000.rom\n",
            "x:4: ", "A name without its numbers behind an empty line is refused");
    refuses("{\"log\":\"" HEADING "\",\"stream\":\"stdout\"}\n{\"log\":\"" RAM
            "\",\"stream\":\"stdout\"}\n{\"log\":\"...\n\",\"stream\":\"stdout\"}\n",
            "x:5: ", "A container's log with rows left out is refused");
    refuses("```\n" HEADING RAM "```\nand\n```\n" ROM "```\n",
            "x:4: ", "A table in two fences is refused");

    gives("> " HEADING ">\n> " RAM "> \n> " ROM ">\n> Will it arrive?\n", 2,
          "A quoted table with empty lines, and text behind one, is read");
    gives(HEADING RAM ROM "root@host:~# exit\n...\n", 2, "Text behind a prompt is read past");
    gives(HEADING RAM ROM "[root@host ~]# exit\n", 2, "A prompt in brackets ends a table");
    gives(HEADING RAM ROM "virsh # quit\n", 2, "A prompt of virsh's ends a table");
    gives(HEADING RAM ROM "user@host:~$ ", 2, "A prompt without an end ends a table");
    gives(HEADING RAM ROM "```\nthat was all", 2, "Text behind a fence may be without its end");
    gives("  Block Name\tPSize\tOffset\tUsed\tTotal\r\n"
          "0000:00:03.0/virtio-net-pci.rom\t4 KiB\t0x0\t0x40000\t0x40000\r\n",
          1, "A table with tabs and CRLF is read");
}

int main(void)
{
    static const char table[] = HEADING RAM ROM;
    struct seen seen;
    struct failure f;
    size_t cut_in_line = 0, kept = 0;

    gives(table, 2, "The table of QEMU 7.2 is read");
    gives("              Block Name    PSize              Offset               Used              "
          "Total                HVA  RO\n"
          "0000:00:03.0/virtio-net-pci.rom    4 KiB  0x0 0x40000 0x40000 0x00007f0000000000  ro\n",
          1, "The table of QEMU 10.0, with HVA and RO, is read");
    gives("QEMU 7.2.22 monitor - type 'help'\r\n(qemu) info ramblock\r\n" HEADING RAM ROM
          "(qemu) \r\n",
          2, "A table with the prompts of QEMU's monitor around it is read");
    gives("qm> info ramblock\n" HEADING RAM ROM "qm> quit", 2,
          "A table with the prompts of Proxmox around it is read");
    gives("```\n$ virsh qemu-monitor-command g --hmp info ramblock\n" HEADING RAM ROM
          "\n```\nthat was all\n",
          2, "A table in a fence, with a command and text around it, is read");
    gives("2026-01-01 10:00:00 host qemu[1]: " HEADING "2026-01-01 10:00:00 host qemu[1]: " RAM
          "2026-01-01 10:00:00 host qemu[1]: " ROM,
          2, "A table with the prefix of a log on each line is read");
    gives("> " HEADING "> " RAM "> " ROM, 2, "A table that a mail quotes is read");
    gives("{\"return\": \"" HEADING RAM
          "0000:00:03.0/virtio-net-pci.rom 4 KiB 0x0 0x40000 0x40000\"}",
          2, "A table in an answer of QMP is read up to the end of the string");
    gives(HEADING "\n" RAM "\n" ROM, 2, "A table with empty lines in it is read");
    gives(HEADING "                            4 KiB  0x0000000000000000 0x0000000000001000 "
                  "0x0000000000001000\n" RAM ROM,
          2, "A block without a name is skipped");
    gives("> " HEADING "> 4 KiB 0x0 0x1000 0x1000\n4 KiB 0x0 0x1000 0x1000\n" RAM ROM, 2,
          "A block without a name is skipped where blanks were lost");

    refuses(RAM ROM, "not the output of 'info ramblock'", "A table without a heading is refused");
    refuses(HEADING, "no RAM block in it", "A heading alone is refused");
    refuses("", "not the output", "An empty text is refused");
    refuses(HEADING RAM HEADING ROM, "x:3: a second table", "A text with two tables is refused");
    refuses(HEADING "pc.ram 4 KiB 0x0 0x4000\n", "x:2: not a line of 'info ramblock'",
            "A row with too few columns is refused");
    refuses(HEADING "pc.ram 4 KiB 0x0 4000 0x4000\n", "x:2: ", "A length without 0x is refused");
    refuses(HEADING "pc.ram 4 KiB 0x0 0x10000000000000000 0x1\n",
            "x:2: ", "A length of 65 bits is refused");
    refuses(HEADING "pc.ram 4 KiB 0x0 0x5000 0x4000\n",
            "x:2: ", "A row with more used than there is, is refused");
    refuses(HEADING RAM "0000:00:03.0/virt", "x:3: ", "A row that is cut in its name is refused");
    refuses("h: " HEADING "h: " RAM "h: 0000:00:03.0/virt",
            "x:3: ", "A row that is cut in its name behind a prefix is refused");
    check_gaps();
    static const char nul[] = HEADING "a\0b 4 KiB 0x0 0x1 0x1\n";
    ok(read_copy(nul, sizeof nul - 1, &seen, &f) == -1, "A NUL in a name is refused");

    for (size_t n = 0; n < sizeof table; n++) {
        int result = read_copy(table, n, &seen, &f);

        cut_in_line += result == -1;
        kept += result == 0;
    }
    /* At the end of the first block's last column, its line end, and the same of the second. */
    ok(kept < 25 && cut_in_line > 150,
       "A table that is cut within a row is refused (%zu of %zu cuts)", cut_in_line,
       cut_in_line + kept);

    size_t lines = RAMBLOCK_LINES_MAX + 1, size = sizeof HEADING - 1;
    char *many = malloc(size + lines * 32);
    memcpy(many, HEADING, size);
    for (size_t i = 0; i < lines; i++)
        size += (size_t)sprintf(many + size, "b%zu 4 KiB 0x0 0x1 0x1\n", i);
    ok(read_copy(many, size, &seen, &f) == -1 &&
           strstr(f.what, "too many RAM blocks (limit 16384)"),
       "A table of 16,385 blocks is refused");
    free(many);
    return tap_done();
}
