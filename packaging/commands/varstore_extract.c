/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "commands/columns.h"
#include "commands/flash_report.h"
#include "commands/maps.h"
#include "commands/varstore_output.h"
#include "flash/extract.h"
#include "outputs/file.h"
#include "outputs/json.h"

struct job {
    struct varstore_job store;
    const char *qmp, *core;
};

static const struct option_spec options[] = {
    {"qmp", .argument = "SOCKET", .help = "read from the running QEMU behind this QMP socket",
     STRING_AT(struct job, qmp)},
    {"core", .argument = "FILE",
     .help = "read a core of dump-guest-memory, virsh or xl, or raw RAM",
     STRING_AT(struct job, core)},
    STORE_OUT_OPTION(struct job, store., "STORE", "the new store; must not exist"),
    JSON_OPTION(struct job, store.json),
    {0},
};

extern const struct command varstore_extract_command;

/* --- vendors: the GUIDs of the variables, and how many each has ---------------------------- */

struct vendor {
    uint8_t guid[GUID_SIZE];
    size_t count, bytes;
};
struct vendors {
    struct vendor *list;
    size_t count, capacity;
};

static void count_variable(struct vendors *v, const struct variable *variable)
{
    size_t i = 0;

    while (i < v->count && !guid_is(v->list[i].guid, variable->vendor))
        i++;
    if (i == v->count) {
        v->list = xgrow(v->list, v->count, &v->capacity, sizeof *v->list);
        v->list[v->count] = (struct vendor){0};
        memcpy(v->list[v->count++].guid, variable->vendor, GUID_SIZE);
    }
    v->list[i].count++;
    v->list[i].bytes += variable->data_size;
}

static void count_vendors(const struct flash_image *store, struct vendors *v)
{
    *v = (struct vendors){0};
    for (size_t i = 0; i < store->store.variable_count; i++) {
        if (store->store.variables[i].live)
            count_variable(v, &store->store.variables[i]);
    }
}

/* --- what is printed ------------------------------------------------------------------------ */

static void print_vendors(const struct vendors *v)
{
    char guid[GUID_TEXT_SIZE];
    struct columns c;

    columns_init(&c, "lrr", "GUID", "VARIABLES", "BYTES", NULL);
    for (size_t i = 0; i < v->count; i++) {
        columns_add(&c, "%s", guid_text(v->list[i].guid, guid));
        columns_add(&c, "%zu", v->list[i].count);
        columns_add(&c, "%zu", v->list[i].bytes);
    }
    columns_print(&c, 2);
}

static void print_passed(const struct extracted *h)
{
    for (size_t i = 0; i < h->passed_count && i < EXTRACTED_PASSED_MAX; i++)
        print_line("  skipped at 0x%" PRIx64 ": %s", h->passed[i].address, h->passed[i].why);
    if (h->passed_count > EXTRACTED_PASSED_MAX)
        print_line("  and %zu more", h->passed_count - EXTRACTED_PASSED_MAX);
}

static void print_found(const struct varstore_job *job, const struct guest_memory *memory,
                        const struct extracted *h, const struct vendors *v)
{
    say_written(
        job, "%s: %zu variables (%zu bytes) in a store of %s, from %s0x%" PRIx64 " of %s (%s%s%s)",
        job->out, h->store.count, h->store.bytes, h->store.layout->name,
        h->in_flash ? "its flash device at " : "", h->address, memory->name, memory->kind,
        memory->cut ? ", cut off" : "",
        h->store.replayed ? ", after a write that was pending" : "");
    if (!is_stdout(job->out)) {
        print_vendors(v);
        print_passed(h);
    }
}

static struct json_object *vendors_array(const struct vendors *v)
{
    struct json_object *array = json_list();
    char guid[GUID_TEXT_SIZE];

    for (size_t i = 0; i < v->count; i++) {
        struct json_object *o = json_new();

        json_add_text(o, "guid", guid_text(v->list[i].guid, guid));
        json_add_number(o, "variables", v->list[i].count);
        json_add_number(o, "bytes", v->list[i].bytes);
        json_append(array, o);
    }
    return array;
}

static struct json_object *passed_array(const struct extracted *h)
{
    struct json_object *array = json_list();

    for (size_t i = 0; i < h->passed_count && i < EXTRACTED_PASSED_MAX; i++) {
        struct json_object *o = json_new();

        json_add_number(o, "address", h->passed[i].address);
        json_add_text(o, "why", h->passed[i].why);
        json_append(array, o);
    }
    return array;
}

