/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "commands/audit_encrypted.h"
#include "commands/audit_stores.h"
#include "commands/columns.h"
#include "commands/command.h"
#include "commands/maps.h"
#include "formats/qemu_versions.h"
#include "outputs/escape.h"
#include "outputs/json.h"
#include "outputs/json_stream.h"

/* What a terminal shows; --json and --svg have more. */
enum { MATRIX_SHOWN = 40, HOSTS_SHOWN = 4 };

static const char *length_text(fleet_length length, char text[SIZE_TEXT_MAX])
{
    return size_format(UINT64_C(1) << length, text);
}

char *audit_roms_text(const struct fleet *fleet, uint64_t roms)
{
    const char *separator = "";
    struct text text;
    FILE *out = text_begin(&text);

    for (size_t r = 0; r < fleet->rom_count; r++) {
        if (!(roms >> r & 1))
            continue;
        fprintf(out, "%s%s", separator, fleet->roms[r]);
        separator = ", ";
    }
    return text_end(&text);
}

char *audit_classes_text(const size_t *classes, size_t count)
{
    struct text text;
    FILE *out = text_begin(&text);

    for (size_t i = 0, last; i < count; i = last + 1) {
        last = i;
        while (last + 1 < count && classes[last + 1] == classes[last] + 1)
            last++;
        fprintf(out, "%s%zu", i ? ", " : "", classes[i] + 1);
        if (last > i + 1)
            fprintf(out, "..%zu", classes[last] + 1);
        else
            last = i;
    }
    return text_end(&text);
}

/* --- for a person -------------------------------------------------------------------------------
 */

static void add_lines(struct columns *c, const struct fleet_class *class)
{
    columns_add(c, "%s", class->labels[0]);
    for (size_t i = 1; i < class->label_count && i < FLEET_LABELS_MAX; i++) {
        columns_add(c, "%s", "");
        columns_add(c, "%s", "");
        columns_add(c, "%s", class->labels[i]);
    }
    if (class->label_count > FLEET_LABELS_MAX) {
        columns_add(c, "%s", "");
        columns_add(c, "%s", "");
        columns_add(c, "and %zu more", class->label_count - FLEET_LABELS_MAX);
    }
}

static void print_classes(const struct fleet *fleet)
{
    struct columns c;

    columns_init(&c, "rrl");
    columns_add(&c, "class");
    columns_add(&c, "hosts");
    columns_add(&c, "what they have");
    for (size_t i = 0; i < fleet->class_count; i++) {
        columns_add(&c, "%zu", i + 1);
        columns_add(&c, "%zu", fleet->classes[i].hosts);
        add_lines(&c, &fleet->classes[i]);
    }
    columns_print(&c, 0);
}

/* The hosts stand in the order of their classes. */
static void print_hosts(const struct fleet *fleet, bool all)
{
    size_t at = 0;

    putchar('\n');
    for (size_t i = 0; i < fleet->class_count; i++) {
        size_t count = fleet->classes[i].hosts;
        size_t shown = all || count <= HOSTS_SHOWN ? count : HOSTS_SHOWN;
        struct text names;
        FILE *out = text_begin(&names);

        for (size_t k = 0; k < shown; k++)
            fprintf(out, "%s%s", k ? ", " : "", fleet->hosts[at + k].name);
        if (shown < count)
            fprintf(out, " and %zu more", count - shown);
        char *text = text_end(&names);
        print_line("class %zu: %s", i + 1, text);
        free(text);
        at += count;
    }
}

