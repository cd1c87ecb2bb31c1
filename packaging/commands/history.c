/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "commands/columns.h"
#include "commands/histories.h"
#include "commands/maps.h"
#include "inputs/file.h"
#include "inputs/yaml.h"
#include "outputs/file.h"
#include "release/history.h"
#include "release/history_chart.h"
#include "romset/names.h"
#include "outputs/json.h"

/* So many releases are shown in a table; --json has them all. */
#define RELEASES_SHOWN 7

extern const struct command history_command;

struct job {
    const char *pattern, *svg;
    bool json;
    struct strings data;
    const char *add, *package, *version, *date;
    bool snapshot;
};

static const struct option_spec options[] = {
    {"rom", .argument = "PATTERN", .help = "only ROMs whose name matches this shell pattern",
     STRING_AT(struct job, pattern)},
    HISTORIES_OPTION(struct job, data),
    {"svg", .argument = "FILE", .help = "draw the sizes over the releases",
     STRING_AT(struct job, svg)},
    JSON_OPTION(struct job, json),
    {"add", .argument = "RELEASE", .help = "measure PATH and append it under this name",
     STRING_AT(struct job, add)},
    {"package", .argument = "NAME", .help = "with --add: the package, if PATH does not tell",
     STRING_AT(struct job, package)},
    {"version", .argument = "VERSION", .help = "with --add: its version, if PATH does not tell",
     STRING_AT(struct job, version)},
    {"date", .argument = "YYYY-MM-DD",
     .help = "with --add: its date (default: that of the newest ROM)", STRING_AT(struct job, date)},
    {"snapshot", .help = "with --add: not a release, and not counted in the pace",
     FLAG_AT(struct job, snapshot)},
    {0},
};

/* --- for people -------------------------------------------------------------------- */

static const struct history_point *point_in(const struct history_line *line, size_t release)
{
    for (size_t i = 0; i < line->count; i++) {
        if (line->points[i].release == release)
            return &line->points[i];
    }
    return NULL;
}

static void add_point(struct columns *c, const struct history_point *p)
{
    const char *crossed = p && p->crossed_from ? "!" : "";

    if (!p)
        columns_add(c, "-");
    else if (p->has_growth && p->growth == 0)
        columns_add(c, "=%s", crossed);
    else if (p->has_growth)
        columns_add(c, "%+" PRId64 "%s", p->growth, crossed);
    else if (p->has_reach)
        columns_add(c, "%" PRIu64 "%s", p->reach, crossed);
    else
        columns_add(c, "(%" PRIu64 ")%s", p->rom->size, crossed);
}

static void add_outlook(struct columns *c, const struct history *h, const struct history_line *line)
{
    const char *present = h->releases[history_present(h)].name;

    switch (line->outlook) {
    case HISTORY_CROSSES:
        columns_add(c, "leaves it in %s + %" PRIu64 "%s%.7s", present, line->crosses_in,
                    *line->crosses_about ? ", about " : "", line->crosses_about);
        break;
    case HISTORY_HOLDS:
        columns_add(c, "holds");
        break;
    case HISTORY_GONE:
        columns_add(c, "gone after %s", h->releases[line->points[line->count - 1].release].name);
        break;
    default:
        columns_add(c, "not known");
    }
}

static void print_table(const struct history *h, const struct history_line *lines, size_t count)
{
    static const char align[] = "lrrrrrrrrrrrrrr"; /* as long as any table gets */
    size_t shown = h->release_count < RELEASES_SHOWN ? h->release_count : RELEASES_SHOWN;
    size_t first = h->release_count - shown;
    char letters[COLUMNS_MAX + 1], bucket[SIZE_TEXT_MAX];
    struct columns c;

    snprintf(letters, sizeof letters, "%.*sl", (int)(shown + 5), align);
    columns_init(&c, letters, "ROM", NULL);
    for (size_t r = first; r < h->release_count; r++)
        columns_add(&c, "%s", h->releases[r].name);
    columns_add(&c, "ends at");
    columns_add(&c, "bucket");
    columns_add(&c, "left");
    columns_add(&c, "a release");
    columns_add(&c, "at this pace");
    for (size_t i = 0; i < count; i++) {
        const struct history_line *line = &lines[i];

        columns_add(&c, "%s", line->name);
        for (size_t r = first; r < h->release_count; r++)
            add_point(&c, point_in(line, r));
        columns_add(&c, line->has_headroom ? "%" PRIu64 : "-", line->reach);
        columns_add(&c, "%s", size_format(line->bucket, bucket));
        columns_add(&c, line->has_headroom ? "%" PRIu64 : "-", line->headroom);
        columns_add(&c, line->pace_releases ? "%+" PRId64 : "-",
                    line->pace_releases ? history_pace(line) : 0);
        add_outlook(&c, h, line);
    }
    columns_print(&c, 2);
    if (first)
        print_line("  Releases before %s are not shown here; --json and --svg have them.",
                   h->releases[first].name);
}

