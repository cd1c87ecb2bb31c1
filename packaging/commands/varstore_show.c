/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/varstore_show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "base/hex.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/flash_report.h"
#include "commands/maps.h"
#include "outputs/json.h"

struct job {
    uint64_t size;
    const char *date;
    bool all, json;
    int64_t now;
};

static const struct option_spec options[] = {
    {"all", .help = "list hashes, too", FLAG_AT(struct job, all)},
    {"date", .argument = "DAY",
     .help = "mark certificates that have expired on that day (YYYY-MM-DD; default: today)",
     STRING_AT(struct job, date)},
    STORE_SIZE_OPTION(struct job, size),
    JSON_OPTION(struct job, json),
    {0},
};

extern const struct command varstore_show_command;

/* --- for a person ------------------------------------------------------------------------ */

static void print_certificate(const struct shown_store *s, const struct key *key)
{
    const struct certificate *c = &key->certificate;
    const char *owner = owner_name(key->signature.owner);
    char guid[GUID_TEXT_SIZE];

    print_line("    %s", c->name);
    print_line("      subject  %s", c->subject);
    print_line("      issuer   %s", c->issuer);
    print_line("      serial   %s", c->serial);
    print_line("      SHA-256  %s", c->sha256);
    print_line("      valid    %s to %s%s", c->not_before, c->not_after,
               certificate_expired(s, c) ? ", expired"
               : c->from > s->now        ? ", not yet"
                                         : "");
    print_line("      owner    %s%s%s%s", guid_text(key->signature.owner, guid), owner ? " (" : "",
               owner ? owner : "", owner ? ")" : "");
}

static void print_hash(const struct key *key)
{
    const struct signature *sig = &key->signature;
    size_t shown = sig->size < 80 ? sig->size : 80;
    char *hex = hex_encode(sig->data, shown, xmalloc(2 * shown + 1)), guid[GUID_TEXT_SIZE];

    print_line("    %s %s%s, owner %s", signature_kind_name(sig->kind), hex,
               shown < sig->size ? "..." : "", guid_text(sig->owner, guid));
    free(hex);
}

/* "443 sha256, 1 x509" */
static char *kinds_text(const struct keys *keys)
{
    struct text text;
    FILE *to = text_begin(&text);
    const char *comma = "";

    for (int i = 0; i < SIGNATURE_KINDS; i++) {
        if (!keys->kinds[i])
            continue;
        fprintf(to, "%s%zu %s", comma, keys->kinds[i], signature_kind_name((enum signature_kind)i));
        comma = ", ";
    }
    return text_end(&text);
}

static void print_keys(const struct shown_store *s, enum key_list list)
{
    const struct keys *keys = &s->secure_boot.lists[list];

    if (!keys->variable) {
        if (list <= LIST_DBX)
            print_line("  %s: none", key_list_name(list));
        return;
    }
    char *kinds = kinds_text(keys);
    print_line("  %s: %zu %s%s%s%s", key_list_name(list), keys->count,
               keys->count == 1 ? "entry" : "entries", *kinds ? " (" : "", kinds,
               *kinds ? ")" : "");
    free(kinds);
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->list[i];

        if (key->is_certificate)
            print_certificate(s, key);
        else if (key->signature.kind == SIGNATURE_X509)
            print_line("    entry %zu: not a valid certificate", i);
        else if (s->all)
            print_hash(key);
    }
    if (keys->broken)
        print_line("    error: at byte %zu %s; the rest is not read", keys->broken_at,
                   keys->broken);
}

static void print_known(const struct shown_store *s)
{
    for (int i = 0; i < KNOWN_CERTIFICATES; i++)
        print_line("    %-3s %-4s %s", key_list_name(known_certificate_list(i)),
                   s->secure_boot.known[i] ? "yes" : "no", known_certificate_name(i));
}

static void print_boot_option(const struct boot_option *b)
{
    const struct device_path *path = &b->option.path;

    if (!b->sound) {
        print_line("    Boot%04X  damaged", b->number);
        return;
    }
    print_line("    Boot%04X%s %s%s%s", b->number, b->option.active ? "*" : " ",
               b->option.description, b->option.hidden ? " (hidden)" : "",
               b->ordered ? "" : " (not in BootOrder)");
    if (path->text[0])
        print_line("      %s%s%s", path->text, path->cut ? "..." : "",
                   path->broken ? " (damaged)" : "");
    if (path->has_mac || path->has_disk_id)
        print_line("      names %s: a clone with another does not find it",
                   path->has_mac ? "a MAC address" : "the identity of a disk");
}

static void print_boot(const struct boot_options *o)
{
    print_line("  boot options, in their order%s", o->count ? ":" : ": none");
    if (o->has_next)
        print_line("    once, before the others: Boot%04X", o->next);
    for (size_t i = 0; i < o->count; i++)
        print_boot_option(&o->list[i]);
    for (size_t i = 0; i < o->missing_count; i++)
        print_line("    Boot%04X  is in BootOrder and does not exist", o->missing[i]);
}

