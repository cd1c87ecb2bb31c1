/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "commands/flash_report.h"
#include "commands/maps.h"
#include "commands/template_report.h"
#include "flash/check.h"
#include "flash/launch.h"
#include "outputs/json.h"

extern const struct command flash_args_command;

struct job {
    const char *code, *vars, *machine, *template, *list, *form;
    uint64_t size;
    bool force, json;
};

static const char *const form_names[] = {"qemu", "blockdev", "libvirt", "xl", NULL};

static const struct option_spec options[] = {
    {"code", .argument = "CODE",
     .help = "the firmware; without --vars, an image that works with -bios",
     STRING_AT(struct job, code), .required = true},
    {"vars", .argument = "VARS", .help = "the guest's own variable store",
     STRING_AT(struct job, vars)},
    {"machine", 'M', "MACHINE", "the machine type (default: q35 for x86, else virt)",
     STRING_AT(struct job, machine)},
    STORE_SIZE_OPTION(struct job, size),
    {"template", .argument = "FILE",
     .help = "the template that libvirt makes a missing store from; default: the\n"
             "one that 'flash map' finds",
     STRING_AT(struct job, template)},
    LIBVIRT_LIST_OPTION(struct job, list),
    {"form", .argument = "NAME",
     .help = "print only one form, for pasting: qemu, blockdev, libvirt or xl",
     CHOICE_AT(struct job, form), .words = form_names},
    {"force", .help = "print them even if the store does not go with the code",
     FLAG_AT(struct job, force)},
    JSON_OPTION(struct job, json),
    {0},
};

/* --- for a person -------------------------------------------------------------------------- */

static const char *const titles[] = {"QEMU", "QEMU, with -blockdev",
                                     "libvirt, elements of <domain>", "Xen, for xl.cfg"};
enum { FORM_COUNT = sizeof titles / sizeof *titles };

/* NULL: there is no such thing for this guest. */
static char *form_text(const struct launch *l, size_t form)
{
    switch (form) {
    case 0:
        return launch_shell(l, false);
    case 1:
        return launch_shell(l, true);
    case 2:
        return launch_libvirt(l);
    default:
        return launch_xl(l);
    }
}

static int print_form(const struct launch *l, const char *name)
{
    size_t i = 0;

    while (strcmp(form_names[i], name) != 0)
        i++;
    char *text = form_text(l, i);
    if (!text) {
        complain("%s: there is no way to start this with %s", l->code_path, name);
        for (i = 0; i < l->note_count && strcmp(name, "libvirt") == 0; i++) {
            if (strstr(l->notes[i], "libvirt"))
                complain("%s", l->notes[i]);
        }
        return STATUS_NO;
    }
    fputs(text, stdout);
    free(text);
    return STATUS_YES;
}

static void print_all(const struct launch *l)
{
    for (size_t i = 0; i < FORM_COUNT; i++) {
        char *text = form_text(l, i);

        /* The two are the same without flash. */
        if (text && !(i == 1 && (!l->vars || l->uefi_vars)))
            printf("# %s\n%s\n", titles[i], text);
        free(text);
    }
    print_line("# Machine types: %s", l->families);
    for (size_t i = 0; i < l->note_count; i++)
        print_line("# %s", l->notes[i]);
}

/* --- for programs ---------------------------------------------------------------------------- */

static struct json_object *words_array(const struct launch *l, bool blockdev)
{
    struct json_object *array = json_list();
    char **words = launch_words(l, blockdev);

    for (char **w = words; *w; w++)
        json_append(array, json_string(*w));
    launch_words_free(words);
    return array;
}

static struct json_object *form_object(const struct launch *l, size_t form)
{
    char *text = form_text(l, form);
    struct json_object *o = json_string(text);

    free(text);
    return o;
}

static void print_json(const struct launch *l, const struct flash_verdict *boots)
{
    struct json_object *o = json_document("romcompat-flash-args", 1), *notes = json_list();

    json_add_text(o, "code", l->code_path);
    json_add_text(o, "vars", l->vars_path);
    json_add_text(o, "template", l->template_path);
    json_add_text(o, "architecture", flash_architecture_name(l->code->architecture));
    json_add_text(o, "machine", l->machine);
    json_add_text(o, "machine_types", l->families);
    json_add_flag(o, "smm", l->smm);
    json_add_text(o, "cold_boot", boots ? flash_answer_name(boots->answer) : NULL);
    json_add(o, "qemu", words_array(l, false));
    json_add(o, "blockdev", words_array(l, true));
    json_add(o, "libvirt", form_object(l, 2));
    json_add(o, "xl", form_object(l, 3));
    for (size_t i = 0; i < l->note_count; i++)
        json_append(notes, json_string(l->notes[i]));
    json_add(o, "notes", notes);
    json_print(o);
}

