/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The oracle: guests and destinations drawn from a seed, each judged by `romcompat preflight`
 * and then brought there by real QEMUs. The verdicts must agree, and what is refused must land
 * once the recommended fix is carried out as it is printed: arguments, libvirt's XML, commands, and
 * packages, where the patched QEMUs are there that read their maps; without them other cases have
 * the same number. Where they do not, the command is
 * printed that plays that case alone:
 *
 *     make oracle SEED=20261126 CASE=17
 *
 * Environment: ROMCOMPAT_QEMU, ROMCOMPAT_BUILD; SEED (default: today's date), CASES (default
 * 320), or CASE; ORACLE_JOBS processes (default: one for each CPU). All cases are listed in
 * $ROMCOMPAT_QEMU/scratch/oracle.txt.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "qemu/oracle_packages.h"
#include "qemu/oracle_play.h"
#include "qemu/oracle_tally.h"

enum { CASES_DEFAULT = 320, JOBS_MAX = 16, ANSWER_MAX = 1 << 20 };

static uint64_t seed, first_case, case_count;
static struct oracle_qemu qemus[ORACLE_QEMUS];
static size_t qemu_count;

/* --- the QEMUs -------------------------------------------------------------------------- */

static bool is_drawn(const char *machine)
{
    static const char *const heads[] = {"pc-", "virt-", "microvm"};

    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strncmp(machine, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

/* "pc   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)" */
static void take_alias(struct oracle_qemu *q, const char *line)
{
    const char *of = strstr(line, "(alias of ");
    typeof(q->aliases[0]) *alias = &q->aliases[q->alias_count];

    if (of && q->alias_count < ORACLE_ALIASES && sscanf(line, "%15s", alias->name) == 1 &&
        sscanf(of, "(alias of %47[^)]", alias->type) == 1 && is_drawn(alias->type))
        q->alias_count++;
}

/* build-qemu makes it of the same source; of few versions, and not for `make oracle`. */
static void find_patched(struct oracle_qemu *q, const char *which)
{
    char path[1200];

    snprintf(q->patched, sizeof q->patched, "patched-%s", which + strlen("stock-"));
    snprintf(path, sizeof path, "%s/bin/%s%s", getenv("ROMCOMPAT_QEMU"), q->patched,
             q->is_arm ? "" : "-x86_64");
    if (access(path, X_OK) != 0)
        q->patched[0] = '\0';
}

static void add_qemu(const char *which, unsigned major, unsigned minor)
{
    struct oracle_qemu *q = &qemus[qemu_count];
    char command[1200], line[300];
    bool is_arm = strstr(which, "aarch64");

    snprintf(command, sizeof command, "'%s/bin/%s%s' -M help 2>/dev/null", getenv("ROMCOMPAT_QEMU"),
             which, is_arm ? "" : "-x86_64");
    FILE *pipe = popen(command, "r");
    *q = (struct oracle_qemu){.major = major, .minor = minor, .is_arm = is_arm};
    snprintf(q->which, sizeof q->which, "%s", which);
    find_patched(q, which);
    while (pipe && q->machine_count < ORACLE_MACHINES && fgets(line, sizeof line, pipe)) {
        char *name = q->machines[q->machine_count];

        if (sscanf(line, "%47s", name) == 1 && is_drawn(name))
            q->machine_count++;
        take_alias(q, line);
    }
    if (pipe)
        pclose(pipe);
    if (q->machine_count)
        qemu_count++;
    else
        printf("# %s is not there: no case has it\n", which);
}

static void find_qemus(void)
{
    add_qemu("stock-5.2", 5, 2);
    add_qemu("stock-7.2", 7, 2);
    add_qemu("stock-10.0", 10, 0);
    add_qemu("stock-forky", 11, 1);
    add_qemu("stock-5.2-aarch64", 5, 2);
    add_qemu("stock-7.2-aarch64", 7, 2);
    add_qemu("stock-10.0-aarch64", 10, 0);
    add_qemu("stock-forky-aarch64", 11, 1);
}

/* --- preflight -------------------------------------------------------------------------- */

struct block {
    const char *name, *verdict, *why;
    unsigned long long length;
};

struct opinion {
    const char *arrives, *why, *starts, *starts_why;
    struct block blocks[64];
    size_t block_count;
    const char *commands, *kind; /* of what is recommended; "": nothing */
    const char *packages;        /* lines of apt */
    struct oracle_fix fix;
    bool has_note; /* the pair of QEMUs is known to refuse guests for their state */
    json_object *whole;
};

static json_object *member(json_object *o, const char *key)
{
    json_object *value = NULL;

    return o && json_object_object_get_ex(o, key, &value) ? value : NULL;
}

static const char *text_in(json_object *o, const char *key)
{
    json_object *value = member(o, key);

    return value ? json_object_get_string(value) : "";
}

static const char *replaced(struct stage *s, const char *text, const char *old, const char *new)
{
    const char *found, *done = "";

    for (; (found = strstr(text, old)); text = found + strlen(old))
        done = text_of(s, "%s%.*s%s", done, (int)(found - text), text, new);
    return text_of(s, "%s%s", done, text);
}

/* The directory of copies is the scenario's, not the machine's. */
static const char *here(struct stage *s, const char *text)
{
    return replaced(s, text, "/usr/share/qemu/romcompat",
                    text_of(s, "%s/copies", work_directory(s)));
}

/* `block` may have the device's type behind `mark`. */
static void tell(struct stage *s, struct oracle_fix *fix, const char *block, const char *mark,
                 const char *properties)
{
    const char *type = block ? strstr(block, mark) : NULL;

    if (!block || fix->told_count == ORACLE_TOLD)
        return;
    fix->told[fix->told_count].block =
        type ? text_of(s, "%.*s", (int)(type - block), block) : block;
    fix->told[fix->told_count].type = type ? type + strlen(mark) : NULL;
    fix->told[fix->told_count++].properties = properties;
}

/* Lines of arguments, and those of properties: "romsize=65536    # to the -device of BLOCK". */
static void take_arguments(struct stage *s, struct oracle_fix *fix, const char *text)
{
    static const char mark[] = "    # to the -device of ";

    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        const char *all = text_of(s, "%.*s", (int)n, line), *at = strstr(all, mark);

        line += n + (line[n] == '\n');
        if (!at)
            fix->arguments = text_of(s, "%s %s", fix->arguments, all);
        else
            tell(s, fix, at + sizeof mark - 1, ", if it is ",
                 text_of(s, "%.*s", (int)(at - all), all));
    }
}

/* What stands between `before` and `after` of the text, and *end behind; NULL: it is not there. */
static const char *between(struct stage *s, const char *text, const char *before, const char *after,
                           const char **end)
{
    const char *from = strstr(text, before),
               *to = from ? strstr(from + strlen(before), after) : NULL;

    if (!to)
        return NULL;
    from += strlen(before);
    *end = to + strlen(after);
    return text_of(s, "%.*s", (int)(to - from), from);
}

/* What libvirt makes of a snippet of its XML: <rom file=> is romfile= of the device that it is put
 * into, which the comment names (src/qemu/qemu_command.c, qemuBuildRomProps()); <qemu:arg> is a word
 * of the command line, and <qemu:override> properties of the device of that alias. */
static void take_snippet(struct stage *s, struct oracle_fix *fix, const char *text)
{
    const char *value, *end, *alias, *name;

    for (const char *at = text; (value = between(s, at, "<qemu:arg value='", "'/>", &end));
         at = end)
        fix->arguments = text_of(s, "%s %s", fix->arguments, value);
    for (const char *at = text; (value = between(s, at, "<rom file='", "'/>", &end)); at = end)
        tell(s, fix, between(s, end, "<!-- ", " -->", &end), ", ", text_of(s, "romfile=%s", value));
    for (const char *at = text; (alias = between(s, at, "<qemu:device alias='", "'>", &at));) {
        if (!(name = between(s, at, "<qemu:property name='", "'", &at)) ||
            !(value = between(s, at, "value='", "'", &at)) || fix->told_count == ORACLE_TOLD)
            break;
        fix->told[fix->told_count].alias = alias;
        fix->told[fix->told_count++].properties = text_of(s, "%s=%s", name, value);
    }
}

static void take_fixes(struct stage *s, struct opinion *o)
{
    json_object *list = member(o->whole, "fixes");

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        json_object *fix = json_object_array_get_idx(list, i);
        const char *kind = text_in(fix, "kind"), *text = here(s, text_in(fix, "text"));
        bool is_first = json_object_get_boolean(member(fix, "recommended"));

        if (!is_first)
            continue;
        if (strcmp(kind, "commands") == 0) {
            o->commands = text_of(s, "%s%s%s", o->commands, *o->commands ? "\n" : "", text);
        } else {
            o->kind = text_of(s, "%s", kind);
            if (strcmp(kind, "package") == 0)
                o->packages = text;
            else if (strcmp(kind, "libvirt") == 0)
                take_snippet(s, &o->fix, text);
            else
                take_arguments(s, &o->fix, text);
        }
    }
}

