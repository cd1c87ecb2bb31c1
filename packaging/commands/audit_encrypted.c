/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat audit` says of guests whose memory is encrypted. */
#include "commands/audit_encrypted.h"

#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "base/text.h"
#include "commands/command.h"
#include "outputs/json.h"

enum { NAMED_MAX = 8 }; /* of a list for a person */

char *audit_encrypted_guests(const struct encrypted_guests *all, const struct encrypted_kind *kind)
{
    struct text text;
    FILE *to = text_begin(&text);

    for (size_t i = 0; i < kind->guest_count && i < NAMED_MAX; i++)
        fprintf(to, "%s%s of %s", i ? ", " : "",
                kind->guests[i].name ? kind->guests[i].name : "one without a name",
                all->hosts[kind->guests[i].host].name);
    if (kind->guest_count > NAMED_MAX)
        fprintf(to, " and %zu more", kind->guest_count - NAMED_MAX);
    return text_end(&text);
}

char *audit_encrypted_hosts(const struct encrypted_guests *all, const struct encrypted_kind *kind)
{
    struct text text;
    FILE *to = text_begin(&text);

    if (!kind->starts_count)
        fputs("no host", to);
    for (size_t i = 0; i < kind->starts_count && i < NAMED_MAX; i++)
        fprintf(to, "%s%s", i ? ", " : "", all->hosts[kind->starts_on[i]].name);
    if (kind->starts_count > NAMED_MAX)
        fprintf(to, " and %zu more", kind->starts_count - NAMED_MAX);
    if (kind->starts_unknown)
        fprintf(to, "; not known for %zu", kind->starts_unknown);
    return text_end(&text);
}

void audit_print_encrypted(const struct encrypted_guests *all)
{
    for (size_t i = 0; i < all->kind_count; i++) {
        const struct encrypted_kind *kind = &all->kinds[i];
        char *guests = audit_encrypted_guests(all, kind), *hosts = audit_encrypted_hosts(all, kind);

        if (!i)
            putchar('\n');
        print_line("Guests with encrypted memory (%s): %s", kind->encryption, guests);
        print_line("  migrate  %s%s%s", flash_answer_name(kind->migrate), kind->why ? ": " : "",
                   kind->why ? kind->why : "");
        print_line("  start    on %s", hosts);
        free(hosts);
        free(guests);
    }
}

static struct json_object *kind_object(const struct encrypted_guests *all,
                                       const struct encrypted_kind *kind)
{
    struct json_object *o = json_new(), *guests = json_list(), *hosts = json_list();

    for (size_t i = 0; i < kind->guest_count; i++) {
        struct json_object *guest = json_new();

        json_add_text(guest, "host", all->hosts[kind->guests[i].host].name);
        json_add_text(guest, "guest", kind->guests[i].name);
        json_append(guests, guest);
    }
    for (size_t i = 0; i < kind->starts_count; i++)
        json_append(hosts, json_string(all->hosts[kind->starts_on[i]].name));
    json_add_text(o, "encryption", kind->encryption);
    json_add(o, "guests", guests);
    json_add_text(o, "migrate", flash_answer_name(kind->migrate));
    json_add_text(o, "why", kind->why);
    json_add(o, "starts_on", hosts);
    json_add_number(o, "starts_not_known", kind->starts_unknown);
    return o;
}

struct json_object *audit_encrypted_objects(const struct encrypted_guests *all)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < all->kind_count; i++)
        json_append(list, kind_object(all, &all->kinds[i]));
    return list;
}