/* The release to which the ROM jumped furthest, if that is more than it has left; 0: none. */
static size_t jump_of(const struct history_line *line)
{
    if (line->outlook == HISTORY_GONE || !line->has_headroom || line->largest_growth <= 0 ||
        (uint64_t)line->largest_growth <= line->headroom)
        return 0;
    return line->points[line->largest_at].release;
}

/* The mean of a few releases hides a jump; another one like the largest would do it at once.
 * One line for each release that had jumps. */
static void print_jumps(const struct history *h, const struct history_line *lines, size_t count)
{
    for (size_t r = 1; r < h->release_count; r++) {
        char *names = NULL;

        for (size_t i = 0; i < count; i++) {
            if (jump_of(&lines[i]) != r)
                continue;
            char *more = xasprintf("%s%s%s (%+" PRId64 ")", names ? names : "", names ? ", " : "",
                                   lines[i].name, lines[i].largest_growth);
            free(names);
            names = more;
        }
        if (names)
            print_line("  One more step like that to %s would leave the bucket: %s.",
                       h->releases[r].name, names);
        free(names);
    }
}

static void print_sentences(const struct history *h, const struct history_line *lines, size_t count)
{
    char from[SIZE_TEXT_MAX], to[SIZE_TEXT_MAX];

    for (size_t i = 0; i < count; i++) {
        const struct history_line *line = &lines[i];

        for (size_t k = 0; k < line->count; k++) {
            const struct history_point *p = &line->points[k];

            if (p->crossed_from)
                print_line("  ! %s went from %s to %s in %s.", line->name,
                           size_format(p->crossed_from, from), size_format(p->rom->bucket, to),
                           h->releases[p->release].name);
        }
    }
    print_jumps(h, lines, count);
}

static void print_history(const struct history *h, const struct history_line *lines, size_t count)
{
    print_line("%s: %s", h->name, h->summary);
    print_table(h, lines, count);
    print_sentences(h, lines, count);
}

/* --- for programs ------------------------------------------------------------------ */

static struct json_object *number_or_null(bool given, int64_t n)
{
    return given ? json_integer(n) : NULL;
}

static struct json_object *point_object(const struct history *h, const struct history_point *p)
{
    struct json_object *o = json_new();

    json_add_text(o, "release", h->releases[p->release].name);
    json_add_number(o, "size", p->rom->size);
    json_add(o, "chain_end", number_or_null(p->rom->has_chain_end, (int64_t)p->rom->chain_end));
    json_add_number(o, "bucket", p->rom->bucket);
    json_add(o, "growth", number_or_null(p->has_growth, p->growth));
    json_add(o, "crossed_from", number_or_null(p->crossed_from != 0, (int64_t)p->crossed_from));
    return o;
}

static struct json_object *line_object(const struct history *h, const struct history_line *line)
{
    struct json_object *o = json_new(), *points = json_list();
    bool crosses = line->outlook == HISTORY_CROSSES;

    json_add_text(o, "rom", line->name);
    json_add_number(o, "bucket", line->bucket);
    json_add(o, "headroom", number_or_null(line->has_headroom, (int64_t)line->headroom));
    json_add(
        o, "growth_per_release",
        number_or_null(line->pace_releases != 0, line->pace_releases ? history_pace(line) : 0));
    json_add(o, "largest_growth", json_integer(line->largest_growth));
    json_add_text(o, "outlook", history_outlook_name(line->outlook));
    json_add(o, "crosses_in", number_or_null(crosses, (int64_t)line->crosses_in));
    json_add_text(o, "crosses_about", crosses && *line->crosses_about ? line->crosses_about : NULL);
    for (size_t i = 0; i < line->count; i++)
        json_append(points, point_object(h, &line->points[i]));
    json_add(o, "points", points);
    return o;
}