static struct opinion ask_preflight(struct stage *s, const struct oracle_guest *guest,
                                    const struct oracle_there *there)
{
    static char text[ANSWER_MAX];
    struct opinion o = {
        "", "", "", "", .commands = "", .kind = "", .packages = "", .fix = {.arguments = ""}};
    const char *source = text_of(s, "%s%s/%s", guest->way > ORACLE_MONITOR ? "--qmp " : "",
                                 work_directory(s), oracle_source(guest));

    if (is_wrong(s))
        return o;
    const char *command =
        text_of(s, "'%s/romcompat' preflight --json --qemu '%s' %s %s %s",
                getenv("ROMCOMPAT_BUILD"), program_of(s, oracle_qemu_there(there)),
                oracle_options(s, guest, there), source, oracle_directories(s, there));
    FILE *pipe = popen(text_of(s, "%s 2>'%s/preflight.err'", command, work_directory(s)), "r");
    size_t n = pipe ? fread(text, 1, sizeof text - 1, pipe) : 0;
    int status = pipe ? pclose(pipe) : -1;
    text[n] = '\0';
    o.whole = json_tokener_parse(text);
    json_object *blocks = member(o.whole, "blocks");
    if (!blocks) {
        run_program(s, "cat preflight.err");
        went_wrong(s, "preflight gave no answer, wait status 0x%x: %s", (unsigned)status, command);
        return o;
    }
    o.arrives = text_in(member(o.whole, "arrives"), "answer");
    o.why = text_in(member(o.whole, "arrives"), "why");
    o.starts = text_in(member(o.whole, "starts_again"), "answer");
    o.starts_why = text_in(member(o.whole, "starts_again"), "why");
    for (size_t i = 0; i < json_object_array_length(blocks) && i < 64; i++) {
        json_object *b = json_object_array_get_idx(blocks, i);

        o.blocks[o.block_count++] =
            (struct block){text_in(b, "block"), text_in(b, "verdict"), text_in(b, "why"),
                           (unsigned long long)json_object_get_int64(member(b, "length"))};
    }
    take_fixes(s, &o);
    const char *notes = json_object_to_json_string(member(o.whole, "notes"));
    o.has_note = strstr(notes, " refuses guests of QEMU ");
    int expected = strcmp(o.arrives, "yes") == 0 ? 0 : strcmp(o.arrives, "no") == 0 ? 1 : 2;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != expected)
        went_wrong(s, "preflight: wait status 0x%x beside the answer '%s': %s", (unsigned)status,
                   o.arrives, command);
    return o;
}

