/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands/flash_map.h"
#include "commands/maps.h"
#include "commands/template_report.h"
#include "flash/check.h"
#include "formats/libvirt_conf.h"
#include "formats/qemu_versions.h"
#include "outputs/json.h"

struct job {
    struct map_job map;
    struct strings stores, domains;
    const char *libvirt; /* its version */
    bool json;
    struct json_object *images; /* NULL: print for a person */
};

extern const struct command flash_map_command;

static const struct option_spec options[] = {
    {"store", .argument = "FILE",
     .help = "list the installed firmware that keeps the variables of this store",
     LIST_AT(struct job, stores)},
    {"domain", .argument = "XML",
     .help = "show which firmware libvirt gives to this guest, and why",
     LIST_AT(struct job, domains)},
    {"defined",
     .help = "with --domain: the guest is already defined in libvirt, which then\n"
             "uses raw firmware unless the definition names a format",
     FLAG_AT(struct job, map.is_defined)},
    {"libvirt", .argument = "VERSION",
     .help = "with --domain: libvirt's version, 9.0 or later; without it, there\n"
             "is an answer only where 9.0, 11.3 and 12.8 give the same one",
     STRING_AT(struct job, libvirt)},
    LIBVIRT_LIST_OPTION(struct job, map.list),
    ROOT_OPTION(struct job, map.root),
    JSON_OPTION(struct job, json),
    {0},
};

/* What is known about one CODE. */
struct mapped {
    struct chosen_template chosen;
    struct flash_image code, template;
    bool has_code, has_template;
    struct flash_check check;
    int status;
};

static void look_into(struct mapped *m, struct failure *f)
{
    struct chosen_template *c = &m->chosen;
    const struct template_answer *answer = c->search.count ? &c->search.answers[0] : NULL;

    m->has_code = flash_open(c->code_file, &m->code, f) == 0;
    if (!m->has_code) {
        report(f);
        m->status = STATUS_NO_ANSWER;
        return;
    }
    if (!answer || !answer->filename) {
        m->status = STATUS_NO;
        return;
    }
    m->has_template = flash_open(c->file, &m->template, f) == 0;
    if (!m->has_template) {
        report(f);
        m->status = STATUS_NO;
        return;
    }
    flash_check(&m->code, &m->template, NULL, &m->check);
    if (same_text(answer->format, "qcow2") != m->template.qcow2) {
        struct flash_verdict *v = &m->check.cold_boot;

        v->answer = FLASH_NO;
        snprintf(v->text, sizeof v->text,
                 "it is %s, and libvirt takes it for %s: a new guest does not start",
                 m->template.qcow2 ? "qcow2" : "raw", m->template.qcow2 ? "raw" : "qcow2");
    }
    m->status = m->check.cold_boot.answer == FLASH_YES  ? STATUS_YES
                : m->check.cold_boot.answer == FLASH_NO ? STATUS_NO
                                                        : STATUS_NO_ANSWER;
}

/* ---- for a person ---- */

static void print_source(const struct template_answer *answer)
{
    print_line("  %s  %s  (%s)", answer->filename ? answer->filename : "no template",
               template_source_text(answer), answer->code);
}

static void print_expected(const struct flash_image *code)
{
    const struct flash_expects *e = &code->expects;

    if (code->kind == FLASH_COMBINED)
        print_line("  a combined image: it has a store of its own, and uses no other");
    else if (e->source)
        print_line("  expects a store of %" PRIu64 " bytes (%s)", e->file_size,
                   e->layout ? e->layout->name : "unknown layout");
    else
        print_line("  which store it expects is not known");
}

static void print_mapped(const char *name, const struct mapped *m)
{
    const struct template_search *s = &m->chosen.search;

    print_line("%s", name);
    if (m->has_code)
        print_expected(&m->code);
    for (size_t i = 0; i < s->count; i++)
        print_source(&s->answers[i]);
    if (!s->count)
        print_line("  no template: neither a descriptor nor libvirt's list has this name, or one "
                   "that it leads to");
    else if (s->answers[0].by_link)
        print_line(
            "  note: only %s has a template. libvirt compares names as they are written, and "
            "finds none for this one",
            s->answers[0].code);
    if (m->has_template)
        print_line("  %s: %s", m->status == STATUS_YES ? "it fits" : "it does NOT fit",
                   m->check.cold_boot.text);
    for (size_t i = 0; m->has_template && i < m->check.warnings.count; i++)
        print_line("  warning: %s", m->check.warnings.list[i].what);
    if (s->list_ignored)
        print_line(
            "  note: the nvram list of qemu.conf is not read: libvirt ignores it where there "
            "are descriptors");
    if (s->list_unread)
        print_line(
            "  note: %s cannot be read: libvirt's built-in list is used instead",
            LIBVIRT_QEMU_CONF);
    if (s->unread.what[0])
        print_line("  warning: %s", s->unread.what);
}

/* ---- for programs ---- */

