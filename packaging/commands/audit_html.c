/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/audit_html.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "fleet/exchange_texts.h"
#include "inputs/crypto.h"
#include "outputs/escape.h"
#include "outputs/json.h"

enum { HOSTS_NAMED = 20 }; /* of each class */

/* --- data, for the page's program ----------------------------------------------------------- */

/* A letter for each class that guests go to. */
static char *row_text(const struct exchange *e, size_t from)
{
    static const char letters[] = {
        [EXCHANGE_SELF] = 's',    [EXCHANGE_YES] = 'y',     [EXCHANGE_LACKS] = 'l',
        [EXCHANGE_ARRIVES] = 'a', [EXCHANGE_UNKNOWN] = 'u', [EXCHANGE_NO] = 'n'};
    size_t n = e->fleet->class_count;
    char *row = xmalloc(n + 1);

    for (size_t to = 0; to < n; to++)
        row[to] = letters[e->verdicts[from * n + to]];
    row[n] = '\0';
    return row;
}

/* "0,3,7" of what has a bit. */
static char *rom_numbers(const struct fleet *fleet, uint64_t roms)
{
    struct text text;
    FILE *out = text_begin(&text);
    const char *between = "";

    for (size_t r = 0; r < fleet->rom_count; r++)
        if (roms >> r & 1) {
            fprintf(out, "%s%zu", between, r);
            between = ",";
        }
    return text_end(&text);
}

static char *image_numbers(const struct fleet *fleet, const struct fleet_images *images)
{
    struct text text;
    FILE *out = text_begin(&text);
    const char *between = "";

    for (size_t i = 0; i < fleet->image_count; i++)
        if (fleet_has_image(images, i)) {
            fprintf(out, "%s%zu", between, i);
            between = ",";
        }
    return text_end(&text);
}

static char *machine_numbers(const size_t *machines, size_t count)
{
    struct text text;
    FILE *out = text_begin(&text);

    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%zu", i ? "," : "", machines[i]);
    return text_end(&text);
}

static char *pair_numbers(const struct exchange_refusal *p)
{
    struct text text;
    FILE *out = text_begin(&text);

    for (size_t i = 0; i < p->pair_count; i++)
        fprintf(out, "%s%u,%u", i ? ";" : "", p->pairs[i].from, p->pairs[i].to);
    return text_end(&text);
}

/* Takes `text` over. */
static void add_own_text(struct json_object *o, const char *key, char *text)
{
    json_add_text(o, key, text);
    free(text);
}

static struct json_object *refusal_data(const struct exchange *e, const struct exchange_refusal *p)
{
    struct json_object *o = json_new();
    size_t count, *machines = exchange_machines_of(e, p, &count);
    char length[SIZE_TEXT_MAX];

    json_add_text(o, "reason", exchange_reason_name(p->reason));
    json_add_flag(o, "needed", p->is_needed);
    char *why = audit_why_text(e, p);
    if (why) {
        json_add_flag(o, "unknown", p->is_unknown);
        add_own_text(o, "why", why);
    }
    if (p->reason == EXCHANGE_LENGTH) {
        json_add_text(o, "length", size_format(UINT64_C(1) << p->from, length));
        json_add_text(o, "there", size_format(UINT64_C(1) << p->to, length));
    }
    add_own_text(o, "roms", rom_numbers(e->fleet, p->roms));
    add_own_text(o, "firmware", image_numbers(e->fleet, &p->images));
    add_own_text(o, "machines", machine_numbers(machines, count));
    add_own_text(o, "machine_text", exchange_machines_text(e->fleet, machines, count));
    add_own_text(o, "pairs", pair_numbers(p));
    free(machines);
    return o;
}

static char *page_data(const struct exchange *e)
{
    struct json_object *o = json_new(), *rows = json_list(), *problems = json_list(),
                       *machines = json_list();
    const struct fleet *fleet = e->fleet;

    for (size_t i = 0; i < fleet->class_count; i++) {
        char *row = row_text(e, i);

        json_append(rows, json_string(row));
        free(row);
    }
    for (size_t i = 0; i < fleet->machine_count; i++) {
        char *name = xasprintf("%s (%s)", fleet->machines[i].name, fleet->machines[i].architecture);

        json_append(machines, json_string(name));
        free(name);
    }
    for (size_t i = 0; i < e->refusal_count; i++)
        json_append(problems, refusal_data(e, &e->refusals[i]));
    json_add(o, "rows", rows);
    json_add(o, "machines", machines);
    json_add(o, "roms", json_strings((char **)fleet->roms, fleet->rom_count));
    json_add(o, "firmware", json_strings((char **)fleet->images, fleet->image_count));
    json_add(o, "problems", problems);
    return json_document_line(o);
}

/* --- the parts that are there without the program ------------------------------------------- */