/* --- comparing ---------------------------------------------------------------------------- */

struct case_now {
    struct stage *stage;
    struct oracle_guest *guest;
    struct guest **source; /* that lives; NULL: a saved one */
    const struct oracle_there *there;
    bool has_disagreed;
    char row[400];
};

/* A source that has migrated, or tried to, does not do so again in every version. */
static struct guest *source_of(struct case_now *c)
{
    if (!oracle_is_alive(c->guest->way))
        return NULL;
    stop(c->stage, *c->source);
    *c->source = oracle_make_guest(c->stage, c->guest);
    oracle_make_files(c->stage, c->guest, c->there);
    return *c->source;
}

__attribute__((format(printf, 2, 3))) static void disagree(struct case_now *c, const char *format,
                                                           ...)
{
    char what[400], text[300];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    oracle_describe(c->guest, text, sizeof text);
    oracle_tally->disagreements++;
    c->has_disagreed = true;
    printf("# DISAGREE %s\n#   %s: %s of %s (%s) to %s\n#   make oracle SEED=%llu CASE=%llu\n",
           what, text, c->guest->machine, c->guest->qemu->which, oracle_way_name(c->guest->way),
           oracle_qemu_there(c->there), (unsigned long long)seed,
           (unsigned long long)c->there->number);
}

/* The lines of QEMU's last words that say why. */
static const char *reason_of(struct stage *s, const char *said)
{
    const char *text = "";

    for (const char *line = said; *line;) {
        size_t n = strcspn(line, "\n");

        if (!strstr(text_of(s, "%.*s", (int)n, line), "warning:"))
            text = text_of(s, "%s%s%.*s", text, *text ? " | " : "", (int)n, line);
        line += n + (line[n] == '\n');
    }
    return text_of(s, "%.300s", text);
}

