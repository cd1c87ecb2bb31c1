/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <string.h>

#include "commands/maps.h"
#include "commands/rom_report.h"
#include "outputs/json.h"

struct inspection {
    struct rom_table table;
    struct json_object *roms, *problems; /* NULL: a table is wanted */
    size_t errors;
};

static int inspect_rom(void *arg, const struct rom_file *file)
{
    struct inspection *in = arg;
    struct optrom rom;

    if (optrom_read(file->bytes, file->size, &rom) != 0)
        return complain("%s: out of memory", file->name);
    in->errors += rom.error_count;
    if (in->roms)
        json_append(in->roms, rom_object(file, &rom));
    else
        rom_table_add(&in->table, file, &rom);
    optrom_free(&rom);
    return 0;
}

static void take_problem(void *arg, const struct failure *f)
{
    struct inspection *in = arg;

    report(f);
    if (in->problems)
        json_append(in->problems, json_bytes(f->what, strlen(f->what)));
}

static void take_note(void *arg, const char *text)
{
    (void)arg;
    complain("note: %s", text);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct json_job *job = settings;
    struct inspection in = {0};

    if (job->json) {
        in.roms = json_list();
        in.problems = json_list();
    }

    const struct rom_files_visitor visitor = {
        .rom = inspect_rom, .problem = take_problem, .note = take_note, .arg = &in};
    int result = rom_files_walk(operands, count, &visitor);
    if (job->json) {
        struct json_object *o = json_document("romcompat-inspect", 1);

        json_add(o, "roms", in.roms);
        json_add(o, "problems", in.problems);
        json_print(o);
    } else {
        rom_table_end(&in.table);
    }
    return finish_output(result != 0 ? STATUS_NO_ANSWER : in.errors ? STATUS_NO : STATUS_YES);
}

extern const struct command inspect_command;
const struct command inspect_command = {
    .name = "inspect",
    .summary = "show what is in ROM files, and what is wrong with them",
    .synopsis = "[--json] FILE...",
    .details =
        "FILE is a ROM, a directory or an archive (deb, rpm, tar, zip, cpio and others). In\n"
        "archives and directories every file that begins with 55 AA is a ROM. Nothing is unpacked\n"
        "to disk.\n"
        "\n"
        "Shows for each ROM its size; where the image chain ends; the bucket, which is the length\n"
        "that QEMU gives its RAM block; by how much the chain can grow in it; the padding's fill\n"
        "byte; and its images: type, vendor:device, where each begins and ends. Then follows what\n"
        "is wrong: an error means that firmware will not run the ROM or one of its images, a\n"
        "warning that it will, but a strict reader complains.\n"
        "\n"
        "Status 1: a ROM has an error. Status 2: something could not be read.",
    .options = json_options,
    .settings_size = sizeof(struct json_job),
    .operand = "a FILE",
    .least = 1,
    .run = run,
};
