/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fixes a refusal, as text to be pasted. */
#include "guest/preflight.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/memory.h"
#include "base/size.h"
#include "formats/machine_types.h"
#include "base/text.h"
#include "outputs/escape.h"
#include "guest/stock.h"
#include "romset/names.h"
#include "romset/shipped_romsets.h"

/* NULL where nothing was written; without the newline at its end. */
static char *lines_end(struct text *t)
{
    char *lines = text_end(t);

    if (!t->length) {
        free(lines);
        return NULL;
    }
    if (lines[t->length - 1] == '\n')
        lines[t->length - 1] = '\0';
    return lines;
}

/* A line, unless the text has it already. */
static void put_once(struct text *t, const char *line)
{
    size_t n = strlen(line);

    fflush(t->out);
    for (const char *at = t->at; (at = strstr(at, line)) != NULL; at++)
        if ((at == t->at || at[-1] == '\n') && at[n] == '\n')
            return;
    fprintf(t->out, "%s\n", line);
}

static void add_fix(struct preflight *p, enum fix_kind kind, const char *when, char *text)
{
    if (!text)
        return;
    APPEND_ONE(p->fixes, p->fix_count,
               (struct fix){.kind = kind, .when = xstrdup(when), .text = text});
}

static bool is_to_fix(const struct preflight_line *line)
{
    return line->device && !line->is_given &&
           (line->verdict == PREFLIGHT_REFUSED || line->verdict == PREFLIGHT_WRONG) &&
           is_bucket(line->block->length);
}

/* A file that the guest's configuration names for a device's ROM, which is not as long as the
 * guest has it. */
static bool is_given_rom(const struct preflight_line *line)
{
    return line->is_given && line->verdict != PREFLIGHT_LANDS &&
           line->verdict != PREFLIGHT_UNKNOWN && strchr(line->block->name, '/') &&
           is_bucket(line->block->length);
}

static bool installed_fits(const struct preflight_line *line)
{
    return line->installed && line->installed->size > 0 &&
           (uint64_t)line->installed->size <= line->block->length;
}

/* --- advice for a stock QEMU ------------------------------------------------------------- */

/* One way for the guest to come: `arriving` by -incoming, on a QEMU from 8.1 on. */
struct route {
    struct destination *to;
    const char *machine;
    bool arriving;
};

/* Whether the device of "0000:00:05.0:00.0/virtio-net-pci.rom" is behind a PCIe port, as far as the
 * name says it: each port or bridge adds a slot, and a port has slot 0 alone (QEMU hw/pci/pci.c,
 * pcibus_get_dev_path() and pci_get_function_0()). */
static bool is_behind_port(const char *block)
{
    const char *first = strchr(block, '.'), *slash = strchr(block, '/'), *last = first;

    if (!first || !slash || first > slash)
        return false;
    for (const char *at = first; at < slash; at++)
        if (*at == ':')
            last = at;
    return last != first && strtoul(last + 1, NULL, 16) == 0;
}

/* A virtio-net-pci behind a PCIe port has other ids. libvirt's XML says where it is; without it the
 * block's name has to do. */
static bool is_modern(const struct preflight_line *line, const char *machine)
{
    const struct machine_family *family = machine ? machine_family_of(machine) : NULL;
    bool port = line->place ? line->place->on_express_port
                            : is_behind_port(line->block->name) && !(family && !family->express);

    return virtio_is_modern(port, machine);
}

static struct stock_advice advise(const struct route *route, const struct preflight_line *line,
                                  const char *type)
{
    struct stock_device device = {.machine = route->machine,
                                  .type = type,
                                  .modern = is_modern(line, route->machine),
                                  .incoming = route->arriving,
                                  .bucket = line->block->length};
    struct stock_advice a;

    stock_advise(route->to, route->to->maps, &device, NULL, &a);
    return a;
}

/* The advice on a line, for all types that its block may be of. */
struct line_advice {
    struct stock_advice types[ROM_DEVICE_TYPES_MAX];
    size_t count;
    char *properties; /* where it is the same for all; else NULL */
};

static struct line_advice advise_line(const struct route *route, const struct preflight_line *line)
{
    struct line_advice t = {0};