static struct json_object *history_object(const struct history *h, const struct history_line *lines,
                                          size_t count)
{
    struct json_object *o = json_new(), *releases = json_list();
    struct json_object *roms = json_list();

    for (size_t i = 0; i < h->release_count; i++) {
        const struct history_release *release = &h->releases[i];
        struct json_object *r = json_new();

        json_add_text(r, "release", release->name);
        json_add_text(r, "package", release->package);
        json_add_text(r, "version", release->version);
        json_add_text(r, "date", release->date);
        json_add_text(r, "source", release->source);
        json_add_flag(r, "snapshot", release->snapshot);
        json_append(releases, r);
    }
    for (size_t i = 0; i < count; i++)
        json_append(roms, line_object(h, &lines[i]));
    json_add_text(o, "history", h->name);
    json_add_text(o, "summary", h->summary);
    json_add_text(o, "file", h->file);
    json_add_text(o, "present", h->releases[history_present(h)].name);
    json_add(o, "releases", releases);
    json_add(o, "roms", roms);
    return o;
}

/* --- showing ----------------------------------------------------------------------- */

static int draw(const struct job *job, const struct histories *all)
{
    struct failure f = {0};
    size_t length;
    char *text = history_chart(all->list, all->count, job->pattern, &length, &f);
    int status = STATUS_YES;

    if (!text || write_output(job->svg, text, length, 0666, &f) < 0)
        status = report(&f);
    free(text);
    return status;
}

static int show(const struct job *job)
{
    struct json_object *list = job->json ? json_list() : NULL;
    struct histories all = {0};
    struct failure f = {0};
    size_t matched = 0;
    int status = STATUS_YES;

    if (histories_load(&job->data, &all, &f) < 0)
        status = report(&f);
    for (size_t i = 0; i < all.count && status == STATUS_YES; i++) {
        struct history_line *lines;
        size_t count = history_lines(&all.list[i], job->pattern, &lines);

        if (count && job->json)
            json_append(list, history_object(&all.list[i], lines, count));
        else if (count) {
            if (matched)
                putchar('\n');
            print_history(&all.list[i], lines, count);
        }
        matched += count;
        history_lines_free(lines, count);
    }
    if (status == STATUS_YES && !matched) {
        complain("no ROM of the history matches '%s'", job->pattern ? job->pattern : "*");
        status = STATUS_NO;
    }
    if (job->json && status != STATUS_NO_ANSWER) {
        struct json_object *o = json_document("romcompat-history", 1);

        json_add(o, "histories", list);
        json_print(o);
    } else if (job->json) {
        json_object_put(list);
    }
    if (status == STATUS_YES && job->svg)
        status = draw(job, &all);
    histories_free(&all);
    return finish_output(status);
}

/* --- adding ------------------------------------------------------------------------ */

/* The one history whose newest release was measured of the same package. */
static int find_file(const struct job *job, const struct history_release *release, char **path,
                     struct failure *f)
{
    struct histories all = {0};
    const struct history *found = NULL;
    int result = 0;
    struct stat st;

    if (job->data.count > 1)
        return fail(f, "--add needs one --data (found %zu)", job->data.count);
    if (job->data.count == 1 && (stat(job->data.list[0], &st) < 0 || !S_ISDIR(st.st_mode))) {
        *path = xstrdup(job->data.list[0]);
        return 0;
    }
    if (!release->package) {
        fail(f, "nothing says to which history this belongs");
        fail_hint(f, "Name it with --data FILE, or the package with --package NAME.");
        return -1;
    }
    if (histories_load(&job->data, &all, f) < 0)
        result = -1;
    for (size_t i = 0; i < all.count && result == 0; i++) {
        const struct history_release *newest = &all.list[i].releases[all.list[i].release_count - 1];

        if (!newest->package || strcmp(newest->package, release->package) != 0 ||
            strcmp(newest->source, HISTORY_MEASURED) != 0)
            continue;
        if (found) {
            result = fail(f, "more than one history has measured '%s': %s and %s", release->package,
                          found->file, all.list[i].file);
            fail_hint(f, "Name it with --data FILE.");
        }
        found = &all.list[i];
    }
    if (result == 0 && !found) {
        result = fail(f, "no history has measured '%s'", release->package);
        fail_hint(f, "Name one with --data FILE; a missing file is created.");
    }
    if (result == 0)
        *path = xstrdup(found->file);
    histories_free(&all);
    return result;
}

