/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the page of `audit --html` says of machine types, encrypted guests, variable stores and an
 * upgrade. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands/audit_encrypted.h"
#include "commands/audit_html.h"
#include "commands/audit_stores.h"
#include "outputs/escape.h"

enum { STORES_SHOWN = 500, LEFT_SHOWN = 500, HOSTS_NAMED = 8 };

static void put_cell(FILE *out, const char *text)
{
    fputs("<td>", out);
    put_html(out, text);
}

static void put_number(FILE *out, uint64_t number)
{
    fprintf(out, "<td class=\"number\">%" PRIu64, number);
}

static void begin_table(FILE *out, const char *heads)
{
    fprintf(out, "<div class=\"wide\"><table><thead><tr>%s</tr></thead><tbody>\n", heads);
}

/* Of `count` lines `shown` are in it. */
static void end_table(FILE *out, size_t count, size_t shown)
{
    fputs("</tbody></table></div>\n", out);
    if (count > shown)
        fprintf(out, "<p class=\"quiet\">And %zu more.</p>\n", count - shown);
}

/* --- machine types -------------------------------------------------------------------------- */

static void put_expiry_line(FILE *out, const struct fleet *fleet, const struct expiry_line *l)
{
    char release[QEMU_RELEASE_TEXT_MAX], *classes = audit_classes_text(l->classes, l->class_count);

    fputs("<tr>", out);
    put_cell(out, fleet->machines[l->machine].name);
    put_number(out, l->guests);
    fprintf(out, "<td>QEMU %u.%u<td>QEMU %u.%u", l->when.deprecated.major, l->when.deprecated.minor,
            l->when.removed.major, l->when.removed.minor);
    put_number(out, l->deprecated_on);
    put_number(out, l->gone_on);
    put_cell(out, classes);
    free(classes);
    put_cell(out, qemu_release_text(&l->when.removed, release));
    fputs("</tr>\n", out);
}

void put_html_expiry(FILE *out, const struct audit *audit)
{
    const struct expiry *expiry = &audit->expiry;

    fputs("<h2 id=\"expiry\">Machine types that expire</h2>\n", out);
    if (!expiry->count) {
        fputs("<p>No guest has a machine type that QEMU removes.</p>\n", out);
        return;
    }
    begin_table(out, "<th>Machine type<th>Guests<th>Deprecated from"
                     "<th>Gone from<th>Hosts that deprecate it<th>Hosts without it<th>Classes"
                     "<th>The release with it");
    for (size_t i = 0; i < expiry->count; i++)
        put_expiry_line(out, &audit->fleet, &expiry->lines[i]);
    end_table(out, expiry->count, expiry->count);
}

/* --- encrypted memory ----------------------------------------------------------------------- */

static void put_encrypted(FILE *out, const struct encrypted_guests *all,
                          const struct encrypted_kind *kind)
{
    char *guests = audit_encrypted_guests(all, kind), *hosts = audit_encrypted_hosts(all, kind);

    fputs("<tr>", out);
    put_cell(out, kind->encryption);
    put_number(out, kind->guest_count);
    put_cell(out, guests);
    put_cell(out, flash_answer_name(kind->migrate));
    if (kind->why) {
        fputs(": ", out);
        put_html(out, kind->why);
    }
    put_cell(out, hosts);
    fputs("</tr>\n", out);
    free(hosts);
    free(guests);
}

void put_html_encrypted(FILE *out, const struct encrypted_guests *all)
{
    if (!all->kind_count)
        return;
    fputs("<h2 id=\"encrypted\">Guests with encrypted memory</h2>\n", out);
    begin_table(out, "<th>Encryption<th>Guests<th>Which<th>Migrate<th>Start on");
    for (size_t i = 0; i < all->kind_count; i++)
        put_encrypted(out, all, &all->kinds[i]);
    end_table(out, all->kind_count, all->kind_count);
}

/* --- variable stores -------------------------------------------------------------------------- */

static void put_store(FILE *out, const struct judged_store *judged)
{
    char *fix = audit_store_fix(judged);

    fputs("<tr>", out);
    put_cell(out, judged->host);
    put_cell(out, judged->guest ? judged->guest : "without a name");
    put_cell(out, judged->store ? judged->store : "");
    fputs("<td>", out);
    for (size_t i = 0; i < judged->findings.count; i++) {
        fprintf(out, "<b>%s</b> ", judged->findings.list[i].check);
        put_html(out, judged->findings.list[i].what);
        fputs("<br>", out);
    }
    fputs("<td>", out);
    if (fix) {
        fputs("<code>", out);
        put_html(out, fix);
        fputs("</code>", out);
    }
    fputs("</tr>\n", out);
    free(fix);
}