    for (; t.count < ROM_DEVICE_TYPES_MAX && line->device->types[t.count]; t.count++) {
        t.types[t.count] = advise(route, line, line->device->types[t.count]);
        char *properties = stock_properties(&t.types[t.count]);

        if (t.count == 0)
            t.properties = properties;
        else if (t.properties && properties && strcmp(t.properties, properties) == 0)
            free(properties);
        else {
            free(properties);
            free(t.properties);
            t.properties = NULL;
        }
    }
    return t;
}

static void line_advice_free(struct line_advice *t)
{
    for (size_t i = 0; i < t->count; i++)
        stock_advice_free(&t->types[i]);
    free(t->properties);
}

/* Lines to fix of one device, before or after this one, that need other properties: -global holds
 * for all devices of a type. */
static bool is_alone(const struct preflight *p, const struct preflight_line *line,
                     const char *machine)
{
    enum { A_LINE = 40 };
    bool modern = is_modern(line, machine);

    effort_must_spend(EFFORT_COMPARISONS, p->line_count * A_LINE);
    for (size_t i = 0; i < p->line_count; i++)
        if (p->lines[i].device == line->device &&
            (p->lines[i].block->length != line->block->length ||
             is_modern(&p->lines[i], machine) != modern))
            return true;
    return false;
}

/* Whether a line before this one had the same device. */
static bool was_there(const struct preflight *p, const struct preflight_line *line)
{
    for (const struct preflight_line *l = p->lines; l < line; l++)
        if (is_to_fix(l) && l->device == line->device)
            return true;
    return false;
}

/* Files that must be made first. */
struct making {
    struct text commands;
    bool needs_old; /* some need OLD, which only the user has */
};

/* The path of a ROM that is not there: in the compat set of a romset that comes with this program,
 * which is built first, or in OLD. The caller frees it. */
static char *find_old(struct making *m, const struct stock_advice *a, const char *machine)
{
    struct shipped_romset set;
    char *path, *command;

    if (!shipped_romset_find(a->rom, a->bucket, machine, &set)) {
        m->needs_old = true;
        return xasprintf("OLD/%s", a->rom);
    }
    command = shell_command((const char *[]){"romcompat", "build", "-o", set.name, set.path, NULL});
    put_once(&m->commands, command);
    path = xasprintf("%s/%s", set.name, set.rom);
    free(command);
    shipped_romset_free(&set);
    return path;
}

/* Each once. */
static void put_commands(struct making *m, const struct line_advice *advice, const char *machine)
{
    for (size_t i = 0; i < advice->count; i++) {
        const struct stock_advice *a = &advice->types[i];
        char *source = a->source                    ? xstrdup(a->source)
                       : a->answer == STOCK_NO_FILE ? find_old(m, a, machine)
                                                    : NULL;

        if (!source)
            continue;
        char *command = stock_command(a, source, a->romfile);
        put_once(&m->commands, command);
        free(command);
        free(source);
    }
}

/* `put` for each type, or for their abstract parent where that is the same. */
static void put_types(FILE *to, const struct preflight_line *line, const struct line_advice *advice,
                      void (*put)(FILE *, const struct stock_advice *, const char *))
{
    if (advice->properties && advice->count > 1 && line->device->base)
        put(to, &advice->types[0], line->device->base);
    else
        for (size_t i = 0; i < advice->count; i++)
            put(to, &advice->types[i], line->device->types[i]);
}

/* A part of a -device, which the user has; `type` where it holds for that alone. */
static void put_property(FILE *to, const char *properties, const struct preflight_line *line,
                         const char *type)
{
    if (properties)
        put_shell_word(to, properties);
    fputs("    # to the -device of ", to);
    put_shown(to, line->block->name);
    fprintf(to, "%s%s\n", type ? ", if it is " : "", type ? type : "");
}