static void print_matrix(const struct exchange *e)
{
    static const char marks[] = {[EXCHANGE_SELF] = ' ',
                                 [EXCHANGE_YES] = '.',
                                 [EXCHANGE_LACKS] = 'm',
                                 [EXCHANGE_UNKNOWN] = '?',
                                 [EXCHANGE_NO] = 'X'};
    size_t n = e->fleet->class_count;

    if (n < 2 || n > MATRIX_SHOWN)
        return;
    printf("\nfrom \\ to");
    for (size_t to = 0; to < n; to++)
        printf(" %2zu", to + 1);
    putchar('\n');
    for (size_t from = 0; from < n; from++) {
        printf("%9zu", from + 1);
        for (size_t to = 0; to < n; to++)
            printf("  %c", marks[e->verdicts[from * n + to]]);
        putchar('\n');
    }
    puts(". lands   X refused   m lands, but some machine types or firmware images are not there"
         "   ? not known");
}

char *audit_pair_text(const struct exchange_refusal *p)
{
    const struct qemu_pair *pair = p->pair;

    return xasprintf("QEMU %u.%u is known to refuse guests of QEMU %u.%u with %s%s: '%s' (%s)",
                     pair->to_first.major, pair->to_first.minor, pair->from_first.major,
                     pair->from_first.minor, pair->what,
                     p->is_unknown ? "; whether guests have that is not known" : "", pair->message,
                     pair->source);
}

static void print_what(const struct exchange_refusal *p)
{
    char from[SIZE_TEXT_MAX], to[SIZE_TEXT_MAX];

    switch (p->reason) {
    case EXCHANGE_LENGTH:
        print_line("  the guest has %s, the destination has %s", length_text(p->from, from),
                   length_text(p->to, to));
        break;
    case EXCHANGE_FILE:
        print_line("  the guest has %s, the destination has no file: its QEMU does not start",
                   length_text(p->from, from));
        break;
    case EXCHANGE_IMAGE_LENGTH:
        print_line("  the destination's firmware image has another length");
        break;
    case EXCHANGE_IMAGE:
        print_line("  the destination does not have the firmware image: QEMU does not start%s",
                   p->is_needed ? "" : " (no guest is known to need it)");
        break;
    case EXCHANGE_MACHINE:
        print_line("  the destination's QEMU does not have the machine type%s",
                   p->is_needed ? "" : " (no guest is known to need it)");
        break;
    case EXCHANGE_QEMU: {
        char *why = audit_pair_text(p);

        print_line("  %s", why);
        puts("  no ROM and no map changes that: such a guest moves only by a cold start there");
        free(why);
        break;
    }
    }
}

/* With the lengths of the first pair, and its package, where it is known. */
static void print_images(const struct exchange *e, const struct exchange_refusal *p)
{
    const struct fleet_class *a = &e->fleet->classes[p->pairs[0].from],
                             *b = &e->fleet->classes[p->pairs[0].to];
    bool doubtful = false;

    for (size_t i = 0; i < e->fleet->image_count; i++) {
        const struct inventory_firmware *image =
            fleet_has_image(&p->images, i) ? inventory_find_firmware(&a->inv, e->fleet->images[i])
                                           : NULL;

        if (!fleet_has_image(&p->images, i))
            continue;
        char *package =
            image && image->package.name ? xasprintf(", of %s", image->package.name) : xstrdup("");
        if (b->images[i])
            print_line("  firmware       %s (%" PRIu64 " bytes on class %" PRIu32 ", %" PRIu64
                       " on class %" PRIu32 ")%s",
                       e->fleet->images[i], a->images[i], p->pairs[0].from + 1, b->images[i],
                       p->pairs[0].to + 1, package);
        else
            print_line("  firmware       %s%s", e->fleet->images[i], package);
        free(package);
        doubtful |= a->doubtful > 0;
    }
    if (doubtful && p->is_needed)
        print_line("  Of %zu guest%s on class %" PRIu32
                   " the inventory does not say which firmware "
                   "they have.",
                   a->doubtful, PLURAL(a->doubtful), p->pairs[0].from + 1);
}

