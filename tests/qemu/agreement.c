/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/agreement.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const way_names[] = {"stream", "gzip", "mapped-ram", "monitor", "snapshot"};

/* --- the table ------------------------------------------------------------------- */

struct row {
    const struct agreement *of;
    char verdict[16], answer[64];
    long long length, there;
    bool agrees;
};

static struct row rows[AGREEMENTS_MAX];
static size_t row_count;

/* "7.2" of "stock-7.2", "/usr/bin/qemu..." as it is. */
static const char *which_name(const char *which)
{
    return *which == '/' ? "this machine's" : which;
}

void write_agreement(void)
{
    char path[1024];
    size_t agree = 0;

    snprintf(path, sizeof path, "%s/scratch/agreement.txt", getenv("ROMCOMPAT_QEMU"));
    FILE *out = fopen(path, "w");
    if (!out)
        return;
    fprintf(out, "%-20s %-14s %-30s %-10s %-20s %-12s %8s %8s  %-11s  %-36s %s\n", "source",
            "machine", "device", "stream", "destination", "ROMs", "guest", "there", "preflight",
            "QEMU", "agree");
    for (size_t i = 0; i < row_count; i++) {
        const struct row *r = &rows[i];
        const struct from *from = r->of->from;
        const struct to *to = r->of->to;

        fprintf(out, "%-20s %-14s %-30s %-10s %-20s %-12s 0x%06llx 0x%06llx  %-11s  %-36s %s\n",
                which_name(from->which), from->machine, from->device, way_names[from->way],
                which_name(to->which), to->directories, r->length, r->there, r->verdict, r->answer,
                r->agrees ? "yes" : "NO");
        agree += r->agrees;
    }
    fprintf(out, "%zu cases, %zu agree, %zu disagree\n", row_count, agree, row_count - agree);
    fclose(out);
}

/* --- asking the tool ------------------------------------------------------------- */

static const char *text_in(struct stage *s, json_object *o, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(o, key, &value) && value
               ? text_of(s, "%s", json_object_get_string(value))
               : "";
}

static long long number_in(json_object *o, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(o, key, &value) ? json_object_get_int64(value) : 0;
}

/* What preflight says of the block; its BIOS, which is the same everywhere, must land. */
static struct verdict find_block(struct stage *s, json_object *answer, const char *block)
{
    struct verdict v = {.verdict = "not there", .why = ""};
    json_object *list;

    if (!json_object_object_get_ex(answer, "blocks", &list)) {
        went_wrong(s, "preflight: no answer");
        return v;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *o = json_object_array_get_idx(list, i);
        const char *verdict = text_in(s, o, "verdict"), *name = text_in(s, o, "block");

        if (strcmp(name, block) == 0)
            v = (struct verdict){verdict, text_in(s, o, "why"), number_in(o, "length"),
                                 number_in(o, "length_there")};
        else if (strcmp(verdict, "lands") != 0)
            went_wrong(s, "preflight: %s: %s (%s)", name, verdict, text_in(s, o, "why"));
    }
    return v;
}

/* "{a} {b}" as paths, then the directories that every guest of this suite gets. */
static const char *directories_of(struct stage *s, const struct to *to)
{
    const char *qemu = getenv("ROMCOMPAT_QEMU"), *text = "", *at = to->directories;

    while (*at) {
        size_t n = strcspn(at, " ");

        text = text_of(s, "%s '%s/roms/%.*s'", text, qemu, (int)n, at);
        at += n + (at[n] == ' ');
    }
    if (*to->which == '/') /* it has its own */
        return text;
    const char *base = base_of(s, to->which);
    return text_of(s, "%s '%s/usr/share/seabios' '%s/usr/share/qemu'", text, base, base);
}

