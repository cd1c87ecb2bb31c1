/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat preflight` prints. */
#include "commands/preflight.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "commands/columns.h"
#include "commands/command.h"
#include "commands/preflight_try.h"
#include "outputs/json.h"

/* ---- for a person ---- */

static const char *length_text(uint64_t length, char text[SIZE_TEXT_MAX])
{
    return length ? size_format(length, text) : "-";
}

void put_fixes(FILE *to, const struct preflight *p, bool all)
{
    char length[SIZE_TEXT_MAX];
    size_t shown = 0;

    for (size_t i = 0; i < p->fix_count; i++) {
        if (!all && !p->fixes[i].recommended)
            continue;
        shown++;
        put_line(to, "%s", "");
        put_line(to, "%s", p->fixes[i].when);
        put_line(to, "%s", "");
        for (const char *at = p->fixes[i].text; *at;) {
            size_t n = strcspn(at, "\n");

            put_line(to, "    %.*s", (int)n, at);
            at += n + (at[n] == '\n');
        }
    }
    if (p->needs_other_qemu) {
        put_line(to, "%s", "");
        put_line(to, "No file or argument fixes this: it needs another QEMU there.");
        return;
    }
    for (size_t i = 0; i < p->line_count; i++) {
        const struct preflight_line *line = &p->lines[i];

        if (line->verdict != PREFLIGHT_LANDS && line->verdict != PREFLIGHT_UNKNOWN &&
            !line->has_fix) {
            put_line(to, "%s", "");
            if (line->is_switched_off)
                put_line(to,
                         "For %s remove from <rom> in the guest's XML what switches it off: 'virsh "
                         "save-image-edit'.",
                         line->block->name);
            else
                put_line(to, "For %s no fix is known: it must have a file of %s there.",
                         line->block->name, length_text(line->block->length, length));
        }
    }
    if (shown < p->fix_count) {
        put_line(to, "%s", "");
        put_line(to, shown ? "--all-fixes shows other ways."
                           : "No fix is known to work there; --all-fixes shows what there is.");
    }
}

/* The file that an inventory has for it, or what its length says of the one that it was
 * started with. */
static void add_guest_file(struct columns *c, const struct preflight_line *line)
{
    const struct saved_block *block = line->block;

    if (block->file)
        columns_add(c, "%s (%" PRIu64 " bytes)%s%s", block->file, block->file_size,
                    block->package ? " of " : "", block->package ? block->package : "");
    else if (!line->guest_least)
        columns_add(c, "-");
    else
        columns_add(c, "%s of %" PRIu64 "..%" PRIu64 " bytes%s%s", line->rom, line->guest_least,
                    line->block->length, line->guest_set ? ", as in " : "",
                    line->guest_package ? line->guest_package
                    : line->guest_set   ? line->guest_set
                                        : "");
}

static void print_question(const char *question, const struct preflight_answer *a)
{
    print_line("%-18s  %s%s%s", question, preflight_answer_name(a->value), a->why ? ": " : "",
               a->why ? a->why : "");
}

void preflight_print(const char *source, const struct saved_guest *guest,
                     const struct destination *to, const struct preflight *p,
                     const struct landing *tried, bool all_fixes)
{
    char in[SIZE_TEXT_MAX], here[SIZE_TEXT_MAX];
    struct columns c;

    print_line("source       %s (%s), %s", source, guest->description,
               guest->machine          ? guest->machine
               : guest->machine_is_old ? "machine type of QEMU 2.3 or before"
                                       : "machine type not known");
    if (guest->incomplete)
        print_line("             libvirt did not finish this image: the guest in it is incomplete");
    print_line("destination  %s", to->label);
    print_question("arrives", &p->arrives);
    print_question("starts again there", &p->starts);
    print_question("is the same", &p->same);
    if (tried)
        preflight_print_try(tried);
    for (size_t i = 0; i < p->note_count; i++)
        print_line("note: %s", p->notes[i]);
    putchar('\n');
    columns_init(&c, "lrrllll", "verdict", "guest", "there", "RAM block", "file there",
                 "package there", "the guest's file", NULL);
    for (size_t i = 0; i < p->line_count; i++) {
        const struct preflight_line *line = &p->lines[i];

        columns_add(&c, "%s", preflight_verdict_name(line->verdict));
        columns_add(&c, "%s", length_text(line->block->length, in));
        columns_add(&c, "%s", length_text(line->length, here));
        columns_add(&c, "%s", line->block->name);
        if (line->loaded)
            columns_add(&c, "%s (%" PRIu64 " bytes)", preflight_file(line), line->file_size);
        else
            columns_add(&c, "%s", line->length ? "none needed" : line->rom ? line->rom : "-");
        columns_add(&c, "%s", line->owner ? line->owner : "-");
        add_guest_file(&c, line);
    }
    columns_print(&c, 0);
    for (size_t i = 0; i < p->line_count; i++) {
        if (p->lines[i].why) {
            putchar('\n');
            print_line("%s:", p->lines[i].block->name);
            print_line("  %s", p->lines[i].why);
            if (p->lines[i].note)
                print_line("  %s", p->lines[i].note);
        }
    }
    putchar('\n');
    print_line("%zu of %zu RAM blocks get their length from a file. The others, memory and tables, "
               "are the",
               p->line_count, p->line_count + p->not_judged);
    print_line("guest's configuration and are not judged, nor is its topology.");
    if (!tried || tried->answer != QEMU_YES)
        put_fixes(stdout, p, all_fixes);
}

/* ---- for a program ---- */

static struct json_object *line_object(const struct preflight_line *line)
{
    struct json_object *o = json_new(), *types = json_list();

    json_add_text(o, "block", line->block->name);
    json_add_text(o, "verdict", preflight_verdict_name(line->verdict));
    json_add_number(o, "length", line->block->length);
    json_add(o, "length_there", json_number_or_null(line->length));
    for (size_t i = 0; line->device && i < ROM_DEVICE_TYPES_MAX && line->device->types[i]; i++)
        json_append(types, json_string(line->device->types[i]));
    json_add(o, "device_types", types);
    json_add_text(o, "rom", line->rom);
    json_add_text(o, "file", preflight_file(line));
    json_add(o, "file_size", line->loaded ? json_number(line->file_size) : NULL);
    json_add_text(o, "file_package", line->owner);
    json_add_text(o, "package", line->package);
    json_add_text(o, "guest_file", line->block->file);
    json_add(o, "guest_file_size", json_number_or_null(line->block->file_size));
    json_add_text(o, "guest_file_package", line->block->package);
    json_add(o, "guest_file_least", json_number_or_null(line->guest_least));
    json_add(o, "guest_file_most",
             json_number_or_null(line->guest_least ? line->block->length : 0));
    json_add_text(o, "guest_set", line->guest_set);
    json_add_text(o, "guest_package", line->guest_package);
    json_add_text(o, "why", line->why);
    json_add_text(o, "note", line->note);
    return o;
}

static struct json_object *answer_object(const struct preflight_answer *a)
{
    struct json_object *o = json_new();

    json_add_text(o, "answer", preflight_answer_name(a->value));
    json_add_text(o, "why", a->why);
    return o;
}

void preflight_print_json(const char *source, const struct saved_guest *guest,
                          const struct destination *to, const struct preflight *p,
                          const struct landing *tried)
{
    struct json_object *o = json_document("romcompat-preflight", 1), *from = json_new(),
                       *there = json_new(), *list = json_list(), *fixes = json_list(),
                       *notes = json_list();

    json_add_text(from, "name", source);
    json_add_text(from, "kind", guest->description);
    json_add_text(from, "machine", guest->machine);
    json_add_flag(from, "mapped_ram", guest->mapped_ram);
    json_add_flag(from, "incomplete", guest->incomplete);
    json_add_text(there, "name", to->label);
    char *version =
        to->qemu ? xasprintf("%u.%u.%u", to->version.major, to->version.minor, to->version.micro)
                 : NULL;
    json_add_text(there, "qemu", version);
    free(version);
    json_add_flag(there, "reads_maps", to->maps != NULL);
    for (size_t i = 0; i < p->line_count; i++)
        json_append(list, line_object(&p->lines[i]));
    for (size_t i = 0; i < p->fix_count; i++) {
        struct json_object *m = json_new();

        json_add_flag(m, "recommended", p->fixes[i].recommended);
        json_add_text(m, "kind", fix_kind_name(p->fixes[i].kind));
        json_add_text(m, "when", p->fixes[i].when);
        json_add_text(m, "text", p->fixes[i].text);
        json_append(fixes, m);
    }
    for (size_t i = 0; i < p->note_count; i++)
        json_append(notes, json_string(p->notes[i]));
    json_add_text(o, "verdict", preflight_verdict_name(preflight_total(p)));
    json_add(o, "arrives", answer_object(&p->arrives));
    json_add(o, "starts_again", answer_object(&p->starts));
    json_add(o, "is_same", answer_object(&p->same));
    json_add(o, "tried", tried ? preflight_try_object(tried) : NULL);
    json_add(o, "notes", notes);
    json_add(o, "source", from);
    json_add(o, "destination", there);
    json_add(o, "blocks", list);
    json_add_number(o, "blocks_not_judged", p->not_judged);
    json_add(o, "fixes", fixes);
    json_print(o);
}