void put_html_stores(FILE *out, const struct store_findings *s)
{
    fprintf(out,
            "<h2 id=\"stores\">Variable stores</h2>\n<p>%zu guest%s ha%s a store; "
            "something is wrong with %zu.</p>\n",
            s->guests, PLURAL(s->guests), s->guests == 1 ? "s" : "ve", s->count);
    if (!s->count)
        return;
    begin_table(out, "<th>Host<th>Guest<th>Store<th>What is wrong"
                     "<th>What fixes it, while the guest is off");
    for (size_t i = 0; i < s->count && i < STORES_SHOWN; i++)
        put_store(out, &s->list[i]);
    end_table(out, s->count, STORES_SHOWN);
}

/* --- an upgrade ---------------------------------------------------------------------------------- */

static void put_names(FILE *out, char *const *names, size_t count)
{
    for (size_t i = 0; i < count && i < HOSTS_NAMED; i++) {
        fputs(i ? ", " : "", out);
        put_html(out, names[i]);
    }
    if (count > HOSTS_NAMED)
        fprintf(out, " and %zu more", count - HOSTS_NAMED);
}

static const char *label(const struct upgrade_order *o, size_t class)
{
    return o->fleet.classes[class].labels[0];
}

static void put_step(FILE *out, const struct upgrade_order *o, const struct order_step *step)
{
    const struct order_group *g = &o->groups[step->group];
    size_t count;
    char **hosts = upgrade_order_hosts(o, step, &count);

    fputs("<li>", out);
    put_names(out, hosts, count);
    fputs(count > 1 ? ", one after the other: " : ": ", out);
    put_html(out, label(o, g->from));
    fputs(" \xe2\x86\x92 ", out);
    put_html(out, label(o, g->to));
    for (size_t i = 0; i < step->to_count; i++) {
        fputs(i ? ", or " : ". Guests of the last go to: ", out);
        put_html(out, label(o, step->to[i]));
    }
    fputs("</li>\n", out);
}

static void put_blocked(FILE *out, const struct upgrade_order *o, const struct order_blocked *b)
{
    const struct order_group *g = &o->groups[b->group];

    fputs("<tr><td>", out);
    put_names(out, g->hosts, g->count);
    put_number(out, b->guests);
    put_cell(out, o->fleet.machines[b->machine].name);
    put_cell(out, b->why);
    put_cell(out, b->fix_when ? b->fix_when : "");
    fputs("</tr>\n", out);
}

static void put_order(FILE *out, const struct upgrade_order *o)
{
    static const char *const answers[] = {
        [QEMU_NO] = "There is no order of upgrade in which each guest has a host to go to.",
        [QEMU_YES] = "An order of upgrade in which at every step each guest has a host to go to:",
        [QEMU_NOT_KNOWN] = "An order of upgrade is not known: "};

    fprintf(out, "<p>%s", answers[o->answer]);
    put_html(out, o->why ? o->why : "");
    fputs("</p>\n<ol>\n", out);
    for (size_t i = 0; i < o->step_count; i++)
        put_step(out, o, &o->steps[i]);
    fputs("</ol>\n", out);
    if (!o->blocked_count)
        return;
    begin_table(out, "<th>Before these hosts<th>Guests<th>Machine type"
                     "<th>Why they have no host to go to<th>Fix");
    for (size_t i = 0; i < o->blocked_count; i++)
        put_blocked(out, o, &o->blocked[i]);
    end_table(out, o->blocked_count, o->blocked_count);
    if (o->further != UPGRADE_ORDER_NO_CLASS) {
        fputs("<p>With one more host like this, or one of them that stays as it is, there is an "
              "order: ",
              out);
        put_html(out, label(o, o->further));
        fputs("</p>\n", out);
    }
}

static void put_left(FILE *out, const struct audit_left *left)
{
    fputs("<tr>", out);
    put_cell(out, left->host);
    put_cell(out, left->guest);
    put_cell(out, audit_left_state_name(left->state));
    fputs(left->is_known ? "<td>" : "<td>not known: ", out);
    put_html(out, left->why);
    put_cell(out, left->fix_when ? left->fix_when : "");
    fputs("</tr>\n", out);
}

void put_html_upgrade(FILE *out, const struct audit *audit)
{
    if (!audit->asks_upgrade)
        return;
    fprintf(out,
            "<h2 id=\"upgrade\">The upgrade</h2>\n<p>%zu host%s upgraded: %zu guest%s left "
            "behind, not known for %zu. All else on this page is as it would be then.</p>\n",
            audit->upgraded, PLURAL(audit->upgraded), audit->left_total, PLURAL(audit->left_total),
            audit->left_unknown);
    if (audit->left_count) {
        begin_table(out, "<th>Host<th>Guest<th>State<th>Why<th>Fix");
        for (size_t i = 0; i < audit->left_count && i < LEFT_SHOWN; i++)
            put_left(out, &audit->left[i]);
        end_table(out, audit->left_count, LEFT_SHOWN);
    }
    put_order(out, &audit->order);
}
