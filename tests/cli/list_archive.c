/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What inputs/archive.h sees in a file, one line an entry:
 *
 *     list_archive [--skip] [--first] [--limits ENTRY,ENTRIES,TOTAL,HEADER] FILE
 *
 *     MEMBER TYPE SIZE SHA256 NAME [-> TARGET]
 *
 * --skip skips the bytes ("-" for the sum), --first ends after the first entry.
 * Status 0, 1 for what is not an archive, 2 for a failure (also for one of an entry).
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "inputs/archive.h"
#include "inputs/sha256.h"

static const char *const members[] = {"plain", "control", "data"};
static const char *const types[] = {"file", "folder", "symlink", "hardlink", "other"};

static void print_name(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f)
            printf("\\x%02x", (unsigned char)*name);
        else
            putchar(*name);
}

static bool parse_limits(char *text, struct unpack_limits *limits)
{
    uint64_t *const fields[] = {&limits->entry, &limits->entries, &limits->total, &limits->header};
    char *rest = text, *word;

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        word = strsep(&rest, ",");
        if (!word || (*word && !size_parse(word, fields[i])))
            return false;
    }
    return !rest;
}

int main(int argc, char **argv)
{
    struct unpack_limits limits = UNPACK_LIMITS_DEFAULT;
    bool skip = false, first = false;
    struct unpacker *u;
    struct unpacked entry;
    struct failure f;
    int status = 0, more, i = 1;

    for (; i < argc - 1; i++) {
        if (strcmp(argv[i], "--skip") == 0)
            skip = true;
        else if (strcmp(argv[i], "--first") == 0)
            first = true;
        else if (strcmp(argv[i], "--limits") != 0 || !parse_limits(argv[++i], &limits))
            return 2;
    }
    int r = unpacker_open(argv[i], &limits, &u, &f);
    if (r != 0) {
        fprintf(stderr, "%s\n", f.what);
        return r == UNPACK_NOT_AN_ARCHIVE ? 1 : 2;
    }
    while ((more = unpacker_next(u, &entry, &f)) > 0) {
        char sum[SHA256_TEXT_SIZE] = "-";
        uint8_t *data;
        size_t size;

        if (!skip && entry.type == UNPACKED_FILE) {
            if (unpacker_take(u, &data, &size, &f) == 0) {
                sha256_text(data, size, sum);
                free(data);
            } else {
                fprintf(stderr, "%s\n", f.what);
                status = 2;
            }
        }
        printf("%s %s %" PRIu64 " %s ", members[entry.member], types[entry.type], entry.size, sum);
        print_name(entry.name);
        if (entry.target) {
            fputs(" -> ", stdout);
            print_name(entry.target);
        }
        putchar('\n');
        if (first)
            break;
    }
    if (more < 0) {
        fprintf(stderr, "%s\n", f.what);
        status = 2;
    }
    unpacker_close(u);
    return status;
}