/* Whether all that it needs is at hand. */
static bool fix_by_arguments(struct preflight *p, const struct route *route, const char *when)
{
    struct making making = {.needs_old = false};
    struct text arguments;

    text_begin(&arguments);
    text_begin(&making.commands);
    for (size_t i = 0; i < p->line_count; i++) {
        const struct preflight_line *line = &p->lines[i];
        bool alone = is_alone(p, line, route->machine);

        if (!is_to_fix(line) || (was_there(p, line) && !alone))
            continue;
        struct line_advice advice = advise_line(route, line);
        put_commands(&making, &advice, route->machine);
        if (!alone) {
            put_types(arguments.out, line, &advice, stock_put_globals);
        } else if (advice.properties) {
            put_property(arguments.out, advice.properties, line, NULL);
        } else {
            for (size_t k = 0; k < advice.count; k++) {
                char *properties = stock_properties(&advice.types[k]);

                put_property(arguments.out, properties, line, line->device->types[k]);
                free(properties);
            }
        }
        line_advice_free(&advice);
    }
    add_fix(p, FIX_COMMANDS,
            making.needs_old
                ? "The ROMs for a QEMU that reads no maps, with the ids of their devices (OLD is a "
                  "directory with the ROMs that the guest was started with):"
                : "The ROMs for a QEMU that reads no maps, with the ids of their devices:",
            lines_end(&making.commands));
    add_fix(p, FIX_ARGUMENTS, when, lines_end(&arguments));
    return !making.needs_old;
}

/* A property of one device; libvirt gives it in JSON, to which -set does not reach. False: its
 * alias is not known. */
static bool put_override(FILE *to, const struct preflight_line *line,
                         const struct line_advice *advice)
{
    const char *alias = line->place ? line->place->alias : NULL;
    struct stock_setting settings[2];

    if (!alias || !advice->properties)
        return false;
    fputs("  <qemu:device alias='", to);
    put_xml(to, alias);
    fputs("'>\n    <qemu:frontend>\n", to);
    for (size_t i = 0, count = stock_settings(&advice->types[0], settings); i < count; i++) {
        fprintf(to, "      <qemu:property name='%s' type='unsigned' value='", settings[i].name);
        put_xml(to, settings[i].value);
        fputs("'/>\n", to);
        free(settings[i].value);
    }
    fputs("    </qemu:frontend>\n  </qemu:device>\n", to);
    return true;
}

static void add_in_domain(struct preflight *p, const char *element, struct text *text,
                          const char *when)
{
    char *lines = lines_end(text);

    if (lines)
        add_fix(p, FIX_LIBVIRT, when,
                xasprintf("<qemu:%s xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
                          "%s\n</qemu:%s>",
                          element, lines, element));
    free(lines);
}

/* Whether it has one for each line. */
static bool fix_by_libvirt(struct preflight *p, const struct route *route)
{
    struct text arguments, overrides, files;
    bool has_all = true;

    text_begin(&arguments);
    text_begin(&overrides);
    text_begin(&files);
    for (size_t i = 0; i < p->line_count; i++) {
        const struct preflight_line *line = &p->lines[i];

        if (!is_to_fix(line))
            continue;
        struct line_advice advice = advise_line(route, line);
        if (!advice.types[0].romfile && is_alone(p, line, route->machine))
            has_all &= put_override(overrides.out, line, &advice);
        else if (!advice.types[0].romfile && !was_there(p, line))
            put_types(arguments.out, line, &advice, stock_put_libvirt_globals);
        for (size_t k = 0; k < advice.count && advice.types[k].romfile; k++) {
            if (k > 0 && advice.properties)
                break;
            fputs("<rom file='", files.out);
            put_xml(files.out, advice.types[k].romfile);
            fputs("'/>    <!-- ", files.out);
            put_xml_comment(files.out, line->block->name);
            fprintf(files.out, "%s%s -->\n", advice.properties ? "" : ", ",
                    advice.properties ? "" : line->device->types[k]);
        }
        line_advice_free(&advice);
    }
    add_in_domain(p, "commandline", &arguments,
                  route->arriving
                      ? "libvirt, inside <domain>, while the guest arrives (not for its "
                        "next start):"
                      : "libvirt, inside <domain>:");
    add_in_domain(p, "override", &overrides,
                  route->arriving
                      ? "libvirt 8.2 or later, inside <domain>, while the guest arrives "
                        "(not for its next start):"
                      : "libvirt 8.2 or later, inside <domain>:");
    add_fix(p, FIX_LIBVIRT, "libvirt, inside the device:", lines_end(&files));
    return has_all;
}

