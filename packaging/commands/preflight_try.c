/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/preflight_try.h"

#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "guest/preflight.h"
#include "base/memory.h"
#include "outputs/escape.h"
#include "outputs/json.h"

int preflight_try_prepare(struct preflight_try_question *q)
{
    struct failure f;

    if (q->guest->kind == SAVED_RAMBLOCK_TEXT || q->guest->kind == SAVED_RUNNING)
        return complain("%s: %s has no state that could be tried", q->source,
                        q->guest->description);
    if (saved_stream_open(q->source, q->snapshot, &q->stream, &f) != 0)
        return report(&f);
    if (q->count)
        return STATUS_YES;
    const char *xml = saved_stream_xml(q->stream);
    if (xml)
        q->words = landing_words_of_xml(xml, q->guest->domain, &q->count, &f);
    q->arguments = (const char **)q->words;
    if (q->words)
        return STATUS_YES;
    int status = xml ? report(&f)
                     : complain("%s: a bare stream does not say how its QEMU was started: give "
                                "QEMU's arguments after --",
                                q->source);
    preflight_try_end(q);
    return status;
}

void preflight_try_end(struct preflight_try_question *q)
{
    for (size_t i = 0; q->words && i < q->count; i++)
        free(q->words[i]);
    free(q->words);
    saved_stream_close(q->stream);
}

int preflight_try(struct preflight_try_question *q, struct destination *to, struct landing *landing)
{
    struct landing_arguments arguments;
    struct failure f;
    int result = landing_arguments_of(to, q->arguments, q->count, &arguments, &f);

    if (result == 0)
        result = landing_try(to, &arguments, q->stream, q->guest->mapped_ram,
                             q->guest->kind == SAVED_SNAPSHOT, landing, &f);
    landing_arguments_free(&arguments);
    return result == 0 ? STATUS_YES : report(&f);
}

/* Without warnings: they are about stand-ins and what this program starts QEMU with, too. */
static void print_errors(const char *said)
{
    for (const char *line = said; *line;) {
        size_t n = strcspn(line, "\n");
        char *text = xstrndup(line, n);

        if (n && !strstr(text, "warning: "))
            print_line("  QEMU: %s", text);
        free(text);
        line += n + (line[n] == '\n');
    }
}

/* QEMU migration/savevm.c, qemu_loadvm_section_start_full() and qemu_loadvm_section_part_end(). */
static bool is_about_state(const char *said)
{
    bool is_ram = strstr(said, "of device 'ram'") || strstr(said, "(ram)");

    return (strstr(said, "error while loading state") && !is_ram) ||
           strstr(said, "Unknown savevm section");
}

void preflight_print_try(const struct landing *l)
{
    print_line("%-18s  %s%s%s", "tried there", preflight_answer_name(l->answer), l->why ? ": " : "",
               l->why ? l->why : "");
    if (l->answer != QEMU_YES)
        print_errors(l->said);
    if (l->answer == QEMU_NO && is_about_state(l->said)) {
        print_line(
            "It refuses the state of a device or CPU, which no ROM file fixes: start it with "
            "the source's");
        print_line("devices at the same addresses, its CPU and its machine type, or use a QEMU of "
                   "the version that the");
        print_line("guest comes from.");
    }
    print_line("Only what was tried includes the state of devices and CPUs. Disks were empty ones "
               "of the same");
    print_line("length, and no instruction of the guest was run.");
}

struct json_object *preflight_try_object(const struct landing *l)
{
    struct json_object *o = json_new(), *said = json_list();

    json_add_text(o, "answer", preflight_answer_name(l->answer));
    json_add_text(o, "why", l->why);
    for (const char *line = l->said; *line;) {
        size_t n = strcspn(line, "\n");
        char *text = xstrndup(line, n);

        json_append(said, json_string(text));
        free(text);
        line += n + (line[n] == '\n');
    }
    json_add(o, "said", said);
    return o;
}