static void print_refusal(const struct exchange *e, const struct exchange_refusal *p)
{
    struct exchange_block *blocks;
    size_t count = exchange_blocks(e, p, &blocks), machine_count;
    size_t *machines = exchange_machines_of(e, p, &machine_count);
    char *text = exchange_machines_text(e->fleet, machines, machine_count);

    putchar('\n');
    for (size_t i = 0; i < count; i++) {
        char *from = audit_classes_text(blocks[i].from, blocks[i].from_count);
        char *to = audit_classes_text(blocks[i].to, blocks[i].to_count);

        print_line("%s %s -> %s",
                   !p->is_needed   ? "lacks  "
                   : p->is_unknown ? "unknown"
                                   : "refused",
                   from, to);
        free(from);
        free(to);
    }
    print_what(p);
    if (p->roms) {
        char *roms = audit_roms_text(e->fleet, p->roms);

        print_line("  ROMs           %s", roms);
        free(roms);
    }
    print_images(e, p);
    if (machine_count)
        print_line("  machine types  %s", text);
    free(text);
    free(machines);
    exchange_blocks_free(blocks, count);
}

/* How a compat set is made, where a romset that comes with the program says so. */
static void print_romset(const struct fleet *fleet, const struct fix_part *part)
{
    struct shipped_romset romset;

    if (!audit_shipped_romset(fleet, part, &romset))
        return;
    char *command = shell_command(
        (const char *[]){"romcompat", "build", "--deb", "-o", "compat-set", romset.path, NULL});
    print_line("      the romset %s makes it: %s", romset.name, command);
    free(command);
    shipped_romset_free(&romset);
}

static void print_parts(const struct fleet *fleet, const struct fix_part *parts, size_t count)
{
    char size[SIZE_TEXT_MAX];

    for (size_t i = 0; i < count; i++) {
        char *roms = audit_roms_text(fleet, parts[i].roms);
        char *machines = exchange_machines_text(fleet, parts[i].machines, parts[i].machine_count);

        print_line("      bucket %s for %s", length_text(parts[i].length, size), roms);
        print_line("      on %s", machines);
        print_romset(fleet, &parts[i]);
        free(roms);
        free(machines);
    }
}

/* The package that brings the ROM where it is, or NULL. */
static const char *package_of(const struct fleet *fleet, size_t rom)
{
    for (size_t c = 0; c < fleet->class_count; c++) {
        const struct inventory *inv = &fleet->classes[c].inv;

        for (size_t q = 0; q < inv->qemus->count; q++) {
            const struct inventory_rom *found =
                inventory_find_rom(inv, &inv->qemus->list[q], fleet->roms[rom], NULL);

            if (found && found->package.name)
                return found->package.name;
        }
    }
    return NULL;
}

static void print_files(const struct fleet *fleet, const struct fix_install *install)
{
    uint64_t roms = 0;

    for (size_t i = 0; i < install->file_count; i++)
        roms |= install->files[i].roms;
    const char *package = package_of(fleet, (size_t)__builtin_ctzll(roms));
    char *names = audit_roms_text(fleet, roms);
    print_line("    the package that has %s%s%s%s", names, package ? " (elsewhere: " : "",
               package ? package : "", package ? ")" : "");
    puts("      then take its inventory again: the file's length decides");
    free(names);
}

static void print_install(const struct fleet *fleet, const struct fix_plan *plan,
                          const struct fix_install *install)
{
    size_t hosts = fleet->classes[install->class].hosts;

    print_line("  class %zu (%zu host%s)", install->class + 1, hosts, PLURAL(hosts));
    if (install->needs_patch)
        puts("    a QEMU that reads compat maps, in place of the stock one");
    for (size_t i = 0; i < install->set_count; i++)
        print_line("    %s (set %s)", install->sets[i]->package, install->sets[i]->name);
    if (install->made_count) {
        if (plan->made_sets > 1)
            print_line("    compat set %zu, which must be made:", install->made_name);
        else
            puts("    a compat set, which must be made:");
        print_parts(fleet, install->made, install->made_count);
    }
    if (install->file_count)
        print_files(fleet, install);
}