/* --- deciding --------------------------------------------------------------------------------- */

/* Whether the guest would start with this pair and keep its variables. */
static int check_pair(const struct job *job, const struct flash_verdict *v)
{
    if (v->answer == FLASH_YES)
        return STATUS_YES;
    struct failure f;

    fail(&f, "%s: %s", job->vars, v->text);
    fail_hint(&f, "%s", v->fix);
    report(&f);
    if (v->answer == FLASH_UNKNOWN_ANSWER || job->force)
        return STATUS_YES;
    fputs("--force prints the arguments anyway.\n", stderr);
    return STATUS_NO;
}

/* Whether libvirt could make the store from it: the same format, for it copies the bytes
 * (src/qemu/qemu_process.c, qemuPrepareNVRAM()), and one that goes with the code. */
static bool template_serves(const char *file, const struct flash_image *code,
                            const struct flash_image *vars)
{
    struct flash_image template = {0};
    struct failure f;
    bool serves = flash_open(file, &template, &f) == 0 && template.qcow2 == vars->qcow2 &&
                  flash_check_cold_boot(code, &template).answer == FLASH_YES;

    flash_close(&template);
    return serves;
}

/* The name that `flash map` has for the template; NULL where it has none. Whoever wants to
 * know why asks that. */
static char *find_template(const struct job *job, const struct flash_image *code,
                           const struct flash_image *vars)
{
    struct chosen_template chosen;
    struct failure f;
    char *name = NULL;

    if (choose_template(job->code, NULL, job->list, &chosen, &f) != 0)
        return NULL;
    if (chosen.file && template_serves(chosen.file, code, vars))
        name = xstrdup(chosen.search.answers[0].filename);
    chosen_template_free(&chosen);
    return name;
}

static int answer(const struct job *job, const struct flash_image *code,
                  const struct flash_image *vars)
{
    struct flash_verdict boots;
    struct launch l;
    struct failure f;
    int status = STATUS_YES;
    char *found = vars && !job->template ? find_template(job, code, vars) : NULL;

    int result = launch_decide(code, vars, job->machine, found ? found : job->template, &l, &f);
    free(found);
    if (result != 0) {
        report(&f);
        return result > 0 ? STATUS_NO : STATUS_NO_ANSWER;
    }
    if (vars) {
        boots = flash_check_cold_boot(code, vars);
        status = check_pair(job, &boots);
    }
    if (status == STATUS_YES && job->json)
        print_json(&l, vars ? &boots : NULL);
    else if (status == STATUS_YES && job->form)
        status = print_form(&l, job->form);
    else if (status == STATUS_YES)
        print_all(&l);
    launch_free(&l);
    return finish_output(status);
}

/* --- the command line ------------------------------------------------------------------------ */

static int check_usage(const struct job *job)
{
    const struct command *c = &flash_args_command;

    if (job->form && job->json)
        return usage_error(c, "--form and --json exclude each other");
    if (job->template && !job->vars)
        return usage_error(c, "--template needs --vars");
    if (job->size && !job->vars)
        return usage_error(c, "--size needs --vars");
    if (job->template && job->list)
        return usage_error(c, "--template and --libvirt-nvram exclude each other");
    return STATUS_YES;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    struct flash_image code = {0}, vars = {0};
    struct failure f;
    int status = check_usage(job);

    (void)operands;
    (void)count;
    if (status != STATUS_YES)
        return status;
    if (flash_open(job->code, &code, &f) != 0 ||
        (job->vars && flash_open_part(job->vars, job->size, &vars, &f) != 0))
        status = report(&f);
    else
        status = answer(job, &code, job->vars ? &vars : NULL);
    flash_close(&code);
    flash_close(&vars);
    return status;
}

const struct command flash_args_command = {
    .name = "flash args",
    .summary = "print how QEMU, libvirt and xl start a guest with a firmware and its store",
    .synopsis = "--code CODE [--vars VARS [--size SIZE]] [-M MACHINE]\n"
                "    [--template FILE | --libvirt-nvram LIST] [--form NAME] [--force] [--json]",
    .details =
        "The store is checked against the code first: where 'romcompat flash check' says that the\n"
        "guest would not start, or not with its variables, nothing is printed but the reason, and\n"
        "the status is 1. Without --vars the image must be one that works with -bios.\n"
        "Paths are made absolute, and quoted for the shell, XML or xl.cfg.",
    .options = options,
    .settings_size = sizeof(struct job),
    .run = run,
};
