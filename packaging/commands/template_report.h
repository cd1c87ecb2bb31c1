/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands that look for the template of a firmware share. */
#ifndef COMMANDS_TEMPLATE_REPORT_H
#define COMMANDS_TEMPLATE_REPORT_H

#include "commands/command.h"
#include "flash/template.h"

struct json_object;

#define LIBVIRT_LIST_OPTION(settings, member)                                           \
    {                                                                                   \
        "libvirt-nvram", .argument = "LIST",                                            \
                         .help = "libvirt's list of CODE:VARS, or a qemu.conf with it", \
                         STRING_AT(settings, member)                                    \
    }
#define ROOT_OPTION(settings, member)                                                     \
    {                                                                                     \
        "root", .argument = "DIR",                                                        \
                .help = "look for templates with DIR as the root directory (default: /)", \
                STRING_AT(settings, member)                                               \
    }

struct chosen_template {
    struct template_search search;
    char *code_file; /* the code, as a file of this host */
    char *file;      /* the first template, the same; NULL where there is none */
};

/* `name` is a path below `root` (NULL or "/": this host), which it may also begin with. */
int choose_template(const char *name, const char *root, const char *list,
                    struct chosen_template *chosen, struct failure *f);
void chosen_template_free(struct chosen_template *chosen);

/* The root without its last slashes, to be freed; NULL for the host itself. */
char *plain_root(const char *root);

/* Who answered: "/usr/share/qemu/firmware/60-edk2-x86_64.json", "libvirt's default". */
const char *template_source_text(const struct template_answer *answer);

struct json_object *template_object(const struct template_answer *answer);

#endif