static void print_plan(const struct fleet *fleet, const struct fix_plan *plan)
{
    if (!plan->is_needed)
        return;
    putchar('\n');
    if (plan->count == 0) {
        puts("Nothing that can be installed fixes this.");
        return;
    }
    print_line("%s fixes it: %zu installation%s on %zu class%s, %" PRIu64 " host%s.",
               plan->is_proven ? "The smallest set that" : "A set that", plan->installations,
               PLURAL(plan->installations), plan->count, plan->count == 1 ? "" : "es", plan->hosts,
               PLURAL(plan->hosts));
    if (!plan->is_proven)
        puts("(There may be a smaller one: the search was given up.)");
    for (size_t i = 0; i < plan->count; i++)
        print_install(fleet, plan, &plan->installs[i]);
    if (plan->unfixed)
        print_line("  Not fixed by it: %zu of ROM and machine type, where maps contradict "
                   "each other.",
                   plan->unfixed);
    puts("Guests that run there now keep the length that they have until their next cold start.");
}

static void print_expiry(const struct fleet *fleet, const struct expiry *expiry)
{
    struct columns c;

    putchar('\n');
    if (!expiry->count) {
        puts("No guest has a machine type that QEMU gives up.");
        return;
    }
    columns_init(&c, "lrllrrll");
    columns_add(&c, "machine type");
    columns_add(&c, "guests");
    columns_add(&c, "deprecated from");
    columns_add(&c, "gone from");
    columns_add(&c, "deprecated on");
    columns_add(&c, "gone on");
    columns_add(&c, "classes");
    columns_add(&c, "the release with it");
    for (size_t i = 0; i < expiry->count; i++) {
        const struct expiry_line *l = &expiry->lines[i];
        char *classes = audit_classes_text(l->classes, l->class_count);
        char release[QEMU_RELEASE_TEXT_MAX];

        columns_add(&c, "%s", fleet->machines[l->machine].name);
        columns_add(&c, "%zu", l->guests);
        columns_add(&c, "QEMU %u.%u", l->when.deprecated.major, l->when.deprecated.minor);
        columns_add(&c, "QEMU %u.%u", l->when.removed.major, l->when.removed.minor);
        columns_add(&c, "%zu host%s", l->deprecated_on, PLURAL(l->deprecated_on));
        columns_add(&c, "%zu host%s", l->gone_on, PLURAL(l->gone_on));
        columns_add(&c, "%s", classes);
        columns_add(&c, "%s", qemu_release_text(&l->when.removed, release));
        free(classes);
    }
    columns_print(&c, 0);
}

bool audit_has_unstartable(const struct audit *audit)
{
    return audit->without_file || audit->without_machine;
}

char *audit_guests_text(const struct audit *audit)
{
    const size_t unknown = audit->fleet.unknown_guests;
    const uint64_t lost = audit->without_file + audit->without_machine;
    struct text text;
    FILE *to = text_begin(&text);

    if (lost)
        fprintf(to,
                "%" PRIu64 " guest%s not start again on %s own host: %" PRIu64
                " for a ROM or firmware image, %" PRIu64 " for a machine type that is not there.",
                lost, lost == 1 ? " does" : "s do", lost == 1 ? "its" : "their",
                audit->without_file, audit->without_machine);
    if (unknown)
        fprintf(to,
                "%sOf %zu guest%s the inventories do not say all that decides where %s can go; "
                "romcompat preflight says what.",
                lost ? " " : "", unknown, PLURAL(unknown), unknown == 1 ? "it" : "they");
    char *made = text_end(&text);
    if (lost || unknown)
        return made;
    free(made);
    return NULL;
}

