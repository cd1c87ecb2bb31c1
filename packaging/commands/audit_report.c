/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat audit` prints for a person; audit_json.c has it for programs. */
#include "commands/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "commands/audit_encrypted.h"
#include "commands/audit_stores.h"
#include "commands/columns.h"
#include "commands/command.h"
#include "commands/maps.h"
#include "fleet/exchange_texts.h"
#include "formats/qemu_versions.h"
#include "outputs/escape.h"

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

/* --- for a person -------------------------------------------------------------------------- */

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

    columns_init(&c, "rrl", "class", "hosts", "what they have", NULL);
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
    static const char marks[] = {
        [EXCHANGE_SELF] = ' ',    [EXCHANGE_YES] = '.',     [EXCHANGE_LACKS] = 'm',
        [EXCHANGE_ARRIVES] = '1', [EXCHANGE_UNKNOWN] = '?', [EXCHANGE_NO] = 'X'};
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
    if (e->counts[EXCHANGE_ARRIVES])
        puts("1 lands, and some guests do not start again there");
}

static const char *tpm_text(const struct exchange_refusal *p)
{
    return p->is_unknown ? "guests have a TPM, and it is not known whether the destination has "
                           "swtpm, which emulates it"
                         : "guests have a TPM that is emulated, and the destination does not have "
                           "swtpm with swtpm_setup and swtpm_ioctl";
}

static char *pair_text(const struct exchange_refusal *p)
{
    const struct qemu_pair *pair = p->pair;

    return xasprintf("QEMU %u.%u is known to refuse guests of QEMU %u.%u with %s%s: '%s' (%s)",
                     pair->to_first.major, pair->to_first.minor, pair->from_first.major,
                     pair->from_first.minor, pair->what,
                     p->is_unknown ? "; whether guests have that is not known" : "", pair->message,
                     pair->source);
}

/* With what the first pair has, as the lengths. */
static char *store_text(const struct exchange *e, const struct exchange_refusal *p)
{
    char had[EXPECTED_STORE_TEXT_MAX], there[EXPECTED_STORE_TEXT_MAX];
    size_t from = p->pairs[0].from, to = p->pairs[0].to;
    struct text text;
    FILE *out = text_begin(&text);
    const char *between = ": ";

    fputs(p->is_unknown
              ? "guests land, and it is not known whether the destination's firmware image "
                "expects the store that they have when they start again"
              : "guests land, and do not start again there: the destination's firmware "
                "image expects another variable store",
          out);
    for (size_t i = 0; i < e->fleet->image_count; i++) {
        if (!fleet_has_image(&p->images, i))
            continue;
        fprintf(out, "%s%s (%s on class %zu, %s on class %zu)", between, e->fleet->images[i],
                expected_store_text(&e->fleet->classes[from].stores[i], had), from + 1,
                expected_store_text(&e->fleet->classes[to].stores[i], there), to + 1);
        between = ", ";
    }
    return text_end(&text);
}

static const char unlisted_image[] =
    "it is not known whether the destination has the firmware image: its inventory does not list "
    "images of that directory";

char *audit_why_text(const struct exchange *e, const struct exchange_refusal *p)
{
    return p->reason == EXCHANGE_STORE                    ? store_text(e, p)
           : p->pair                                      ? pair_text(p)
           : p->reason == EXCHANGE_TPM                    ? xstrdup(tpm_text(p))
           : p->reason == EXCHANGE_IMAGE && p->is_unknown ? xstrdup(unlisted_image)
                                                          : NULL;
}

static void print_what(const struct exchange *e, const struct exchange_refusal *p)
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
        print_line("  %s%s",
                   p->is_unknown
                       ? unlisted_image
                       : "the destination does not have the firmware image: QEMU does not start",
                   p->is_needed ? "" : " (no guest is known to need it)");
        break;
    case EXCHANGE_STORE: {
        char *why = store_text(e, p);

        print_line("  %s", why);
        free(why);
        break;
    }
    case EXCHANGE_TPM:
        print_line("  %s", tpm_text(p));
        if (!p->is_unknown)
            puts("  install swtpm there (Debian and Ubuntu: swtpm and swtpm-tools)");
        break;
    case EXCHANGE_MACHINE:
        print_line("  the destination's QEMU does not have the machine type%s",
                   p->is_needed ? "" : " (no guest is known to need it)");
        break;
    case EXCHANGE_QEMU: {
        char *why = pair_text(p);

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

    for (size_t i = 0; p->reason != EXCHANGE_STORE && i < e->fleet->image_count; i++) {
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
                   !p->is_needed                 ? "lacks  "
                   : p->is_unknown               ? "unknown"
                   : p->reason == EXCHANGE_STORE ? "arrives"
                                                 : "refused",
                   from, to);
        free(from);
        free(to);
    }
    print_what(e, p);
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
        puts("No guest has a machine type that QEMU removes.");
        return;
    }
    columns_init(&c, "lrllrrll", "machine type", "guests", "deprecated from", "gone from",
                 "deprecated on", "gone on", "classes", "the release with it", NULL);
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
                " for a ROM, firmware image or swtpm, %" PRIu64
                " for a machine type that is not there.",
                lost, lost == 1 ? " does" : "s do", lost == 1 ? "its" : "their",
                audit->without_file, audit->without_machine);
    if (unknown)
        fprintf(to,
                "%sFor %zu guest%s the inventories lack something that decides where %s can go; "
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
                        ? xasprintf(", not known in %zu", e->counts[EXCHANGE_UNKNOWN])
                        : xstrdup("");
    char *once = e->counts[EXCHANGE_ARRIVES] ? xasprintf(", %zu land and do not start again there",
                                                         e->counts[EXCHANGE_ARRIVES])
                                             : xstrdup("");
    print_line("%zu host%s in %zu class%s; of %zu pairs of classes %zu land, %zu land but for "
               "machine types or firmware%s, %zu are refused%s",
               fleet->host_count, PLURAL(fleet->host_count), fleet->class_count,
               fleet->class_count == 1 ? "" : "es", exchange_pairs(e), e->counts[EXCHANGE_YES],
               e->counts[EXCHANGE_LACKS], once, e->counts[EXCHANGE_NO], unknown);
    free(once);
    free(unknown);
    char *guests = audit_guests_text(audit);
    if (guests)
        print_line("%s", guests);
    free(guests);
    if (audit->problems)
        print_line("%zu inventor%s could not be read: there is no answer", audit->problems,
                   audit->problems == 1 ? "y" : "ies");
}
