/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat audit` found out, and the forms in which it is printed. */
#ifndef COMMANDS_AUDIT_H
#define COMMANDS_AUDIT_H

#include "fleet/exchange.h"
#include "fleet/expiry.h"
#include "fleet/fix_plan.h"
#include "fleet/upgrade_order.h"
#include "romset/shipped_romsets.h"

enum audit_left_state {
    AUDIT_LEFT_RUNNING,  /* it cannot be restored or come back, or not start again */
    AUDIT_LEFT_OFF,      /* it cannot start */
    AUDIT_LEFT_IF_SAVED, /* it is off, and could not be restored if it is saved */
};

/* A guest that an upgrade leaves behind, or of which that is not known. */
struct audit_left {
    char *host, *guest;
    bool is_known;
    enum audit_left_state state;
    char *why, *fix_when, *fix;
};

#define AUDIT_LEFT_MAX 10000 /* that are kept; more are counted */

struct audit {
    struct fleet fleet;
    struct exchange exchange;
    struct fix_plan plan;
    struct expiry expiry; /* without lines where it was not asked for */
    bool asks_expiry, asks_stores;
    size_t problems; /* documents that could not be read */
    /* Guests that do not start again on their own hosts: without a ROM, an image or swtpm, or the
     * machine type. */
    uint64_t without_file, without_machine;
    /* Of --upgrade. */
    bool asks_upgrade;
    size_t upgraded; /* hosts */
    struct audit_left *left;
    size_t left_count, left_capacity, left_total, left_unknown;
    struct upgrade_order order;
};

/* --- audit_upgrade.c: hosts as they would be after packages ----------------------------------- */

struct audit_rules;
/* PATTERN=PACKAGE: `rules` is NULL where there are none. 0 or -1. Free with audit_rules_free(). */
int audit_rules_read(const char *const *texts, size_t count, struct audit *audit,
                     struct audit_rules **rules, struct failure *f);
void audit_rules_free(struct audit_rules *rules);
/* "running", "off", "if saved". */
const char *audit_left_state_name(enum audit_left_state state);
void audit_left_print(const struct audit *audit);
struct json_object *audit_left_json(const struct audit *audit);
void audit_left_free(struct audit *audit);

/* --- audit_order.c ----------------------------------------------------------------------------- */

void audit_order_print(const struct upgrade_order *order);
struct json_object *audit_order_json(const struct upgrade_order *order);

/* Prints what could not be read, or is not known of packages, and counts it. */
void audit_problem(void *audit, const struct failure *f);

/* For a person, on standard output. `hosts`: name every host of each class. */
void audit_print(const struct audit *audit, bool hosts);
/* For programs. */
void audit_print_json(const struct audit *audit);

/* Whether guests are in the way of a yes, wherever they could go. */
bool audit_has_unstartable(const struct audit *audit);
/* What is to be said of them, and of those that are not wholly known, one line; NULL: nothing. The
 * caller frees it. */
char *audit_guests_text(const struct audit *audit);

/* What a refusal says beside the names of files and machine types, one line; NULL: nothing. The
 * caller frees it. */
char *audit_why_text(const struct exchange *e, const struct exchange_refusal *p);

/* Classes in their order: "2, 5..7", counted from 1; the caller frees it. */
char *audit_classes_text(const size_t *classes, size_t count);

/* "efi-e1000.rom, efi-virtio.rom"; the caller frees it. */
char *audit_roms_text(const struct fleet *fleet, uint64_t roms);

/* The romset of this program that makes what a compat set must pin, or false: there is none. */
bool audit_shipped_romset(const struct fleet *fleet, const struct fix_part *part,
                          struct shipped_romset *found);

#endif
