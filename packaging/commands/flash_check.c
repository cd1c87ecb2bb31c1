/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands/digest_report.h"
#include "commands/flash_report.h"
#include "commands/maps.h"
#include "flash/check.h"
#include "flash/confidential.h"
#include "formats/igvm.h"
#include "outputs/json.h"

extern const struct command flash_check_command;

struct job {
    const char *code, *vars, *from;
    uint64_t size;
    bool confidential, json;
    unsigned vcpus;
    const char *cpu, *mode, *qemu, *root;
};

static const struct job defaults = {.root = "/"};

static const struct option_spec options[] = {
    {"code", .argument = "CODE", .help = "the firmware that the guest gets",
     STRING_AT(struct job, code), .required = true},
    {"vars", .argument = "VARS", .help = "the guest's variable store", STRING_AT(struct job, vars)},
    STORE_SIZE_OPTION(struct job, size),
    {"from", .argument = "OLD_CODE", .help = "the firmware that the guest runs now",
     STRING_AT(struct job, from)},
    {"confidential", .help = "status 1 also if CODE is not identical to OLD_CODE; needs --from",
     FLAG_AT(struct job, confidential)},
    {"mode", .argument = "MODE",
     .help = "with --confidential: also say whether such a guest may migrate to this\n"
             "host, and what forbids it: sev, sev-es, snp, snp-svsm or tdx",
     CHOICE_AT(struct job, mode), .words = measure_mode_names},
    {"qemu", .argument = "FILE", .help = "with --mode: that host's QEMU",
     STRING_AT(struct job, qemu)},
    {"root", .argument = "DIR", .help = "with --mode: that host's root directory (default: /)",
     STRING_AT(struct job, root)},
    GUEST_OPTIONS(struct job, vcpus, cpu),
    JSON_OPTION(struct job, json),
    {0},
};

static void print_verdict(const char *name, const struct flash_verdict *v)
{
    print_line("%-10s %-7s  %s", name, flash_answer_name(v->answer), v->text);
    if (v->fix[0])
        print_line("%-10s %-7s  %s", "", "", v->fix);
}

static void print_move(const struct confidential_move *move)
{
    print_line("%-10s %s", "move", flash_answer_name(move->answer));
    for (size_t i = 0; i < MOVE_PARTS; i++)
        print_line("  %-8s %-7s  %s", move_part_names[i], flash_answer_name(move->parts[i].answer),
                   move->parts[i].text);
}

static struct json_object *verdict_object(const struct flash_verdict *v)
{
    struct json_object *o = json_new();

    json_add_text(o, "answer", flash_answer_name(v->answer));
    json_add_text(o, "reason", v->reason);
    json_add_text(o, "text", v->text);
    json_add_text(o, "fix", v->fix[0] ? v->fix : NULL);
    return o;
}

/* Those that are others. */
static void print_digests(const struct flash_image *from, const struct flash_image *code)
{
    for (enum image_digest k = 0; k < IMAGE_DIGESTS; k++) {
        const char *old = flash_digest(from, k), *new = flash_digest(code, k);

        if (strcmp(old, new) != 0)
            print_digest(NULL, image_digest_names[k], old, new);
    }
}

static struct json_object *digests_array(const struct flash_image *from,
                                         const struct flash_image *code)
{
    struct json_object *list = json_list();

    for (enum image_digest k = 0; k < IMAGE_DIGESTS; k++) {
        const char *old = flash_digest(from, k), *new = flash_digest(code, k);

        if (*old || *new)
            json_append(list, digest_object(NULL, image_digest_names[k], old, new));
    }
    return list;
}

static struct json_object *move_object(const struct confidential_move *move)
{
    struct json_object *o = json_new();

    json_add_text(o, "answer", flash_answer_name(move->answer));
    for (size_t i = 0; i < MOVE_PARTS; i++)
        json_add(o, move_part_names[i], verdict_object(&move->parts[i]));
    return o;
}

static void print_json(const struct job *job, const struct flash_check *check,
                       const struct flash_image *from, const struct flash_image *code,
                       const struct confidential_move *move)
{
    struct json_object *o = json_document("romcompat-flash-check", 1), *warnings = json_list();

    json_add_text(o, "code", job->code);
    json_add_text(o, "vars", job->vars);
    json_add_text(o, "from", job->from);
    json_add(o, "migrate", verdict_object(&check->migrate));
    json_add(o, "cold_boot", verdict_object(&check->cold_boot));
    json_add(o, "measured", verdict_object(&check->measured));
    for (size_t i = 0; i < check->warnings.count; i++)
        json_append(warnings, json_string(check->warnings.list[i].what));
    json_add(o, "warnings", warnings);
    if (from)
        json_add(o, "launch_digests", digests_array(from, code));
    if (move)
        json_add(o, "move", move_object(move));
    json_print(o);
}