static void take_over(char **field, const char *given)
{
    if (given) {
        free(*field);
        *field = xstrdup(given);
    }
}

/* The name of a history that is begun: that of its file. */
static char *name_from(const char *path)
{
    const char *name = base_name(path);

    return xstrndup(name, strlen(name) - (ends_with(name, ".yaml") ? strlen(".yaml") : 0));
}

static int append(const char *path, const struct history_release *release, struct failure *f)
{
    uint8_t *data = NULL;
    struct stat st;
    size_t size = 0, length;
    char *text;

    if (stat(path, &st) == 0 || errno != ENOENT) {
        if (read_file(path, YAML_FILE_MAX, &data, &size, f) < 0)
            return -1;
    }
    char *name = name_from(path);
    char *summary = xasprintf("Option ROMs of %s", release->package ? release->package : name);
    const char *wrong = data ? NULL : package_name_problem(name);
    int result = wrong
                     ? fail(f, "%s: the name of a new history %s (found '%s')", path, wrong, name)
                     : history_append(path, data, size, name, summary, release, &text, &length, f);
    if (result == 0) {
        result = write_file_atomically(path, text, length, 0666, f);
        free(text);
    }
    free(summary);
    free(name);
    free(data);
    return result;
}

static int add(const struct job *job, const char *measured)
{
    struct history_release release;
    struct failure f = {0};
    char *path = NULL;
    int status = STATUS_YES;

    if (history_measure(measured, &release, &f) < 0)
        return report(&f);
    release.name = xstrdup(job->add);
    release.snapshot = job->snapshot;
    take_over(&release.package, job->package);
    take_over(&release.version, job->version);
    take_over(&release.date, job->date);
    if (find_file(job, &release, &path, &f) < 0 || append(path, &release, &f) < 0)
        status = report(&f);
    else
        print_line("%s: %s added, %zu ROM%s", path, release.name, release.rom_count,
                   PLURAL(release.rom_count));
    free(path);
    history_release_free(&release);
    return finish_output(status);
}

/* --- options ----------------------------------------------------------------------- */

static int check_usage(const struct job *job, size_t operands)
{
    const char *wrong = NULL;
    int64_t days;

    if (!job->add) {
        if (operands)
            return usage_error(&history_command, "an operand needs --add RELEASE");
        if (job->package || job->version || job->date || job->snapshot)
            return usage_error(&history_command,
                               "--package, --version, --date and --snapshot need --add");
        return 0;
    }
    if (operands != 1)
        return usage_error(&history_command, "--add measures one PATH (found %zu)", operands);
    if (job->pattern || job->svg || job->json)
        return usage_error(&history_command, "--add excludes --rom, --svg and --json");
    if (job->package && (wrong = package_name_problem(job->package)))
        return usage_error(&history_command, "--package: the name %s", wrong);
    if (job->version && (wrong = package_version_problem(job->version)))
        return usage_error(&history_command, "--version: the version %s", wrong);
    if (job->date && !date_parse(job->date, &days))
        return usage_error(&history_command,
                           "--date: '%s' is not a valid date (expected YYYY-MM-DD)", job->date);
    return 0;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    int status = check_usage(job, count);

    if (status != STATUS_YES)
        return status;
    return job->add ? add(job, operands[0]) : show(job);
}

const struct command history_command = {
    .name = "history",
    .summary = "how ROMs grew from release to release, and when they leave their bucket",
    .synopsis = "[--rom PATTERN] [--data PATH]... [--svg FILE] [--json]\n"
                "--add RELEASE [--data PATH] [--package NAME] [--version VERSION]\n"
                "    [--date YYYY-MM-DD] [--snapshot] PATH",
    .details =
        "Shows for each ROM where its last image ends in each release (in the first one the\n"
        "offset, then the growth; '!' where it left its bucket), how much is left, and in which\n"
        "release it will leave its bucket at the pace of the last ones. With --add it measures a\n"
        "package, archive, directory or ROM and appends it to the history of that package, or to\n"
        "--data.",
    .options = options,
    .settings_size = sizeof(struct job),
    .operand = "a PATH",
    .run = run,
};
