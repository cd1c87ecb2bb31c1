/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/igvm_report.h"

#include <inttypes.h>

#include "base/hex.h"
#include "base/text.h"
#include "commands/columns.h"
#include "commands/command.h"
#include "outputs/json.h"

static void print_platform(struct columns *c, const struct igvm_platform *p)
{
    columns_add(c, "%s", igvm_platform_name(p->type));
    if (p->has_policy)
        columns_add(c, "0x%" PRIx64, p->policy);
    else
        columns_add(c, "-");
    columns_add(c, "%s", igvm_may_migrate(p) ? "yes" : "no");
    columns_add(c, "%" PRIu64, p->measured);
    columns_add(c, "%" PRIu64, p->unmeasured);
    columns_add(c, "%" PRIu64, p->secrets);
    columns_add(c, "%" PRIu64, p->cpuid);
    columns_add(c, "%zu", p->vcpus);
}

void igvm_print(const struct igvm *igvm)
{
    char hex[2 * IGVM_DIGEST_SIZE + 1];
    struct columns c;

    print_line("  IGVM version %u, for %s, %zu header%s", igvm->version,
               igvm->aarch64 ? "aarch64" : "x86_64", igvm->header_count,
               PLURAL(igvm->header_count));
    if (igvm->defect)
        print_line("  error: %s (at 0x%zx)", igvm->defect, igvm->defect_at);
    columns_init(&c, "lrlrrrrr", "PLATFORM", "POLICY", "MAY MIGRATE", "MEASURED", "UNMEASURED",
                 "SECRETS", "CPUID", "VCPUS", NULL);
    for (size_t i = 0; i < IGVM_PLATFORMS_MAX; i++) {
        if (igvm->platforms[i].present)
            print_platform(&c, &igvm->platforms[i]);
    }
    columns_print(&c, 2);
    for (size_t i = 0; i < IGVM_PLATFORMS_MAX; i++) {
        const struct igvm_platform *p = &igvm->platforms[i];

        if (p->present && p->has_id_block)
            print_line("  its ID block for %s has the launch digest %s",
                       igvm_platform_name(p->type),
                       hex_encode(p->launch_digest, IGVM_DIGEST_SIZE, hex));
    }
}

static struct json_object *platform_object(const struct igvm_platform *p)
{
    struct json_object *o = json_new();
    char hex[2 * IGVM_DIGEST_SIZE + 1];

    json_add_text(o, "platform", igvm_platform_name(p->type));
    json_add_number(o, "version", p->version);
    json_add_number(o, "highest_vtl", p->highest_vtl);
    json_add(o, "policy", p->has_policy ? json_number(p->policy) : NULL);
    json_add_flag(o, "may_migrate", igvm_may_migrate(p));
    json_add_number(o, "measured_pages", p->measured);
    json_add_number(o, "unmeasured_pages", p->unmeasured);
    json_add_number(o, "secrets_pages", p->secrets);
    json_add_number(o, "cpuid_pages", p->cpuid);
    json_add_number(o, "vcpus", p->vcpus);
    json_add_text(o, "launch_digest",
                  p->has_id_block ? hex_encode(p->launch_digest, IGVM_DIGEST_SIZE, hex) : NULL);
    return o;
}

struct json_object *igvm_object(const struct igvm *igvm)
{
    struct json_object *o = json_new(), *list = json_list();

    json_add_number(o, "version", igvm->version);
    json_add_text(o, "architecture", igvm->aarch64 ? "aarch64" : "x86_64");
    json_add_number(o, "headers", igvm->header_count);
    json_add_text(o, "defect", igvm->defect);
    for (size_t i = 0; i < IGVM_PLATFORMS_MAX; i++) {
        if (igvm->platforms[i].present)
            json_append(list, platform_object(&igvm->platforms[i]));
    }
    json_add(o, "platforms", list);
    return o;
}