/* The answer of preflight, whose wait status goes to *status; to be released. */
static json_object *run_preflight(struct stage *s, const char *file, const struct to *to,
                                  const char *options, int *status)
{
    static char text[1 << 20];

    if (is_wrong(s))
        return NULL;
    FILE *pipe = popen(text_of(s, "'%s/romcompat' preflight --json --qemu '%s' %s '%s/%s' %s",
                               getenv("ROMCOMPAT_BUILD"), program_of(s, to->which), options,
                               work_directory(s), file, directories_of(s, to)),
                       "r");
    size_t n = pipe ? fread(text, 1, sizeof text - 1, pipe) : 0;
    *status = pipe ? pclose(pipe) : -1;
    text[n] = '\0';
    return json_tokener_parse(text);
}

struct verdict preflight_of(struct stage *s, const char *file, const struct to *to,
                            const struct from *from)
{
    /* The monitor's table does not name the machine type, and no stream its QEMU, without which
     * there is no yes for an Arm guest under TCG. */
    const char *options = from->way == MONITOR ? text_of(s, "-M %s", from->machine) : "";
    unsigned major, minor;
    int status = 0;

    if (sscanf(from->which, "%*[a-z]-%u.%u-aarch64", &major, &minor) == 2 &&
        strstr(from->which, "aarch64"))
        options = text_of(s, "%s --guest-qemu %u.%u", options, major, minor);
    json_object *answer = run_preflight(s, file, to, options, &status);
    struct verdict v = find_block(s, answer, from->block);

    json_object_put(answer);
    int expected = strcmp(v.verdict, "lands") == 0 ? 0 : strcmp(v.verdict, "unknown") == 0 ? 2 : 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != expected)
        went_wrong(s, "preflight: wait status 0x%x beside the verdict '%s'", (unsigned)status,
                   v.verdict);
    return v;
}

/* `text` with each `old` replaced, and newlines by `newline`. */
static const char *replaced(struct stage *s, const char *text, const char *old, const char *new,
                            const char *newline)
{
    const char *found, *done = "";

    for (; (found = strstr(text, old)); text = found + strlen(old))
        done = text_of(s, "%s%.*s%s", done, (int)(found - text), text, new);
    done = text_of(s, "%s%s", done, text);
    for (const char *rest = done; (found = strchr(rest, '\n'));) {
        size_t head = (size_t)(found - done);

        done = text_of(s, "%.*s%s%s", (int)head, done, newline, found + 1);
        rest = done + head + strlen(newline);
    }
    return done;
}

#define COPIES "/usr/share/qemu/romcompat"

const char *fix_of(struct stage *s, const char *file, const struct to *to)
{
    const char *fix = "", *copies = text_of(s, "%s/copies", work_directory(s));
    json_object *list;
    int status;
    json_object *answer = run_preflight(s, file, to, "", &status);

    if (answer && json_object_object_get_ex(answer, "fixes", &list))
        for (size_t i = 0; i < json_object_array_length(list); i++) {
            json_object *o = json_object_array_get_idx(list, i);
            const char *kind = text_in(s, o, "kind");
            /* The tests' own directory in the place of the machine's. */
            const char *text = replaced(s, text_in(s, o, "text"), COPIES, copies,
                                        strcmp(kind, "commands") == 0 ? " && " : " ");

            if (strcmp(kind, "arguments") == 0)
                fix = text;
            else if (strcmp(kind, "commands") == 0)
                run_program(s, "PATH='%s':$PATH; %s", getenv("ROMCOMPAT_BUILD"),
                            replaced(s, text, "OLD/",
                                     text_of(s, "%s/roms/old/", getenv("ROMCOMPAT_QEMU")), ""));
        }
    json_object_put(answer);
    if (!*fix)
        went_wrong(s, "preflight: no arguments");
    return fix;
}

/* --- asking QEMU --------------------------------------------------------------------- */

#define MAPPED_ON "{\"capabilities\": [{\"capability\": \"mapped-ram\", \"state\": true}]}"