void audit_print(const struct audit *audit, bool hosts)
{
    const struct exchange *e = &audit->exchange;
    const struct fleet *fleet = &audit->fleet;

    print_classes(fleet);
    print_hosts(fleet, hosts);
    print_matrix(e);
    for (size_t i = 0; i < e->refusal_count; i++)
        print_refusal(e, &e->refusals[i]);
    print_plan(fleet, &audit->plan);
    if (audit->asks_expiry)
        print_expiry(fleet, &audit->expiry);
    audit_print_encrypted(&fleet->encrypted);
    audit_print_stores(&fleet->stores, audit->asks_stores);
    if (audit->asks_upgrade)
        audit_left_print(audit);
    putchar('\n');
    char *unknown = e->counts[EXCHANGE_UNKNOWN]
                        ? xasprintf(", of %zu it is not known", e->counts[EXCHANGE_UNKNOWN])
                        : xstrdup("");
    print_line("%zu host%s in %zu class%s; of %zu pairs of classes %zu land, %zu land but for "
               "machine types or firmware, %zu are refused%s",
               fleet->host_count, PLURAL(fleet->host_count), fleet->class_count,
               fleet->class_count == 1 ? "" : "es", exchange_pairs(e), e->counts[EXCHANGE_YES],
               e->counts[EXCHANGE_LACKS], e->counts[EXCHANGE_NO], unknown);
    free(unknown);
    char *guests = audit_guests_text(audit);
    if (guests)
        print_line("%s", guests);
    free(guests);
    if (audit->problems)
        print_line("%zu inventor%s could not be read: there is no answer", audit->problems,
                   audit->problems == 1 ? "y" : "ies");
}

/* --- for a program
 * -------------------------------------------------------------------------------- */

static struct json_object *length_or_null(fleet_length length)
{
    return length ? json_number(UINT64_C(1) << length) : NULL;
}

static struct json_object *rom_names(const struct fleet *fleet, uint64_t roms)
{
    struct json_object *list = json_list();

    for (size_t r = 0; r < fleet->rom_count; r++)
        if (roms >> r & 1)
            json_append(list, json_string(fleet->roms[r]));
    return list;
}

static struct json_object *image_names(const struct fleet *fleet, const struct fleet_images *images)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < fleet->image_count; i++)
        if (fleet_has_image(images, i))
            json_append(list, json_string(fleet->images[i]));
    return list;
}

/* By path: {"/usr/share/OVMF/OVMF_CODE_4M.fd": 3653632}. */
static struct json_object *image_lengths(const struct fleet *fleet, const struct fleet_class *class)
{
    struct json_object *o = json_new();

    for (size_t i = 0; i < fleet->image_count; i++)
        if (class->images[i])
            json_add_number(o, fleet->images[i], class->images[i]);
    return o;
}

/* By architecture: {"x86_64": ["pc-q35-7.2"]}. */
static struct json_object *machine_names(const struct fleet *fleet, const size_t *machines,
                                         size_t count)
{
    struct json_object *o = json_new(), *list;

    for (size_t i = 0; i < count; i++) {
        const struct fleet_machine *m = &fleet->machines[machines[i]];

        if (!json_object_object_get_ex(o, m->architecture, &list)) {
            list = json_list();
            json_add(o, m->architecture, list);
        }
        json_append(list, json_string(m->name));
    }
    return o;
}

static struct json_object *class_object(const struct fleet *fleet, size_t number, size_t first_host)
{
    const struct fleet_class *class = &fleet->classes[number];
    struct json_object *o = json_new(), *labels = json_list(), *hosts = json_list();

    for (size_t k = 0; k < class->label_count && k < FLEET_LABELS_MAX; k++)
        json_append(labels, json_string(class->labels[k]));
    for (size_t k = 0; k < class->hosts; k++)
        json_append(hosts, json_string(fleet->hosts[first_host + k].name));
    json_add_number(o, "class", number + 1);
    json_add(o, "labels", labels);
    json_add_number(o, "host_count", class->hosts);
    json_add(o, "hosts", hosts);
    json_add(o, "firmware", image_lengths(fleet, class));
    return o;
}

static void put_classes(struct json_stream *s, const struct fleet *fleet)
{
    size_t at = 0;

    json_stream_open(s, "classes", '[');
    for (size_t i = 0; i < fleet->class_count; i++) {
        json_stream_add(s, NULL, class_object(fleet, i, at));
        at += fleet->classes[i].hosts;
    }
    json_stream_close(s);
}