/* --- all ways ------------------------------------------------------------------------------ */

/* What the romset is about, as a comment. */
static void put_romset(FILE *to, const struct preflight_line *line, const char *machine)
{
    char size[SIZE_TEXT_MAX];

    fputs("# for ", to);
    put_shown(to, line->block->name);
    fprintf(to, ": bucket %s, ROM %s, machine type ", size_format(line->block->length, size),
            line->rom);
    put_shown(to, machine ? machine : "of the guest");
    putc('\n', to);
}

static void fix_by_package(struct preflight *p, const char *machine)
{
    struct text named, made;

    text_begin(&named);
    text_begin(&made);
    for (size_t i = 0; i < p->line_count; i++) {
        const struct preflight_line *line = &p->lines[i];

        if (!is_to_fix(line) || was_there(p, line))
            continue;
        /* A map may name anything: what no package can be called is not installed. */
        bool is_named = line->package && !package_name_problem(line->package);
        if (is_named && !installed_fits(line)) {
            fprintf(named.out, "apt install %s    # has ", line->package);
            put_shown(named.out, line->compat_file);
            putc('\n', named.out);
        } else if (!is_named) {
            put_romset(made.out, line, machine);
        }
    }
    add_fix(p, FIX_PACKAGE,
            "Install the compat package that the destination's map names:", lines_end(&named));
    char *text = lines_end(&made);
    if (text) {
        char *all = xasprintf("%s\nromcompat build --deb ROMSET.yaml", text);

        free(text);
        add_fix(p, FIX_PACKAGE,
                "A QEMU that reads compat maps: install the compat package of the ROMs that the "
                "guest was started with. Where there is none, make it:",
                all);
    }
}

/* A file that was named for a device's ROM, and fits its block: its length must be said, or, where
 * the QEMU is not known to take that, a longer copy be named. */
static void put_given(struct text *commands, struct text *arguments,
                      const struct preflight_line *line, bool takes_romsize)
{
    const char *file = line->loaded->path;
    char *bucket = xasprintf("%" PRIu64, line->block->length);
    char *copy = xasprintf("%s.%s", file, bucket);
    char *properties = takes_romsize ? xasprintf("romsize=%s", bucket) : properties_of_file(copy);

    if (!takes_romsize) {
        put_shell_words(commands->out, (const char *[]){"cp", "--", file, copy, NULL});
        putc('\n', commands->out);
        put_shell_words(commands->out,
                        (const char *[]){"truncate", "-s", bucket, "--", copy, NULL});
        putc('\n', commands->out);
    }
    put_property(arguments->out, properties, line, NULL);
    free(properties);
    free(copy);
    free(bucket);
}

static void fix_given(struct preflight *p, const struct destination *to)
{
    bool takes_romsize = qemu_has(&to->version, QEMU_ROMSIZE) == QEMU_YES;
    struct text commands, arguments;

    text_begin(&commands);
    text_begin(&arguments);
    for (size_t i = 0; i < p->line_count; i++) {
        struct preflight_line *line = &p->lines[i];

        line->has_fix |=
            is_given_rom(line) && line->loaded && line->file_size <= line->block->length;
        if (line->has_fix && line->is_given)
            put_given(&commands, &arguments, line, takes_romsize);
    }
    add_fix(p, FIX_COMMANDS,
            "The ROM file that the guest names fits, as a copy of the block's length:",
            lines_end(&commands));
    add_fix(p, FIX_ARGUMENTS,
            takes_romsize ? "The ROM file that the guest names fits; only its length must be given:"
                          : "That copy in its place:",
            lines_end(&arguments));
}

/* From `first` on, those of these kinds. */
static void recommend(struct preflight *p, size_t first, unsigned kinds)
{
    for (size_t i = first; i < p->fix_count; i++)
        p->fixes[i].recommended = kinds >> p->fixes[i].kind & 1;
}

static bool all_are_named(const struct preflight *p)
{
    for (size_t i = 0; i < p->line_count; i++)
        if (is_to_fix(&p->lines[i]) &&
            (!p->lines[i].package || package_name_problem(p->lines[i].package) ||
             installed_fits(&p->lines[i])))
            return false;
    return true;
}