/* Something to put a snapshot into, or to load it from. */
#define DISK "-drive if=none,id=disk,format=qcow2,file={work}/disk.qcow2"

static const char *save_snapshot(struct stage *s, const struct from *from)
{
    run_program(s, "'%s/qemu-img' create -q -f qcow2 disk.qcow2 9M", bin_directory());
    struct guest *g = start(s, from->which, "-M %s -L {%s} -device %s,addr=3 " DISK, from->machine,
                            from->directory, from->device);
    const char *said = hmp(s, g, "savevm one");

    if (!is_wrong(s) && *said)
        went_wrong(s, "savevm: %s", said);
    stop(s, g);
    return "disk.qcow2";
}

const char *save_guest(struct stage *s, const struct from *from)
{
    enum way way = from->way;

    if (way == SNAPSHOT)
        return save_snapshot(s, from);
    struct guest *g = start(s, from->which, "-M %s -L {%s} -device %s,addr=3", from->machine,
                            from->directory, from->device);
    if (way == MONITOR)
        write_file(s, "table", hmp(s, g, "info ramblock"));
    if (way == MAPPED)
        qmp(s, g, "migrate-set-capabilities", "%s", MAPPED_ON);
    migrate_out(s, g, way == MAPPED ? "file:saved" : "exec:cat > saved");
    stop(s, g);
    if (way == GZIP)
        run_program(s, "gzip -1 < saved > saved.gz");
    return way == MONITOR ? "table" : way == GZIP ? "saved.gz" : "saved";
}

const char *arguments_of(struct stage *s, const struct to *to)
{
    const char *text = "", *at = to->directories;

    while (*at) {
        size_t n = strcspn(at, " ");

        text = text_of(s, "%s -L {%.*s}", text, (int)n, at);
        at += n + (at[n] == ' ');
    }
    return text;
}

/* What QEMU does with the guest, found out without a look at the verdict. */
struct answer {
    enum { NO_START, REFUSED, ARRIVED } what;
    const char *said;
    long long length;
};

static struct answer load_snapshot(struct stage *s, const struct from *from, const struct to *to)
{
    struct answer a = {.what = ARRIVED, .said = ""};
    struct guest *g =
        try_start(s, &a.said, to->which, "-M %s %s -device %s,addr=3 " DISK " -loadvm one",
                  from->machine, arguments_of(s, to), from->device);

    if (g)
        a.length = (long long)block_length_of(s, g, from->block);
    else
        a.what = strstr(a.said, "error while loading state") ? REFUSED : NO_START;
    return a;
}

static struct answer ask_qemu(struct stage *s, const struct from *from, const struct to *to)
{
    struct answer a = {.what = NO_START, .said = ""};

    if (from->way == SNAPSHOT)
        return load_snapshot(s, from, to);
    struct guest *g = try_start(s, &a.said, to->which, "-M %s %s -device %s,addr=3 -incoming defer",
                                from->machine, arguments_of(s, to), from->device);
    if (!g)
        return a;
    if (from->way == MAPPED)
        qmp(s, g, "migrate-set-capabilities", "%s", MAPPED_ON);
    a.said = try_migrate_in(s, g, from->way == MAPPED ? "file:saved" : "exec:cat saved");
    a.what = a.said ? REFUSED : ARRIVED;
    if (!a.said)
        a.length = (long long)block_length_of(s, g, from->block);
    return a;
}

static bool is_as_said(struct stage *s, const struct verdict *v, const char *block,
                       const struct answer *a)
{
    const char *mismatch = text_of(s, "Size mismatch: %s: 0x%llx != 0x%llx: Invalid argument",
                                   block, v->length, v->there);

    if (strcmp(v->verdict, "lands") == 0)
        return a->what == ARRIVED && a->length == v->length;
    if (strcmp(v->verdict, "refused") == 0 && strstr(v->why, "does not start"))
        return a->what == NO_START;
    if (strcmp(v->verdict, "refused") == 0)
        return a->what == REFUSED && strstr(a->said, mismatch);
    /* Where it is cut, what is cut off decides: pages of zeros are not in the file. */
    return strcmp(v->verdict, "is accepted with the wrong size") == 0 && v->there != v->length &&
           (a->what == ARRIVED
                ? a->length == v->there
                : a->what == REFUSED && v->there < v->length && strstr(a->said, "Partial read"));
}