static void put_pairs(struct json_stream *s, const struct exchange *e)
{
    size_t n = e->fleet->class_count;
    char text[100];

    json_stream_open(s, "pairs", '[');
    for (size_t from = 0; from < n; from++)
        for (size_t to = 0; to < n; to++) {
            enum exchange_verdict v = e->verdicts[from * n + to];

            if (v == EXCHANGE_SELF)
                continue;
            snprintf(text, sizeof text, "{ \"from\": %zu, \"to\": %zu, \"verdict\": \"%s\" }",
                     from + 1, to + 1, exchange_verdict_name(v));
            json_stream_text(s, text);
        }
    json_stream_close(s);
}

static void put_refusal_pairs(struct json_stream *s, const struct exchange_refusal *p)
{
    char text[64];

    json_stream_open(s, "pairs", '[');
    for (size_t i = 0; i < p->pair_count; i++) {
        snprintf(text, sizeof text, "{ \"from\": %" PRIu32 ", \"to\": %" PRIu32 " }",
                 p->pairs[i].from + 1, p->pairs[i].to + 1);
        json_stream_text(s, text);
    }
    json_stream_close(s);
}

static void put_refusal(struct json_stream *s, const struct exchange *e,
                        const struct exchange_refusal *p)
{
    size_t count, *machines = exchange_machines_of(e, p, &count);
    char *why = p->pair ? audit_pair_text(p) : NULL;

    json_stream_open(s, NULL, '{');
    json_stream_add(s, "reason", json_string(exchange_reason_name(p->reason)));
    json_stream_add(s, "needed", json_flag(p->is_needed));
    json_stream_add(s, "known", json_flag(!p->is_unknown));
    json_stream_add(s, "why", json_string(why));
    json_stream_add(s, "length", length_or_null(p->from));
    json_stream_add(s, "length_there", length_or_null(p->to));
    json_stream_add(s, "roms", rom_names(e->fleet, p->roms));
    json_stream_add(s, "firmware", image_names(e->fleet, &p->images));
    json_stream_add(s, "machines", machine_names(e->fleet, machines, count));
    put_refusal_pairs(s, p);
    json_stream_close(s);
    free(why);
    free(machines);
}

static void put_refusals(struct json_stream *s, const struct exchange *e)
{
    json_stream_open(s, "problems", '[');
    for (size_t i = 0; i < e->refusal_count; i++)
        put_refusal(s, e, &e->refusals[i]);
    json_stream_close(s);
}

static struct json_object *part_objects(const struct fleet *fleet, const struct fix_part *parts,
                                        size_t count)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < count; i++) {
        struct json_object *o = json_new();
        struct shipped_romset romset = {0};

        json_add(o, "bucket", length_or_null(parts[i].length));
        json_add(o, "roms", rom_names(fleet, parts[i].roms));
        json_add(o, "machines", machine_names(fleet, parts[i].machines, parts[i].machine_count));
        json_add_text(o, "romset",
                      audit_shipped_romset(fleet, &parts[i], &romset) ? romset.path : NULL);
        shipped_romset_free(&romset);
        json_append(list, o);
    }
    return list;
}

static struct json_object *plan_object(const struct fleet *fleet, const struct fix_plan *plan)
{
    struct json_object *o = json_new(), *installs = json_list();