static void put_object(const struct varstore_job *job, const struct guest_memory *memory,
                       const struct extracted *h, const struct vendors *v, bool written)
{
    struct json_object *o = json_document("romcompat-varstore-extract", 1);

    json_add_flag(o, "written", written);
    json_add_text(o, "source", memory->name);
    json_add_text(o, "kind", memory->kind);
    json_add_flag(o, "cut", memory->cut);
    json_add(o, "store", h->found ? json_string(job->out) : NULL);
    json_add(o, "address", h->found ? json_number(h->address) : NULL);
    json_add_text(o, "layout", h->found ? h->store.layout->name : NULL);
    json_add_number(o, "reads", h->reads);
    json_add_flag(o, "write_replayed", h->store.replayed);
    json_add_number(o, "variables", h->store.count);
    json_add_number(o, "bytes", h->store.bytes);
    json_add_flag(o, "in_flash", h->in_flash);
    json_add(o, "vendors", vendors_array(v));
    json_add(o, "passed_over", passed_array(h));
    json_print(o);
}

/* --- the command ---------------------------------------------------------------------------- */

static int refuse(const struct guest_memory *memory)
{
    complain("%s: no variables found: no sound store with variables begins at a page below 4 GiB "
             "(%s%s)",
             memory->name, memory->kind, memory->cut ? ", which is cut off" : "");
    complain(memory->runs ? "They are in RAM once the firmware has started."
                          : "A guest with a flash device has them there, which is not in a core: "
                            "--qmp reads it.");
    return STATUS_NO;
}

static int extract(const struct varstore_job *job, struct guest_memory *memory)
{
    struct vendors vendors;
    struct extracted h;
    struct failure f;
    int status;

    if (extract_store(memory, &h, &f) != 0)
        return report(&f);
    count_vendors(&h.volume, &vendors);
    if (!h.found)
        status = refuse(memory);
    else if (!h.store.data)
        status = refuse_converted(memory->name, &h.store);
    else
        status = put_file(job->out, h.store.data, h.store.size, NULL);
    if (job->json && status != STATUS_NO_ANSWER)
        put_object(job, memory, &h, &vendors, status == STATUS_YES);
    else if (status == STATUS_YES)
        print_found(job, memory, &h, &vendors);
    else if (status == STATUS_NO)
        print_passed(&h);
    free(vendors.list);
    extracted_free(&h);
    return finish_output(status);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    struct guest_memory memory;
    struct failure f;

    (void)operands;
    (void)count;
    if (check_outputs(&varstore_extract_command, &job->store) != STATUS_YES)
        return STATUS_NO_ANSWER;
    if (!job->qmp == !job->core)
        return usage_error(&varstore_extract_command,
                           job->qmp ? "--qmp or --core, not both" : "--qmp or --core is missing");
    if ((job->qmp ? qmp_memory_open : core_file_open)(job->qmp ? job->qmp : job->core, &memory,
                                                      &f) != 0)
        return report(&f);
    int status = extract(&job->store, &memory);
    guest_memory_close(&memory);
    return status;
}

static const struct job defaults = {.store = VARSTORE_DEFAULTS};

const struct command varstore_extract_command = {
    .name = "varstore extract",
    .summary = "read the variables of a running guest from its flash or RAM",
    .synopsis = "--qmp SOCKET --out STORE [--json]\n"
                "--core FILE --out STORE [--json]",
    .details =
        "With --qmp the store of a guest with a flash device is copied from that device: it is\n"
        "read until two reads agree, and a pending fault-tolerant write is completed in the copy.\n"
        "\n"
        "A guest without one (-bios, Xen) has its variables in RAM and loses them when it is\n"
        "destroyed. They are written to a store, which 'romcompat varstore inject' puts into the\n"
        "guest's combined image for its next start. Volatile variables are not among them.\n"
        "\n"
        "A running guest is not stopped, and nothing in it changes; QEMU copies its memory below\n"
        "4 GiB, from the top down, until the store is found. FILE is a core of dump-guest-memory,\n"
        "virsh dump --memory-only or xl dump-core, or raw RAM.\n"
        "\n"
        "STORE never replaces anything; its mode is 600. The status is 1 if no store is found.",
    .options = options,
    .settings_size = sizeof(struct job),
    .defaults = &defaults,
    .run = run,
};