static void put_head(FILE *out)
{
    struct digest *d = digest_new(DIGEST_SHA256);
    uint8_t sum[SHA256_SIZE];

    digest_add(d, audit_page_script, strlen(audit_page_script));
    digest_take(d, sum);
    digest_free(d);
    char *base64 = base64_text(sum, sizeof sum);
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'unsafe-inline'; script-src 'sha256-%s'; base-uri 'none'; "
            "form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"referrer\" content=\"no-referrer\">\n"
            "<title>Which hosts exchange guests</title>\n<style>\n%s</style>\n</head>\n",
            base64, audit_page_style);
    free(base64);
}

static void put_summary(FILE *out, const struct audit *audit)
{
    const struct exchange *e = &audit->exchange;

    fprintf(
        out,
        "<body>\n<a class=\"skip\" href=\"#matrix\">To the matrix</a>\n<main>\n"
        "<h1>Which hosts exchange guests</h1>\n"
        "<p>%zu host%s in %zu class%s, %zu guest%s. Of %zu pairs of classes, guests land in "
        "%zu, land but for machine types or firmware in %zu, land and do not start again in %zu, "
        "are refused in %zu, and it is not known in %zu.</p>\n",
        audit->fleet.host_count, PLURAL(audit->fleet.host_count), audit->fleet.class_count,
        audit->fleet.class_count == 1 ? "" : "es", audit->fleet.guest_count,
        PLURAL(audit->fleet.guest_count), exchange_pairs(e), e->counts[EXCHANGE_YES],
        e->counts[EXCHANGE_LACKS], e->counts[EXCHANGE_ARRIVES], e->counts[EXCHANGE_NO],
        e->counts[EXCHANGE_UNKNOWN]);
    char *guests = audit_guests_text(audit);
    if (guests) {
        fputs("<p>", out);
        put_html(out, guests);
        fputs("</p>\n", out);
    }
    free(guests);
    if (audit->problems)
        fprintf(out,
                "<p><strong>%zu inventor%s could not be read: there is no answer about their "
                "hosts.</strong></p>\n",
                audit->problems, audit->problems == 1 ? "y" : "ies");
}

static void put_controls(FILE *out, size_t classes)
{
    static const char *const selects[][2] = {
        {"machine", "Machine type"}, {"rom", "ROM"}, {"firmware", "Firmware image"}};

    fputs("<form id=\"filters\" aria-label=\"Filters\">\n", out);
    for (size_t i = 0; i < sizeof selects / sizeof *selects; i++)
        fprintf(out,
                "<label>%s <select id=\"%s\"><option value=\"\">all</option></select></label>\n",
                selects[i][1], selects[i][0]);
    fprintf(
        out,
        "<label>Class <input id=\"class\" type=\"number\" min=\"1\" max=\"%zu\"></label>\n"
        "<label>Direction <select id=\"direction\"><option value=\"both\">from and to it</option>"
        "<option value=\"from\">from it</option><option value=\"to\">to it</option></select>"
        "</label>\n"
        "<label>Only what guests need <input id=\"needed\" type=\"checkbox\"></label>\n"
        "<button type=\"reset\">Show all</button>\n</form>\n",
        classes);
    fputs(
        "<h2>Matrix</h2>\n"
        "<p class=\"quiet\">A row for each class that guests come from, a column for each that "
        "they go to. Arrow keys, Page Up and Down, Home and End move the frame.</p>\n"
        "<div class=\"legend\"><span><i style=\"background:var(--yes)\"></i>guests land</span>"
        "<span><i style=\"background:var(--no)\"></i>X: refused</span>"
        "<span><i style=\"background:var(--lacks)\"></i>m: land, but for machine types or "
        "firmware</span><span><i style=\"background:var(--arrives)\"></i>1: land, and do not start "
        "again there</span><span><i style=\"background:var(--unknown)\"></i>?: not known</span>"
        "<span><i style=\"background:var(--self)\"></i>the same class</span></div>\n"
        "<div class=\"matrix\"><canvas id=\"matrix\" tabindex=\"0\" role=\"application\" "
        "aria-label=\"Matrix of classes; arrow keys choose a pair\" aria-describedby=\"cell\">"
        "</canvas></div>\n"
        "<output id=\"cell\" aria-live=\"polite\"></output>\n"
        "<h2>Problems</h2>\n<p class=\"quiet\" id=\"count\"></p>\n<div class=\"wide\"><table>"
        "<thead><tr><th>Guests are<th>Why<th>ROMs or firmware<th>Machine types<th>From "
        "\xe2\x86\x92 "
        "to</tr></thead><tbody id=\"problems\"></tbody></table></div>\n"
        "<p><button id=\"more\" type=\"button\" hidden>List more</button></p>\n",
        out);
}