    if (!plan->is_needed) {
        json_object_put(installs);
        json_object_put(o);
        return NULL;
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct fix_install *install = &plan->installs[i];
        struct json_object *entry = json_new(), *packages = json_list();

        for (size_t k = 0; k < install->set_count; k++)
            json_append(packages, json_string(install->sets[k]->package));
        json_add_number(entry, "class", install->class + 1);
        json_add_flag(entry, "qemu_that_reads_maps", install->needs_patch);
        json_add(entry, "packages", packages);
        json_add(entry, "compat_set", install->made_name ? json_number(install->made_name) : NULL);
        json_add(entry, "compat_set_rules",
                 part_objects(fleet, install->made, install->made_count));
        json_add(entry, "missing_files", part_objects(fleet, install->files, install->file_count));
        json_append(installs, entry);
    }
    json_add_number(o, "installations", plan->installations);
    json_add_number(o, "hosts", plan->hosts);
    json_add_number(o, "compat_sets_to_make", plan->made_sets);
    json_add_number(o, "not_fixed", plan->unfixed);
    json_add_flag(o, "smallest", plan->is_proven);
    json_add(o, "classes", installs);
    return o;
}

static struct json_object *expiry_object(const struct fleet *fleet, const struct expiry_line *l)
{
    struct json_object *o = json_new(), *classes = json_list();
    char deprecated[24], gone[24];

    snprintf(deprecated, sizeof deprecated, "%u.%u", l->when.deprecated.major,
             l->when.deprecated.minor);
    snprintf(gone, sizeof gone, "%u.%u", l->when.removed.major, l->when.removed.minor);
    for (size_t k = 0; k < l->class_count; k++)
        json_append(classes, json_number(l->classes[k] + 1));
    json_add_text(o, "architecture", fleet->machines[l->machine].architecture);
    json_add_text(o, "machine", fleet->machines[l->machine].name);
    json_add_number(o, "guests", l->guests);
    json_add_text(o, "deprecated_from", deprecated);
    json_add_text(o, "gone_from", gone);
    json_add_number(o, "hosts_deprecated_on", l->deprecated_on);
    json_add_number(o, "hosts_gone_on", l->gone_on);
    json_add(o, "classes", classes);
    return o;
}

static struct json_object *expiry_objects(const struct audit *audit)
{
    struct json_object *list = audit->asks_expiry ? json_list() : NULL;

    /* The page asks for them, too. */
    for (size_t i = 0; list && i < audit->expiry.count; i++)
        json_append(list, expiry_object(&audit->fleet, &audit->expiry.lines[i]));
    return list;
}

void audit_print_json(const struct audit *audit)
{
    const struct exchange *e = &audit->exchange;
    const char *verdict = audit->problems                                              ? NULL
                          : e->counts[EXCHANGE_NO] || audit_has_unstartable(audit)     ? "no"
                          : e->counts[EXCHANGE_UNKNOWN] || audit->fleet.unknown_guests ? NULL
                          : e->counts[EXCHANGE_LACKS]                                  ? "lacks"
                                                                                       : "yes";
    struct json_stream s;

    /* Before the first byte of it. */
    for (size_t i = 0; i < e->refusal_count; i++)
        effort_must_spend(EFFORT_PAIRS, e->refusals[i].pair_count);
    json_stream_begin(&s, stdout, "romcompat-audit", 1);
    json_stream_add(&s, "verdict", json_string(verdict));
    json_stream_add(&s, "hosts", json_number(audit->fleet.host_count));
    json_stream_add(&s, "guests", json_number(audit->fleet.guest_count));
    json_stream_add(&s, "guests_not_known", json_number(audit->fleet.unknown_guests));
    json_stream_add(&s, "guests_without_file", json_number(audit->without_file));
    json_stream_add(&s, "guests_without_machine", json_number(audit->without_machine));
    json_stream_add(&s, "unreadable", json_number(audit->problems));
    put_classes(&s, &audit->fleet);
    put_pairs(&s, e);
    put_refusals(&s, e);
    json_stream_add(&s, "expiry", expiry_objects(audit));
    json_stream_add(&s, "stores",
                    audit->asks_stores ? audit_stores_object(&audit->fleet.stores) : NULL);
    json_stream_add(&s, "encrypted_guests", audit_encrypted_objects(&audit->fleet.encrypted));
    json_stream_add(&s, "upgrade", audit_left_json(audit));
    json_stream_add(&s, "plan", plan_object(&audit->fleet, &audit->plan));
    json_stream_end(&s);
}
