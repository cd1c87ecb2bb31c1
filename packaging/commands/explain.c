/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat explain`: what a log says about a guest that did not arrive or start. */
#include "commands/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/command.h"
#include "outputs/json.h"

static bool has_version(const struct logged_refusal *f)
{
    return f->version.major || f->version.minor || f->version.micro;
}

static void print_place(const struct logged_refusal *f, const char *name)
{
    char times[48] = "", version[QEMU_VERSION_TEXT_MAX] = "";
    const struct qemu_version *v = &f->version;
    if (f->times > 1)
        snprintf(times, sizeof times, " (and %zu time%s more)", f->times - 1, PLURAL(f->times - 1));
    if (has_version(f))
        qemu_version_text(v, version);
    print_line("%s:%zu%s%s%s%s%s%s", name, f->line, times, f->machine[0] ? ", machine type " : "",
               f->machine, has_version(f) ? ", QEMU " : "", version,
               has_version(f) && f->is_or_older ? " or older" : "");
}

/* A firm no only where a guest is seen to have arrived, and nothing failed. */
static int explain_nothing(const struct arrival_log *log, const char *name, bool json)
{
    struct failure f;

    if (log->is_binary)
        fail(&f, "%s: not readable as text, so it says nothing about any guest", name);
    else if (log->failed_line)
        fail(&f, "%s: nothing known found, but line %zu says that something failed", name,
             log->failed_line);
    else if (log->arrived) {
        if (!json)
            print_line("%s: no guest was refused: the log shows one that arrived.", name);
        return finish_output(STATUS_NO);
    } else
        fail(&f,
             "%s: nothing known found: neither a guest that was refused nor one that arrived",
             name);
    fail_hint(&f, "'romcompat preflight' answers for a saved or running guest itself.");
    return report(&f);
}

/* --- for a program ------------------------------------------------------------------------ */

static const char *const kind_names[] = {
    [LOG_LENGTHS] = "lengths",
    [LOG_TOO_LARGE] = "too_large",
    [LOG_UNKNOWN] = "unknown_block",
    [LOG_RAM] = "ram",
    [LOG_RAM_PAGES] = "ram_pages",
    [LOG_RAM_CONTENT] = "ram_content",
    [LOG_STREAM] = "stream",
    [LOG_STREAM_CUT] = "stream_cut",
    [LOG_CONNECTION] = "connection",
    [LOG_DEVICE] = "device",
    [LOG_DEVICE_UNKNOWN] = "unknown_device",
    [LOG_CAPABILITY] = "capability",
    [LOG_MACHINE_DIFFERS] = "machine_differs",
    [LOG_MACHINE_UNKNOWN] = "machine_unknown",
    [LOG_MACHINE_UNNAMED] = "machine_unnamed",
    [LOG_ROM_MISSING] = "rom_missing",
    [LOG_ROM_DENIED] = "rom_denied",
    [LOG_ROM_EMPTY] = "rom_empty",
    [LOG_ROM_UNREADABLE] = "rom_unreadable",
    [LOG_ROM_HUGE] = "rom_huge",
    [LOG_ROM_OVER_SIZE] = "rom_over_romsize",
    [LOG_ROMSIZE_ODD] = "romsize_odd",
    [LOG_ROMSIZE_UNKNOWN] = "romsize_unknown",
    [LOG_FIRMWARE_NONE] = "firmware_none",
    [LOG_FIRMWARE_FILE] = "firmware_file",
    [LOG_FIRMWARE_BIOS] = "firmware_file",
    [LOG_FIRMWARE_TEMPLATE] = "firmware_template",
    [LOG_FIRMWARE_FORMATS] = "firmware_formats",
    [LOG_FIRMWARE_SIZE] = "firmware_size",
    [LOG_FIRMWARE_TOTAL] = "firmware_total",
    [LOG_FIRMWARE_DEVICE] = "firmware_device",
    [LOG_FIRMWARE_UNIT] = "firmware_unit",
    [LOG_FIRMWARE_SMM] = "firmware_smm",
    [LOG_FIRMWARE_MACHINE] = "firmware_machine",
};

/* The lines that can be pasted: each is indented. */
static struct json_object *fixes_array(char *text)
{
    struct json_object *list = json_list();

    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line, "    ", 4) == 0)
            json_append(list, json_string(line + 4));
    return list;
}

static struct json_object *refusal_object(const struct logged_refusal *f)
{
    struct json_object *o = json_new();
    const struct log_message *m = &f->message;
    char version[QEMU_VERSION_TEXT_MAX];
    struct text text;

    explain_refusal(text_begin(&text), f);
    json_add_text(o, "kind", kind_names[m->kind]);
    json_add_number(o, "line", f->line);
    json_add_number(o, "times", f->times);
    json_add_text(o, "machine", f->machine[0] ? f->machine : NULL);
    if (has_version(f))
        qemu_version_text(&f->version, version);
    json_add_text(o, "qemu", has_version(f) && !f->is_or_older ? version : NULL);
    json_add_text(o, "qemu_at_most", has_version(f) ? version : NULL);
    json_add_text(o, "name", m->name[0] ? m->name : NULL);
    json_add_text(o, "other", m->other[0] ? m->other : NULL);
    json_add(o, "length", json_number_or_null(m->guest));
    json_add(o, "length_there", json_number_or_null(m->there));
    json_add_text(o, "text", text_end(&text));
    json_add(o, "fixes", fixes_array(text.at));
    free(text.at);
    return o;
}

static void print_json(const struct arrival_log *log, const char *name)
{
    struct json_object *o = json_document("romcompat-explain", 1), *list = json_list();

    for (size_t i = 0; i < log->count; i++)
        json_append(list, refusal_object(&log->refusals[i]));
    json_add_text(o, "source", name);
    json_add_flag(o, "arrived", log->arrived);
    json_add(o, "failed_line", json_number_or_null(log->failed_line));
    json_add_number(o, "left_out", log->dropped);
    json_add(o, "findings", list);
    json_print(o);
}

/* --- the command -------------------------------------------------------------------------- */

/* Status 2 where all that was found is that the other side, or the way to it, was gone. */
static int finish(const struct arrival_log *log, const char *name)
{
    struct failure f;

    for (size_t i = 0; i < log->count; i++)
        if (logged_refusal_tells(&log->refusals[i]))
            return finish_output(STATUS_YES);
    fail(&f, "%s: no answer: line %zu says that something failed, and not why", name,
         log->failed_line);
    fail_hint(&f, "'romcompat preflight' answers for a saved or running guest itself.");
    return report(&f);
}

static int explain(const struct arrival_log *log, const char *name, bool json)
{
    if (json)
        print_json(log, name);
    if (!log->count)
        return explain_nothing(log, name, json);
    if (json)
        return finish(log, name);
    for (size_t i = 0; i < log->count; i++) {
        if (i)
            putchar('\n');
        print_place(&log->refusals[i], name);
        explain_refusal(stdout, &log->refusals[i]);
    }
    if (log->dropped)
        print_line("%zu more are left out (limit %d).", log->dropped, LOGGED_REFUSALS_MAX);
    return finish(log, name);
}

static int run(void *settings, char **operands, size_t count)
{
    const char *path = count ? operands[0] : "-";
    struct arrival_log log;
    struct failure f;

    const struct json_job *job = settings;
    if (arrival_log_read(path, &log, &f) != 0)
        return report(&f);
    int status = explain(&log, path[0] == '-' && !path[1] ? "standard input" : path, job->json);
    arrival_log_free(&log);
    return status;
}

extern const struct command explain_command;
const struct command explain_command = {
    .name = "explain",
    .summary = "say in plain words why a guest did not arrive, from a log",
    .synopsis = "[--json] [FILE]",
    .details =
        "Reads a log of QEMU or libvirt (/var/log/libvirt/qemu/GUEST.log of the destination), an\n"
        "error that virsh printed, or a mail or page that quotes one, from FILE or standard\n"
        "input, and looks for guests that were refused or not started because of a RAM block, a\n"
        "ROM file, their firmware or their machine type. Says what happened, which file and\n"
        "package it is about, and what fixes it. A log may be compressed.\n"
        "\n"
        "Status 0: something was found. Status 1: nothing was, and the log shows a guest that\n"
        "arrived. Status 2: nothing known found, or only a connection that broke, or the log\n"
        "cannot be read.",
    .options = json_options,
    .settings_size = sizeof(struct json_job),
    .operand = "a FILE",
    .most = 1,
    .run = run,
};
