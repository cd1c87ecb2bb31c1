/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands about launch digests share: flash measure, flash diff, flash check. */
#ifndef COMMANDS_DIGEST_REPORT_H
#define COMMANDS_DIGEST_REPORT_H

#include "commands/command.h"
#include "flash/digests.h"

struct json_object;

#define GUEST_OPTIONS(settings, vcpus_member, cpu_member)                             \
    {"vcpus",                                                                         \
     .argument = "N",                                                                 \
     .help = "the number of vCPUs of a guest, for the digests of SEV-ES and SNP",     \
     NUMBER_AT(settings, vcpus_member),                                               \
     .least = 1,                                                                      \
     .most = MEASURE_VCPUS_MAX},                                                      \
    {                                                                                 \
        "cpu", .argument = "MODEL", .help = "their CPU model, by QEMU's name for it", \
               STRING_AT(settings, cpu_member)                                        \
    }

/* The number of a word that a choice's option has checked. */
int choice_index(const char *const *names, const char *name);

/* The signature of QEMU's CPU model that --cpu names. STATUS_YES, or a report. */
int take_cpu_model(const char *cpu, uint32_t *signature);

/* The guest that these options describe; without them there is none. STATUS_YES, or a report. */
int take_digest_guest(const struct command *me, unsigned vcpus, const char *cpu,
                      struct digest_guest *guest);

/* One digest, before and after; `path` may be NULL. */
void print_digest(const char *path, const char *kind, const char *old, const char *new);
struct json_object *digest_object(const char *path, const char *kind, const char *old,
                                  const char *new);

#endif
