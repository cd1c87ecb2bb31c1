/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/digest_report.h"

#include <string.h>

#include "formats/cpu_signature.h"
#include "outputs/json.h"

int choice_index(const char *const *names, const char *name)
{
    int i = 0;

    while (strcmp(names[i], name) != 0)
        i++;
    return i;
}

int take_cpu_model(const char *cpu, uint32_t *signature)
{
    if (cpu_signature_of_model(cpu, signature))
        return STATUS_YES;
    return complain("--cpu: no signature is known of '%s' (known: %s, and their versions)", cpu,
                    CPU_SIGNATURE_MODELS);
}

int take_digest_guest(const struct command *me, unsigned vcpus, const char *cpu,
                      struct digest_guest *guest)
{
    *guest = (struct digest_guest){.vcpus = vcpus};
    if (!vcpus != !cpu)
        return usage_error(me, "--vcpus and --cpu need each other");
    return cpu ? take_cpu_model(cpu, &guest->signature) : STATUS_YES;
}

void print_digest(const char *path, const char *kind, const char *old, const char *new)
{
    print_line("launch digest %s%s%s", kind, path ? " of " : "", path ? path : "");
    print_line("  old  %s", *old ? old : "none");
    print_line("  new  %s", *new ? new : "none");
}

struct json_object *digest_object(const char *path, const char *kind, const char *old,
                                  const char *new)
{
    struct json_object *o = json_new();

    json_add_text_if(o, "path", path);
    json_add_text(o, "kind", kind);
    json_add_text(o, "old", *old ? old : NULL);
    json_add_text(o, "new", *new ? new : NULL);
    return o;
}
