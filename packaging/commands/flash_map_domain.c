/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat flash map --domain`: the firmware that libvirt gives to a guest. */
#include "commands/flash_map.h"

#include <stdlib.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/text.h"
#include "commands/command.h"
#include "commands/template_report.h"
#include "flash/check.h"
#include "flash/domain_firmware.h"
#include "inputs/file.h"
#include "outputs/json.h"

/* What is known of the guest's store beside the code that was chosen, or, where libvirt will make
 * one, of its template. */
struct kept {
    const char *store; /* which of them, as the guest names it; NULL: neither is asked about */
    bool is_new;
    enum flash_answer answer;
    struct flash_check check;
    struct failure unread;
};

/* Of a file that is not there the guest does not start. */
static bool is_there(const struct map_job *job, const char *path, struct kept *kept)
{
    char *below = plain_root(job->root), *file = template_file(below, path);
    bool there = access(file, F_OK) == 0;

    if (!there) {
        kept->answer = FLASH_NO;
        fail(&kept->unread, "%s is not there: the guest does not start", path);
    }
    free(file);
    free(below);
    return there;
}

/* A template is copied as it is, and QEMU never looks what a file is in that it is told a format of. */
static bool has_format(const char *path, const struct flash_image *image, const char *format,
                       struct kept *kept)
{
    bool wants_qcow2 = same_text(format, "qcow2");

    if (wants_qcow2 == image->qcow2)
        return true;
    kept->answer = FLASH_NO;
    fail(&kept->unread, "%s is %s, and QEMU is told that it is %s: the guest does not start", path,
         image->qcow2 ? "qcow2" : "raw", wants_qcow2 ? "qcow2" : "raw");
    return false;
}

static const char *format_of_store(const struct domain_xml *x,
                                   const struct domain_firmware *firmware, bool is_new)
{
    if (!is_new && x->nvram_format)
        return x->nvram_format;
    return firmware->template_format ? firmware->template_format : firmware->code_format;
}

static void check_pair(const struct map_job *job, const struct domain_xml *x,
                       const struct domain_firmware *firmware, struct kept *kept)
{
    struct flash_image code = {0}, store = {0};
    char *below = plain_root(job->root), *code_file = template_file(below, firmware->code),
         *store_file = template_file(below, kept->store);

    if (flash_open(code_file, &code, &kept->unread) != 0 ||
        flash_open(store_file, &store, &kept->unread) != 0) {
        kept->answer = FLASH_UNKNOWN_ANSWER;
    } else if (has_format(firmware->code, &code, firmware->code_format, kept) &&
               has_format(kept->store, &store, format_of_store(x, firmware, kept->is_new), kept)) {
        flash_check(&code, &store, NULL, &kept->check);
        kept->answer = kept->check.cold_boot.answer;
    }
    flash_close(&code);
    flash_close(&store);
    free(code_file);
    free(store_file);
    free(below);
}

static void check_files(const struct map_job *job, const struct domain_xml *x,
                        const struct domain_firmware *firmware, struct kept *kept)
{
    struct kept own = {.answer = FLASH_YES};

    *kept = (struct kept){.answer = FLASH_YES};
    if (!firmware->code || !is_there(job, firmware->code, kept))
        return;
    if (!firmware->pflash || x->nvram_is_remote)
        return;
    /* libvirt makes one that is not there. */
    if (x->nvram && is_there(job, x->nvram, &own))
        kept->store = x->nvram;
    else
        kept->store = firmware->template;
    kept->is_new = kept->store != x->nvram;
    if (kept->store && is_there(job, kept->store, kept))
        check_pair(job, x, firmware, kept);
    /* libvirt src/qemu/qemu_process.c, qemuPrepareNVRAM() */
    if (!kept->store && x->loader_readonly == DOMAIN_ON && x->loader_stateless != DOMAIN_ON) {
        kept->answer = FLASH_NO;
        fail(&kept->unread, "there is no store, and no template of which libvirt could make one: "
                            "the guest does not start");
    }
}

static const char *kept_text(const struct kept *kept)
{
    return kept->unread.what[0] ? kept->unread.what : kept->check.cold_boot.text;
}

/* --- for a person --------------------------------------------------------------------------- */

static void print_choice(const struct domain_firmware *firmware)
{
    switch (firmware->choice) {
    case CHOICE_DESCRIPTOR:
    case CHOICE_LIST:
        print_line("  libvirt chooses %s", firmware->source);
        break;
    case CHOICE_AS_WRITTEN:
        print_line("  no descriptor matches: libvirt uses the paths as they are written");
        break;
    case CHOICE_BIOS:
        print_line("  libvirt looks for no firmware: %s",
                   firmware->code ? "its loader is not flash" : "it has the machine's BIOS");
        break;
    case CHOICE_NONE:
        print_line("  libvirt refuses it: %s", firmware->refusal);
        break;
    case CHOICE_UNKNOWN:
        print_line("  not known: %s", firmware->refusal);
        if (firmware->depends)
            print_line("  --libvirt VERSION says which one it is");
        break;
    }
    if (firmware->code)
        print_line("    code      %s%s%s", firmware->code, firmware->code_format ? "  " : "",
                   firmware->code_format ? firmware->code_format : "");
    if (firmware->template)
        print_line("    template  %s%s%s", firmware->template,
                   firmware->template_format ? "  " : "",
                   firmware->template_format ? firmware->template_format : "");
}

static void print_domain(const char *file, const struct domain_xml *x,
                         const struct domain_firmware *firmware, const struct kept *kept)
{
    print_line("%s: %s", file, x->name ? x->name : "a guest without a name");
    print_choice(firmware);
    if (kept->store && !kept->is_new)
        print_line("    its store %s: %s", kept->store, kept_text(kept));
    else if (kept->answer != FLASH_YES)
        print_line("    %s", kept_text(kept));
    for (size_t i = 0; i < kept->check.warnings.count; i++)
        print_line("    warning: %s", kept->check.warnings.list[i].what);
    if (firmware->rejection_count)
        print_line("  skipped, in this order:");
    for (size_t i = 0; i < firmware->rejection_count; i++)
        print_line("    %s: %s", firmware->rejections[i].descriptor,
                   firmware->rejections[i].reason);
}

/* --- for a program -------------------------------------------------------------------------- */

static struct json_object *domain_object(const char *file, const struct domain_xml *x,
                                         const struct domain_firmware *firmware,
                                         const struct kept *kept)
{
    struct json_object *o = json_new(), *list = json_list();

    for (size_t i = 0; i < firmware->rejection_count; i++) {
        struct json_object *r = json_new();

        json_add_text(r, "descriptor", firmware->rejections[i].descriptor);
        json_add_text(r, "reason", firmware->rejections[i].reason);
        json_append(list, r);
    }
    json_add_text(o, "domain", file);
    json_add_text(o, "guest", x->name);
    json_add_text(o, "choice", domain_choice_name(firmware->choice));
    json_add_text(o, "refusal", firmware->refusal[0] ? firmware->refusal : NULL);
    json_add_text(o, "source", firmware->source);
    json_add_text(o, "code", firmware->code);
    json_add_text(o, "code_format", firmware->code_format);
    json_add_text(o, "template", firmware->template);
    json_add_text(o, "template_format", firmware->template_format);
    bool is_own = kept->store && !kept->is_new;
    json_add_text(o, "keeps_store", is_own ? flash_answer_name(kept->answer) : NULL);
    json_add_text(o, "text", is_own || kept->answer != FLASH_YES ? kept_text(kept) : NULL);
    json_add_text(o, "starts", firmware->code ? flash_answer_name(kept->answer) : NULL);
    json_add(o, "passed_over", list);
    return o;
}

/* --- the answer ----------------------------------------------------------------------------- */

static int status_of(const struct domain_firmware *firmware, const struct kept *kept)
{
    if (firmware->choice == CHOICE_UNKNOWN || kept->answer == FLASH_UNKNOWN_ANSWER)
        return STATUS_NO_ANSWER;
    if (firmware->choice == CHOICE_NONE || kept->answer == FLASH_NO)
        return STATUS_NO;
    return STATUS_YES;
}

int map_domain(const struct map_job *job, const char *file)
{
    struct domain_firmware firmware;
    struct kept kept = {0};
    struct domain_xml x;
    struct failure f;

    if (domain_xml_read(file, &x, &f) != 0)
        return report(&f);
    char *below = plain_root(job->root);
    int status = STATUS_NO_ANSWER;
    const struct domain_question question = {below, job->list, job->is_defined, job->libvirt};
    if (domain_firmware_choose(&x, &question, &firmware, &f) != 0) {
        report(&f);
    } else {
        check_files(job, &x, &firmware, &kept);
        if (job->domains)
            json_append(job->domains, domain_object(file, &x, &firmware, &kept));
        else
            print_domain(file, &x, &firmware, &kept);
        status = status_of(&firmware, &kept);
        flash_check_free(&kept.check);
        domain_firmware_free(&firmware);
    }
    free(below);
    domain_xml_free(&x);
    return status;
}