static bool has_length_of_guest(struct case_now *c, const struct opinion *o, struct guest *g)
{
    for (size_t i = 0; i < o->block_count; i++) {
        unsigned long long found = block_length_of(c->stage, g, o->blocks[i].name);

        if (found != o->blocks[i].length)
            return false;
    }
    return true;
}

static bool is_wrong_size(const struct opinion *o)
{
    for (size_t i = 0; i < o->block_count; i++)
        if (strcmp(o->blocks[i].verdict, "is accepted with the wrong size") == 0)
            return true;
    return false;
}

static void compare(struct case_now *c, const struct opinion *o, const struct oracle_answer *a)
{
    struct stage *s = c->stage;
    const char *said = a->what == ORACLE_ARRIVED ? "" : reason_of(s, a->said);
    bool has_arrived = a->what == ORACLE_ARRIVED;

    snprintf(c->row, sizeof c->row, "preflight: %s; QEMU: %s%.200s", o->arrives,
             has_arrived                  ? "arrives"
             : a->what == ORACLE_NO_START ? "does not start: "
                                          : "refuses: ",
             said);
    if (strcmp(o->arrives, "yes") == 0) {
        oracle_tally->lands++;
        if (!has_arrived)
            disagree(c, "WRONG YES: QEMU: %s", said);
        else if (!has_length_of_guest(c, o, a->guest))
            disagree(c, "WRONG YES: a block has another length");
    } else if (strcmp(o->arrives, "no") == 0) {
        bool is_expected = is_wrong_size(o) && has_arrived && !has_length_of_guest(c, o, a->guest);

        oracle_tally->refused++;
        oracle_tally->wrong_size += is_expected;
        if (has_arrived && !is_expected)
            disagree(c, "WRONG NO: %s", o->why);
    } else {
        oracle_count_unknown(o->why, has_arrived);
    }
}

static const char *fix_text(struct stage *s, const struct opinion *o)
{
    const char *text = text_of(s, "%s%s", o->packages, o->fix.arguments);

    for (size_t i = 0; i < o->fix.told_count; i++)
        text = text_of(s, "%s %s to %s", text, o->fix.told[i].properties,
                       o->fix.told[i].block ? o->fix.told[i].block : o->fix.told[i].alias);
    return text;
}

/* What is not known before a fix is not known after it. */
static bool is_about_unknown(struct stage *s, const struct opinion *o, const char *said)
{
    for (size_t i = 0; i < o->block_count; i++)
        if (strcmp(o->blocks[i].verdict, "unknown") == 0 &&
            strstr(said, text_of(s, " %s: ", o->blocks[i].name)))
            return true;
    return false;
}

static void try_fix(struct case_now *c, const struct opinion *o)
{
    struct stage *s = c->stage;

    if (!*o->kind) {
        oracle_tally->no_fix++;
        return;
    }
    bool is_libvirt = strcmp(o->kind, "libvirt") == 0;
    bool is_package = strcmp(o->kind, "package") == 0;
    if ((!is_libvirt && !is_package && strcmp(o->kind, "arguments") != 0) || o->has_note) {
        oracle_tally->other_fixes++;
        return;
    }
    if (*o->commands)
        run_program(s, "PATH='%s':$PATH; rm -rf copies; set -e; %s", getenv("ROMCOMPAT_BUILD"),
                    o->commands);
    struct guest *source = source_of(c);
    if (is_package)
        oracle_install(s, c->there, o->packages);
    struct oracle_answer a = oracle_arrive(s, source, c->guest, c->there, &o->fix);
    oracle_tally->fixes++;
    oracle_tally->snippets += is_libvirt;
    oracle_tally->packages += is_package;
    if (is_wrong(s))
        return;
    if (a.what != ORACLE_ARRIVED && !is_about_unknown(s, o, a.said))
        disagree(c, "the fix %s: QEMU: %s", fix_text(s, o), reason_of(s, a.said));
    else if (a.what == ORACLE_ARRIVED && !has_length_of_guest(c, o, a.guest))
        disagree(c, "the fix %s: a block has another length", fix_text(s, o));
    stop(s, a.guest);
    if (is_package)
        oracle_make_packages(s, c->guest, c->there); /* removed again */
}