static struct json_object *mapped_object(const char *name, const struct mapped *m)
{
    struct json_object *o = json_new(), *list = json_list();
    const struct template_search *s = &m->chosen.search;
    const struct flash_expects *e = &m->code.expects;

    json_add_text(o, "code", name);
    json_add(o, "expected_size", m->has_code && e->source ? json_number(e->file_size) : NULL);
    json_add_text(o, "expected_layout", m->has_code && e->layout ? e->layout->name : NULL);
    for (size_t i = 0; i < s->count; i++)
        json_append(list, template_object(&s->answers[i]));
    json_add(o, "templates", list);
    json_add_flag(o, "list_ignored", s->list_ignored);
    json_add_text(o, "fits", m->has_template ? flash_answer_name(m->check.cold_boot.answer) : NULL);
    json_add_text(o, "text", m->has_template ? m->check.cold_boot.text : NULL);
    return o;
}

/* ---- */

static int map_one(const struct job *job, const char *name)
{
    struct mapped m = {0};
    struct failure f;

    if (choose_template(name, job->map.root, job->map.list, &m.chosen, &f) != 0)
        return report(&f);
    look_into(&m, &f);
    if (job->images)
        json_append(job->images, mapped_object(name, &m));
    else
        print_mapped(name, &m);
    flash_check_free(&m.check);
    flash_close(&m.code);
    flash_close(&m.template);
    chosen_template_free(&m.chosen);
    return m.status;
}

static int map_all(struct job *job, char **operands, size_t count)
{
    int status = STATUS_YES;

    for (size_t i = 0; i < count + job->stores.count + job->domains.count; i++) {
        size_t store = i - count, domain = store - job->stores.count;
        int one = i < count                   ? map_one(job, operands[i])
                  : store < job->stores.count ? map_store(&job->map, job->stores.list[store])
                                              : map_domain(&job->map, job->domains.list[domain]);

        status = one > status ? one : status;
    }
    return status;
}

static int take_version(struct job *job)
{
    struct qemu_version version;

    if (!job->libvirt)
        return STATUS_YES;
    if (qemu_version_read(job->libvirt, strlen(job->libvirt), &version) != 0 || version.minor > 999)
        return usage_error(&flash_map_command,
                           "--libvirt '%s' is not a valid version (expected 11.3 or 11.3.0)",
                           job->libvirt);
    if (version.major < 9 || version.major > 1000)
        return usage_error(&flash_map_command,
                           "what libvirt %s chooses is not known; 9.0 is the oldest that is",
                           job->libvirt);
    job->map.libvirt = version.major * 1000 + version.minor;
    return STATUS_YES;
}

static int run(void *settings, char **operands, size_t count)
{
    struct job *job = settings;

    if (!count && !job->stores.count && !job->domains.count)
        return usage_error(&flash_map_command, "a CODE, --store or --domain was expected");
    if ((job->map.is_defined || job->libvirt) && !job->domains.count)
        return usage_error(&flash_map_command, "--%s needs --domain",
                           job->libvirt ? "libvirt" : "defined");
    if (take_version(job) != STATUS_YES)
        return STATUS_NO_ANSWER;
    if (job->json) {
        job->images = json_list();
        job->map.stores = json_list();
        job->map.domains = json_list();
    }
    int status = map_all(job, operands, count);
    if (job->json) {
        struct json_object *o = json_document("romcompat-flash-map", 1);

        json_add(o, "images", job->images);
        json_add(o, "stores", job->map.stores);
        json_add(o, "domains", job->map.domains);
        json_print(o);
    }
    return finish_output(status);
}

const struct command flash_map_command = {
    .name = "flash map",
    .summary = "find the template of a firmware, and the firmware of a store or guest",
    .synopsis = "[--libvirt-nvram LIST] [--root DIR] [--json] [--store FILE]\n"
                "    [--domain XML [--defined] [--libvirt VERSION]] [CODE...]",
    .details =
        "Templates are looked for as libvirt does it: first in the firmware descriptors, then in\n"
        "the list of pairs of qemu.conf or the one that libvirt was compiled with. CODE is the\n"
        "path in a guest's definition; where none of them has it, the paths that its links lead\n"
        "to are tried, which libvirt does not do. Every template is checked against what CODE\n"
        "expects.\n"
        "\n"
        "LIST is '[ \"CODE:VARS\", ... ]', 'CODE:VARS', or a file in the syntax of qemu.conf.\n"
        "With --root, all of this is below DIR, and CODE is a path there.\n"
        "\n"
        "--store lists the installed firmware that keeps the variables of a store, in libvirt's\n"
        "order. --domain says which firmware libvirt gives to a guest, and for every descriptor\n"
        "that comes before it, why it is skipped.\n"
        "\n"
        "The status is 1 if a CODE has no template, or one that does not fit; if no firmware\n"
        "keeps a store; if libvirt finds none for a guest, or one that is not there, that does "
        "not\n"
        "keep its store, or whose template does not fit.",
    .options = options,
    .settings_size = sizeof(struct job),
    .operand = "a CODE",
    .run = run,
};