static void print_room(const struct varstore *s)
{
    struct varstore_room room;

    varstore_room(s, &room);
    print_line("  room: %zu bytes free, %zu after a reclaim; today's dbx (%d bytes) %s%s",
               room.free, room.after_reclaim, VARSTORE_DBX_TODAY,
               room.largest >= VARSTORE_DBX_TODAY ? "fits" : "does not fit",
               room.after_reclaim < VARSTORE_STARVED ? "; the firmware will not start"
               : room.after_reclaim < VARSTORE_TIGHT ? "; nearly full"
                                                     : "");
}

static void print_health(const struct flash_image *image)
{
    char text[VARSTORE_PROBLEM_TEXT_MAX];
    const struct varstore *s = &image->store;

    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++)
        print_line("  health: %s", varstore_problem_text(&s->problems[i], text));
    if (!s->problem_count)
        print_line("  health: no damage%s",
                   s->ftw.state == FTW_PENDING ? "; a pending write is shown as completed" : "");
}

static void print_store(const struct shown_store *s)
{
    const struct flash_image *image = s->image;

    print_line("%s: %s, %zu variable%s", image->path,
               image->has_list          ? flash_kind_name(image->kind)
               : s->live->store->layout ? s->live->store->layout->name
                                        : "unknown layout",
               s->live->store->live_count, PLURAL(s->live->store->live_count));
    print_line("  Secure Boot: %s%s%s", secure_boot_state_name(s->secure_boot.state),
               s->secure_boot.sbat[0] ? "; SBAT level " : "", s->secure_boot.sbat);
    for (int i = 0; i < KEY_LISTS; i++)
        print_keys(s, (enum key_list)i);
    print_line("  Microsoft's certificates:");
    print_known(s);
    print_boot(&s->boot);
    if (image->has_store) {
        print_room(s->live->store);
        print_health(image);
    }
}

/* --- the command --------------------------------------------------------------------------- */

static bool has_damage(const struct shown_store *s)
{
    bool damage = false;

    for (int i = 0; i < KEY_LISTS; i++) {
        const struct keys *keys = &s->secure_boot.lists[i];

        damage |= keys->broken != NULL;
        for (size_t k = 0; k < keys->count; k++)
            damage |=
                keys->list[k].signature.kind == SIGNATURE_X509 && !keys->list[k].is_certificate;
    }
    return damage;
}

static int show(const struct job *job, const struct flash_image *image, struct json_object *stores)
{
    struct live_store live;
    struct failure f;
    int status;

    if (live_store_open(image, &live, &f) != 0)
        return report(&f);
    struct shown_store shown = {.image = image, .live = &live, .now = job->now, .all = job->all};
    secure_boot_read(&live, &shown.secure_boot);
    boot_options_read(&live, &shown.boot);
    if (job->json)
        json_append(stores, shown_store_object(&shown));
    else
        print_store(&shown);
    status = has_damage(&shown) ? STATUS_NO : STATUS_YES;
    boot_options_free(&shown.boot);
    secure_boot_free(&shown.secure_boot);
    live_store_close(&live);
    return status;
}

static int show_all(const struct job *job, char **operands, size_t count)
{
    struct json_object *stores = json_list();
    int status = STATUS_YES;

    for (size_t i = 0; i < count; i++) {
        struct flash_image image;
        struct failure f;
        int one = flash_open_part(operands[i], job->size, &image, &f) != 0
                      ? report(&f)
                      : show(job, &image, stores);

        flash_close(&image);
        status = one > status ? one : status;
    }
    if (job->json) {
        struct json_object *o = json_document("romcompat-varstore-show", 1);

        json_add(o, "stores", stores);
        json_print(o);
    } else {
        json_object_put(stores);
    }
    return finish_output(status);
}

static int run(void *settings, char **operands, size_t count)
{
    struct job *job = settings;
    int64_t days;

    job->now = time(NULL);
    if (job->date && !date_parse(job->date, &days))
        return usage_error(&varstore_show_command,
                           "--date: '%.40s' is not a date (expected YYYY-MM-DD)", job->date);
    if (job->date)
        job->now = days * 86400;
    return show_all(job, operands, count);
}

const struct command varstore_show_command = {
    .name = "varstore show",
    .summary = "show Secure Boot, its certificates and the boot options in stores",
    .synopsis = "[--all] [--date DAY] [--size SIZE] [--json] FILE...",
    .details =
        "Shows whether Secure Boot is on, off or in setup mode; PK, KEK, db, dbx and shim's\n"
        "MokList and MokListX, with every certificate and the number of hashes; which of\n"
        "Microsoft's certificates of 2011 and 2023 are in them; the boot options with their\n"
        "device paths as UEFI prints them; the space that is left, and damage. FILE is a store of\n"
        "any kind that 'flash inspect' knows.\n"
        "\n"
        "The status is 1 if a list of keys is damaged, or holds an invalid certificate.",
    .options = options,
    .settings_size = sizeof(struct job),
    .operand = "a FILE",
    .least = 1,
    .run = run,
};