static void try_cold(struct case_now *c, const struct opinion *o)
{
    struct oracle_answer a = oracle_start_cold(c->stage, c->guest, c->there);
    bool starts = a.what == ORACLE_ARRIVED;

    oracle_tally->cold++;
    if (is_wrong(c->stage))
        return;
    if (strcmp(o->starts, "yes") == 0 && !starts)
        disagree(c, "WRONG YES: starts again there; QEMU: %s", reason_of(c->stage, a.said));
    /* Whether firmware and store go together QEMU does not ask. */
    if (strcmp(o->starts, "no") == 0 && starts && c->guest->firmware < ORACLE_FLASH)
        disagree(c, "WRONG NO: starts again there: %s", o->starts_why);
    stop(c->stage, a.guest);
}

/* A dry landing must come to what the real one came to. */
static void try_dry(struct case_now *c, const struct oracle_answer *a)
{
    static char text[ANSWER_MAX];
    struct stage *s = c->stage;
    const char *command = text_of(
        s, "'%s/romcompat' preflight --json --try --qemu '%s' '%s/%s' -- %s 2>'%s/try.err'",
        getenv("ROMCOMPAT_BUILD"), program_of(s, oracle_qemu_there(c->there)), work_directory(s),
        oracle_source(c->guest), oracle_words(s, c->guest, c->there), work_directory(s));
    FILE *pipe = popen(command, "r");
    size_t n = pipe ? fread(text, 1, sizeof text - 1, pipe) : 0;
    int status = pipe ? pclose(pipe) : -1;
    text[n] = '\0';
    json_object *o = json_tokener_parse(text);
    const char *answer = text_in(member(o, "tried"), "answer");

    oracle_tally->dry++;
    if (strcmp(answer, "not known") == 0) {
        oracle_tally->dry_not_known++;
        printf("# --try: not known: %s\n", text_in(member(o, "tried"), "why"));
    } else if (strcmp(answer, a->what == ORACLE_ARRIVED ? "yes" : "no") != 0 ||
               !WIFEXITED(status) || WEXITSTATUS(status) != (a->what != ORACLE_ARRIVED)) {
        disagree(c, "--try: '%s' (%s), wait status 0x%x; QEMU: %s", answer,
                 text_in(member(o, "tried"), "why"), (unsigned)status,
                 a->what == ORACLE_ARRIVED ? "arrives" : reason_of(s, a->said));
    }
    json_object_put(o);
}

/* --- playing -------------------------------------------------------------------------------- */

static void play_case(struct case_now *c)
{
    struct stage *s = c->stage;
    struct guest *source = source_of(c);

    oracle_make_files(s, c->guest, c->there);
    struct opinion o = ask_preflight(s, c->guest, c->there);
    struct oracle_answer a = {.said = ""};
    if (!is_wrong(s))
        a = oracle_arrive(s, source, c->guest, c->there, NULL);
    if (!is_wrong(s)) {
        compare(c, &o, &a);
        stop(s, a.guest);
        if (strcmp(o.arrives, "no") == 0 && a.what != ORACLE_ARRIVED)
            try_fix(c, &o);
        if (c->there->dry && !is_wrong(s))
            try_dry(c, &a);
        if (c->there->cold && !is_wrong(s))
            try_cold(c, &o);
    }
    json_object_put(o.whole);
    oracle_tally->cases++;
    oracle_row("%5llu  %-18s -> %-18s  %s\n", (unsigned long long)c->there->number,
               c->guest->qemu->which, oracle_qemu_there(c->there), c->row);
}

static void play_guest(struct stage *s, const void *data)
{
    uint64_t number = *(const uint64_t *)data, first = number * ORACLE_DESTINATIONS;
    struct oracle_guest guest;
    struct guest *source = NULL;
    size_t disagreements = 0;

    oracle_draw_guest(seed, number, qemus, qemu_count, &guest);
    if (!oracle_is_alive(guest.way))
        oracle_make_guest(s, &guest);
    for (uint64_t i = first; i < first + ORACLE_DESTINATIONS && !is_wrong(s); i++) {
        struct oracle_there there;
        struct case_now c = {.stage = s, .guest = &guest, .there = &there, .source = &source};

        if (i < first_case || i >= first_case + case_count)
            continue;
        oracle_draw_there(seed, &guest, i, qemus, qemu_count, &there);
        play_case(&c);
        if (is_wrong(s))
            printf("#   make oracle SEED=%llu CASE=%llu\n", (unsigned long long)seed,
                   (unsigned long long)i);
        disagreements += c.has_disagreed;
    }
    if (disagreements)
        went_wrong(s, "%zu cases disagree", disagreements);
}