static int status_of(const struct job *job, const struct flash_check *check)
{
    const struct flash_verdict *counted[] = {&check->migrate, &check->cold_boot,
                                             job->confidential ? &check->measured : NULL};
    int status = STATUS_YES;

    for (size_t i = 0; i < 3 && counted[i]; i++) {
        if (counted[i]->answer == FLASH_NO)
            return STATUS_NO;
        if (counted[i]->answer != FLASH_YES)
            status = STATUS_NO_ANSWER;
    }
    return status;
}

static bool is_igvm(const struct flash_image *image)
{
    return image->kind == FLASH_FOREIGN && igvm_is(image->data, image->size);
}

/* A store goes with code, and with an IGVM file none. */
static int check_files(const struct job *job, const struct flash_image *code,
                       const struct flash_image *from)
{
    const struct flash_image *both[] = {code, from};
    struct failure f;

    for (int i = 0; i < 2 && both[i]; i++) {
        bool is_code = both[i]->kind == FLASH_CODE || both[i]->kind == FLASH_COMBINED;

        if (!is_code && !(is_igvm(code) && is_igvm(both[i]))) {
            flash_refuse(both[i], "firmware code", &f);
            return report(&f);
        }
        if (is_code && is_igvm(code))
            return complain("%s: not an IGVM file, as %s is", job->from, job->code);
    }
    if (is_igvm(code) && job->vars)
        return complain("%s: an IGVM file has no variable store: leave out --vars", job->code);
    return STATUS_YES;
}

static int answer(const struct job *job, const struct flash_image *code,
                  const struct flash_image *vars, const struct flash_image *from)
{
    struct confidential_move move = {0};
    struct flash_check check;
    int status;

    if (!is_igvm(code) && !job->vars)
        return usage_error(&flash_check_command, "--vars is missing");
    status = check_files(job, code, from);
    if (status != STATUS_YES)
        return status;
    if (is_igvm(code))
        flash_check_igvm(code, from, &check);
    else
        flash_check(code, vars, from, &check);
    if (job->confidential)
        flash_check_confidential(&check);
    if (job->mode)
        confidential_judge(code, (enum measure_mode)choice_index(measure_mode_names, job->mode),
                           job->qemu, job->root, &move);
    if (job->json) {
        print_json(job, &check, from, code, job->mode ? &move : NULL);
    } else {
        print_verdict("migrate", &check.migrate);
        print_verdict("cold-boot", &check.cold_boot);
        print_verdict("measured", &check.measured);
        if (from)
            print_digests(from, code);
        if (job->mode)
            print_move(&move);
        for (size_t i = 0; i < check.warnings.count; i++)
            print_line("warning: %s", check.warnings.list[i].what);
    }
    status = status_of(job, &check);
    flash_check_free(&check);
    return finish_output(status);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    struct flash_image code = {0}, vars = {0}, from = {0};
    struct digest_guest guest;
    struct failure f;
    int status;

    (void)operands;
    (void)count;
    if (job->confidential && !job->from)
        return usage_error(&flash_check_command, "--confidential needs --from");
    if (!job->confidential && job->mode)
        return usage_error(&flash_check_command, "--mode needs --confidential");
    if (job->qemu && !job->mode)
        return usage_error(&flash_check_command, "--qemu needs --mode");
    if (flash_open(job->code, &code, &f) != 0 ||
        (job->vars && flash_open_part(job->vars, job->size, &vars, &f) != 0) ||
        (job->from && flash_open(job->from, &from, &f) != 0))
        status = report(&f);
    else
        status = take_digest_guest(&flash_check_command, job->vcpus, job->cpu, &guest);
    if (status == STATUS_YES) {
        if (job->from) {
            flash_keep_digests(&code, &guest);
            flash_keep_digests(&from, &guest);
        }
        status = answer(job, &code, &vars, job->from ? &from : NULL);
    }
    flash_close(&code);
    flash_close(&vars);
    flash_close(&from);
    return status;
}

const struct command flash_check_command = {
    .name = "flash check",
    .summary = "answer whether a guest's variable store goes with a firmware",
    .synopsis = "--code CODE --vars VARS [--size SIZE] [--from OLD_CODE]\n"
                "    [--confidential [--mode MODE [--qemu FILE] [--root DIR]]]\n"
                "    [--vcpus N --cpu MODEL] [--json]\n"
                "--code FILE.igvm [--from OLD.igvm]\n"
                "    [--confidential [--mode MODE [--qemu FILE] [--root DIR]]] [--json]",
    .details =
        "Answers three separate questions: will the guest migrate to a host with CODE; will it\n"
        "start there with its variables, and keep them, once it has been powered off; and is the\n"
        "firmware the same, byte for byte, as a measured launch demands?\n"
        "With --from, the launch digests before and after are printed, as by flash diff.\n"
        "With --mode, a fourth answer says for the firmware, the host, its QEMU and its kernel\n"
        "whether such a guest may migrate to it; this does not change the status.\n"
        "\n"
        "The status is 1 if it will not migrate or not start with its variables; with\n"
        "--confidential, also if CODE is not the same as OLD_CODE.\n" FLASH_CONFIDENTIAL_NOTE,
    .options = options,
    .settings_size = sizeof(struct job),
    .defaults = &defaults,
    .run = run,
};