static bool has_default_to_fix(const struct preflight *p)
{
    for (size_t i = 0; i < p->line_count; i++)
        if (is_to_fix(&p->lines[i]))
            return true;
    return false;
}

static bool fixes_all(const struct preflight *p)
{
    for (size_t i = 0; i < p->line_count; i++)
        if ((p->lines[i].verdict == PREFLIGHT_REFUSED || p->lines[i].verdict == PREFLIGHT_WRONG) &&
            !p->lines[i].has_fix)
            return false;
    return true;
}

/* The shortest first that is known to work there: the package of the map that its QEMU reads; what
 * a QEMU of its version is given, by libvirt where that runs the guest. */
void preflight_find_fixes(struct preflight *p, struct destination *to,
                          const struct saved_guest *guest, bool incoming)
{
    enum qemu_answer skips = qemu_has(&to->version, QEMU_SKIPS_ROM_FILES);
    struct qemu_version version = to->version, new = qemu_fact(QEMU_SKIPS_ROM_FILES)->first;
    struct route arrives = {to, guest->machine, true}, starts = {to, guest->machine, false};
    unsigned kinds = guest->domain ? 1u << FIX_COMMANDS | 1u << FIX_LIBVIRT
                                   : 1u << FIX_COMMANDS | 1u << FIX_ARGUMENTS;
    bool all_fit = true, can_do = true;
    size_t first;

    for (size_t i = 0; i < p->line_count; i++)
        all_fit &= !is_to_fix(&p->lines[i]) || installed_fits(&p->lines[i]);
    for (size_t i = 0; i < p->line_count; i++)
        p->lines[i].has_fix = is_to_fix(&p->lines[i]);
    fix_given(p, to);
    recommend(p, 0, 1u << FIX_COMMANDS | 1u << FIX_ARGUMENTS);
    first = p->fix_count;
    fix_by_package(p, guest->machine);
    if (p->fix_count > first && to->maps && all_are_named(p)) {
        p->fixes[first].recommended = true;
        kinds = 0;
    }
    first = p->fix_count;
    if (!has_default_to_fix(p)) {
        kinds = 0;
    } else if (all_fit) {
        can_do = fix_by_arguments(
            p, &starts,
            qemu_has(&version, QEMU_ROMSIZE) == QEMU_NO
                ? "A QEMU before 6.0, the guest arriving or starting cold:"
                : "A QEMU from 6.0 on, the guest arriving or starting cold (the installed ROM "
                  "fits; only its length must be given):");
    } else {
        if (incoming && skips != QEMU_NO) {
            to->version = skips == QEMU_YES ? version : new;
            can_do = fix_by_arguments(p, &arrives,
                                      "A QEMU from 8.1 on, while the guest arrives (-incoming; "
                                      "not for -loadvm, and not for its next start):");
            to->version = version;
        }
        if (!incoming || skips != QEMU_YES) {
            first = p->fix_count;
            can_do = fix_by_arguments(p, &starts,
                                      "A QEMU before 8.1, and any QEMU with -loadvm or at a "
                                      "cold start:");
        }
    }
    bool has_xml = fix_by_libvirt(p, incoming && skips == QEMU_YES ? &arrives : &starts);
    can_do &= has_xml || !guest->domain;
    if (can_do && kinds)
        recommend(p, first, kinds);
    /* Where only a part of it is known to help, the guest still does not land. */
    if (!fixes_all(p) || (!can_do && kinds))
        recommend(p, 0, 0);
}

void preflight_fix_swtpm(struct preflight *p, const struct destination *to)
{
    char *when = xasprintf("The programs that emulate its TPM, on %s (Debian and Ubuntu have "
                           "swtpm_setup, which libvirt needs as well, in swtpm-tools):",
                           destination_host(to));

    add_fix(p, FIX_PACKAGE, when,
            xstrdup("apt install swtpm swtpm-tools    # Debian, Ubuntu\n"
                    "dnf install swtpm swtpm-tools    # Fedora, RHEL\n"
                    "zypper install swtpm             # SUSE\n"));
    p->fixes[p->fix_count - 1].recommended = true;
    free(when);
}