/* --- processes ------------------------------------------------------------------------------- */

static size_t add_guests(struct scenario *list, uint64_t *numbers, char (*names)[800], size_t part,
                         size_t parts)
{
    uint64_t first = first_case / ORACLE_DESTINATIONS;
    uint64_t last = (first_case + case_count - 1) / ORACLE_DESTINATIONS;
    size_t count = 0;

    for (uint64_t i = first; i <= last; i++) {
        struct oracle_guest guest;
        char text[300];

        if (i % parts != part)
            continue;
        oracle_draw_guest(seed, i, qemus, qemu_count, &guest);
        oracle_describe(&guest, text, sizeof text);
        snprintf(names[count], sizeof *names,
                 "preflight agrees with QEMU on guest %llu: %s with %s from %s (%s)",
                 (unsigned long long)i, guest.machine, *text ? text : "no device",
                 guest.qemu->which, oracle_way_name(guest.way));
        numbers[count] = i;
        list[count] = (struct scenario){names[count], play_guest, &numbers[count]};
        count++;
    }
    return count;
}

/* One of the processes; what it prints goes to a file of its own. */
static int play_part(size_t part, size_t parts, FILE *out, int argc, char **argv)
{
    size_t most = (size_t)(case_count / ORACLE_DESTINATIONS) + 2;
    struct scenario *list = calloc(most, sizeof *list);
    uint64_t *numbers = calloc(most, sizeof *numbers);
    char(*names)[800] = calloc(most, sizeof *names);

    if (!list || !numbers || !names || dup2(fileno(out), 1) < 0)
        return 2;
    size_t count = add_guests(list, numbers, names, part, parts);
    int status = play_scenarios(list, count, argc, argv);
    fflush(stdout);
    return status;
}

/* Prints what a part printed, with the numbers of the whole. */
static bool print_part(FILE *in, size_t *number)
{
    char line[8192];
    bool is_good = true;

    rewind(in);
    while (fgets(line, sizeof line, in)) {
        char *name = strstr(line, " - ");

        if (strncmp(line, "1..", 3) == 0)
            continue;
        if ((strncmp(line, "ok ", 3) == 0 || strncmp(line, "not ok ", 7) == 0) && name) {
            is_good &= *line == 'o';
            printf("%s %zu%s", *line == 'o' ? "ok" : "not ok", ++*number, name);
        } else {
            fputs(line, stdout);
        }
    }
    return is_good;
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static uint64_t today(void)
{
    char text[16];
    time_t now = time(NULL);

    strftime(text, sizeof text, "%Y%m%d", gmtime(&now));
    return strtoull(text, NULL, 10);
}

static void read_settings(void)
{
    seed = number_of("SEED", today());
    case_count = number_of("CASES", CASES_DEFAULT);
    if (getenv("CASE") && *getenv("CASE")) {
        first_case = number_of("CASE", 0);
        case_count = 1;
    }
}

int main(int argc, char **argv)
{
    size_t jobs = (size_t)number_of("ORACLE_JOBS", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    FILE *out[JOBS_MAX];
    pid_t children[JOBS_MAX];
    size_t number = 0;
    bool is_good = true;

    read_settings();
    jobs = case_count == 1 || jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : jobs;
    if (!getenv("ROMCOMPAT_BUILD") || !getenv("ROMCOMPAT_QEMU") || !oracle_open_tally()) {
        fputs("Bail out! ROMCOMPAT_BUILD or ROMCOMPAT_QEMU is not set; tests/qemu/run does\n",
              stdout);
        return 2;
    }
    find_qemus();
    printf("# SEED=%llu CASES=%llu\n", (unsigned long long)seed, (unsigned long long)case_count);
    for (size_t i = 0; i < jobs; i++) {
        fflush(stdout);
        out[i] = tmpfile();
        children[i] = out[i] ? fork() : -1;
        if (children[i] == 0)
            _exit(play_part(i, jobs, out[i], argc, argv));
    }
    for (size_t i = 0; i < jobs; i++) {
        int status = 1;

        if (children[i] < 0 || waitpid(children[i], &status, 0) < 0 || !WIFEXITED(status)) {
            printf("not ok %zu - part %zu of the cases was played to its end\n", ++number, i);
            is_good = false;
        }
        if (out[i])
            is_good &= print_part(out[i], &number);
    }
    printf("1..%zu\n", number);
    oracle_print_tally(seed);
    return !is_good;
}