static void put_parts(FILE *out, const struct fleet *fleet, const struct fix_part *parts,
                      size_t count)
{
    char size[SIZE_TEXT_MAX];

    fputs("<ul>", out);
    for (size_t i = 0; i < count; i++) {
        struct shipped_romset romset = {0};
        char *roms = audit_roms_text(fleet, parts[i].roms);
        char *machines = exchange_machines_text(fleet, parts[i].machines, parts[i].machine_count);

        fprintf(out, "<li>bucket %s for ", size_format(UINT64_C(1) << parts[i].length, size));
        put_html(out, roms);
        fputs(" on ", out);
        put_html(out, machines);
        if (audit_shipped_romset(fleet, &parts[i], &romset)) {
            fputs("; the romset ", out);
            put_html(out, romset.name);
            fputs(" makes it", out);
        }
        shipped_romset_free(&romset);
        fputs("</li>", out);
        free(machines);
        free(roms);
    }
    fputs("</ul>", out);
}

static void put_install(FILE *out, const struct audit *audit, const struct fix_install *install)
{
    const struct fleet *fleet = &audit->fleet;
    size_t hosts = fleet->classes[install->class].hosts;

    fprintf(out, "<li>Class %zu (%zu host%s):<ul>", install->class + 1, hosts, PLURAL(hosts));
    if (install->needs_patch)
        fputs("<li>a QEMU that reads compat maps, in place of the stock one</li>", out);
    for (size_t i = 0; i < install->set_count; i++) {
        fputs("<li>package ", out);
        put_html(out, install->sets[i]->package);
        fputs("</li>", out);
    }
    if (install->made_count) {
        fprintf(out, "<li>compat set %zu, which must be made:", install->made_name);
        put_parts(out, fleet, install->made, install->made_count);
        fputs("</li>", out);
    }
    if (install->file_count) {
        uint64_t missing = 0;

        for (size_t i = 0; i < install->file_count; i++)
            missing |= install->files[i].roms;
        char *roms = audit_roms_text(fleet, missing);
        fputs("<li>the package that has ", out);
        put_html(out, roms);
        fputs("; then take its inventory again</li>", out);
        free(roms);
    }
    fputs("</ul></li>\n", out);
}

static void put_fixes(FILE *out, const struct audit *audit)
{
    const struct fix_plan *plan = &audit->plan;

    fputs("<h2>What fixes it</h2>\n", out);
    if (!plan->is_needed) {
        fputs("<p>Nothing needs fixing.</p>\n", out);
        return;
    }
    if (plan->count == 0) {
        fputs("<p>Nothing that can be installed fixes this.</p>\n", out);
        return;
    }
    fprintf(out, "<p>%s: %zu installation%s on %zu class%s, %" PRIu64 " host%s.%s</p>\n<ul>\n",
            plan->is_proven ? "The smallest set that fixes it" : "A set that fixes it",
            plan->installations, PLURAL(plan->installations), plan->count,
            plan->count == 1 ? "" : "es", plan->hosts, PLURAL(plan->hosts),
            plan->is_proven ? "" : " There may be a smaller one.");
    for (size_t i = 0; i < plan->count; i++)
        put_install(out, audit, &plan->installs[i]);
    fputs("</ul>\n", out);
    if (plan->unfixed)
        fprintf(out, "<p>Not fixed by it: %zu of ROM and machine type.</p>\n", plan->unfixed);
}

/* The hosts stand in the order of their classes. */
static void put_classes(FILE *out, const struct fleet *fleet)
{
    size_t at = 0;

    fputs("<h2>Classes</h2>\n<div class=\"wide\"><table><thead><tr><th>Class<th>Hosts<th>What they "
          "have<th>Which</tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < fleet->class_count; i++) {
        const struct fleet_class *c = &fleet->classes[i];

        fprintf(out, "<tr><td class=\"number\">%zu<td class=\"number\">%zu<td>", i + 1, c->hosts);
        for (size_t k = 0; k < c->label_count && k < FLEET_LABELS_MAX; k++) {
            fputs(k ? "<br>" : "", out);
            put_html(out, c->labels[k]);
        }
        fputs("<td>", out);
        for (size_t k = 0; k < c->hosts && k < HOSTS_NAMED; k++) {
            fputs(k ? ", " : "", out);
            put_html(out, fleet->hosts[at + k].name);
        }
        if (c->hosts > HOSTS_NAMED)
            fprintf(out, " and %zu more", c->hosts - HOSTS_NAMED);
        fputs("</tr>\n", out);
        at += c->hosts;
    }
    fputs("</tbody></table></div>\n", out);
}

char *audit_html(const struct audit *audit, size_t *length)
{
    struct text text;
    FILE *out = text_begin(&text);
    char *data = page_data(&audit->exchange);

    put_head(out);
    put_summary(out, audit);
    put_controls(out, audit->fleet.class_count);
    put_fixes(out, audit);
    put_html_upgrade(out, audit);
    put_html_expiry(out, audit);
    put_html_encrypted(out, &audit->fleet.encrypted);
    put_html_stores(out, &audit->fleet.stores);
    put_classes(out, &audit->fleet);
    fputs("</main>\n<script type=\"application/json\" id=\"data\">", out);
    put_html_json(out, data);
    fprintf(out, "</script>\n<script>%s</script>\n</body>\n</html>\n", audit_page_script);
    free(data);
    char *page = text_end(&text);
    *length = text.length;
    return page;
}