static void fill_answer(struct row *r, const struct answer *a)
{
    const char *said = "";

    if (a->what == NO_START)
        said = "does not start";
    else if (a->what == ARRIVED)
        said = NULL;
    else if (strstr(a->said, "Size mismatch"))
        said = "refused: Size mismatch";
    else if (strstr(a->said, "Partial read"))
        said = "refused: Partial read";
    else
        said = "refused";
    if (said)
        snprintf(r->answer, sizeof r->answer, "%s", said);
    else
        snprintf(r->answer, sizeof r->answer, "arrives with 0x%06llx", a->length);
}

void agree(struct stage *s, const void *data)
{
    const struct agreement *c = data;
    const char *file = save_guest(s, c->from);
    struct verdict v = preflight_of(s, file, c->to, c->from);
    struct answer a = ask_qemu(s, c->from, c->to);

    if (row_count == AGREEMENTS_MAX)
        return;
    struct row *r = &rows[row_count++];
    *r = (struct row){.of = c, .length = v.length, .there = v.there, .answer = "?"};
    snprintf(r->verdict, sizeof r->verdict, "%s", v.verdict);
    if (is_wrong(s))
        return;
    fill_answer(r, &a);
    r->agrees = is_as_said(s, &v, c->from->block, &a);
    if (!r->agrees)
        went_wrong(s, "preflight: %s, 0x%llx there (%s)\nQEMU: %s\n%s", v.verdict, v.there, v.why,
                   r->answer, a.said ? a.said : "");
}

/* --- the cases ------------------------------------------------------------------------- */

static bool is_there(const char *which)
{
    const char *arch = strstr(which, "aarch64") ? "" : "-x86_64";
    char path[1024];

    if (*which == '/')
        return true;
    snprintf(path, sizeof path, "%s/bin/%s%s", getenv("ROMCOMPAT_QEMU"), which, arch);
    return access(path, X_OK) == 0;
}

/* mapped-ram is there since 9.0. */
static bool can_be_played(const struct from *from, const struct to *to)
{
    bool is_arm = strstr(from->which, "aarch64");

    return is_arm == !!strstr(to->which, "aarch64") &&
           !(from->way == MAPPED && strstr(to->which, "7.2"));
}

size_t add_agreements(struct scenario *list, size_t count, const struct from *from,
                      size_t from_count, const struct to *to, size_t to_count)
{
    static struct agreement cases[AGREEMENTS_MAX];
    static char names[AGREEMENTS_MAX][256];
    static size_t used;
    size_t absent = 0;

    for (size_t i = 0; i < from_count; i++) {
        for (size_t k = 0; k < to_count && used < AGREEMENTS_MAX; k++) {
            if (!can_be_played(&from[i], &to[k]))
                continue;
            if (!is_there(from[i].which) || !is_there(to[k].which)) {
                absent++;
                continue;
            }
            snprintf(names[used], sizeof *names,
                     "preflight agrees with QEMU: %s, %s from %s -L %s (%s) to %s -L %s",
                     from[i].device, from[i].machine, from[i].which, from[i].directory,
                     way_names[from[i].way], to[k].which, to[k].directories);
            cases[used] = (struct agreement){&from[i], &to[k]};
            list[count++] = (struct scenario){names[used], agree, &cases[used]};
            used++;
        }
    }
    if (absent)
        printf("# %zu cases are left out: a QEMU for them could not be had\n", absent);
    return count;
}
