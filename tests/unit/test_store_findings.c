/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/store_findings.h"

#include <string.h>

#include "tap.h"

/* Inventories own their texts; these are never freed. */
#define TEXT(text) ((char *)(text))

/* A store of Microsoft's certificates of 2011, with Secure Boot on, and room. */
static struct inventory_store old_store(void)
{
    struct inventory_store store = {.file = TEXT("/s/a.fd"),
                                    .secure_boot = TEXT("on"),
                                    .kek_until = TEXT("2026-06-24"),
                                    .has_room = true,
                                    .after_reclaim = 200000,
                                    .largest = 33000};

    store.known[KNOWN_KEK_2011] = store.known[KNOWN_UEFI_2011] = true;
    return store;
}

static struct inventory_guest with(struct inventory_store *store)
{
    return (struct inventory_guest){.name = TEXT("web"), .nvram = TEXT("/s/a.fd"), .store = store};
}

/* What is said of these guests on that day. */
static struct store_findings judged(struct inventory_guest *guests, size_t count, const char *today)
{
    struct store_findings findings = {.today = today};
    struct inventory_guests list = {guests, count};

    store_findings_add(&findings, "node", &list);
    return findings;
}

/* What is said of that trouble of a judged store; "" where nothing is. */
static const char *said_of(const struct store_findings *all, size_t at, enum store_trouble trouble)
{
    const struct findings *f = at < all->count ? &all->list[at].findings : &(struct findings){0};

    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->list[i].check, store_trouble_name(trouble)) == 0)
            return f->list[i].what;
    return "";
}

/* The reason for that trouble of one guest with that store; "" where there is none. */
static const char *reason(struct inventory_store *store, const char *today,
                          enum store_trouble trouble)
{
    static char text[256];
    struct inventory_guest guest = with(store);
    struct store_findings findings = judged(&guest, 1, today);

    snprintf(text, sizeof text, "%s", said_of(&findings, 0, trouble));
    store_findings_free(&findings);
    return text;
}

static void test_certificates(void)
{
    struct inventory_store store = old_store();

    is_text(reason(&store, "2026-06-24", STORE_KEK_EXPIRED), "",
            "a KEK has not expired on its last day");
    is_text(
        reason(&store, "2026-06-25", STORE_KEK_EXPIRED),
        "KEK has no certificate of Microsoft's that is valid: the last one expired on 2026-06-24",
        "a KEK has expired the day after");
    is_text(
        reason(&store, "2026-01-01", STORE_LACKS_2023),
        "lacks Microsoft Corporation KEK 2K CA 2023, Microsoft UEFI CA 2023, Microsoft Option "
        "ROM UEFI CA 2023",
        "the successors of the certificates of 2011 that are there are asked for, and no other");
    store.secure_boot = TEXT("off");
    ok(*reason(&store, "2026-01-01", STORE_LACKS_2023), "also where Secure Boot is switched off");
    store.secure_boot = TEXT("setup");
    is_text(reason(&store, "2027-01-01", STORE_LACKS_2023), "",
            "a store without a PK is asked for no certificate");
    store = old_store();
    memset(store.known, 0, sizeof store.known);
    is_text(reason(&store, "2026-01-01", STORE_LACKS_2023), "",
            "a store with none of Microsoft's certificates lacks none of them");
}

static void test_template(void)
{
    struct inventory_store store = old_store();
    struct inventory_guest guest = with(&store);

    store.lacks[LIST_DBX] = 442;
    is_text(reason(&store, "2026-01-01", STORE_BEHIND), "",
            "where no template is known, a store is behind none");
    store.template = TEXT("/t.fd");
    is_text(reason(&store, "2026-01-01", STORE_BEHIND),
            "/t.fd has more: 0 in KEK, 0 in db, 442 in dbx",
            "what the template has beyond the store is counted by list");
    struct store_findings findings = judged(&guest, 1, "2026-01-01");
    is_text(findings.list[0].template, "/t.fd", "that template is what brings it");
    store_findings_free(&findings);
}

static void test_room(void)
{
    struct inventory_store store = old_store();

    store.after_reclaim = VARSTORE_STARVED - 1;
    ok(strstr(reason(&store, "2026-01-01", STORE_STARVED), "does not start"),
       "one byte below what firmware needs is too little");
    store.after_reclaim = VARSTORE_STARVED;
    ok(strstr(reason(&store, "2026-01-01", STORE_STARVED), "nearly full"),
       "with just enough for the firmware a store is nearly full");
    store.after_reclaim = VARSTORE_TIGHT;
    is_text(reason(&store, "2026-01-01", STORE_STARVED), "", "with more there is room");
    store.largest = VARSTORE_DBX_TODAY - 1;
    ok(strstr(reason(&store, "2026-01-01", STORE_STARVED), "dbx"),
       "with keys, a dbx of today's size must fit");
    store.secure_boot = TEXT("setup");
    is_text(reason(&store, "2026-01-01", STORE_STARVED), "", "without keys it need not");
    store.has_room = false;
    store.after_reclaim = 0;
    is_text(reason(&store, "2026-01-01", STORE_STARVED), "", "a store that is JSON cannot be full");
}

static void test_guests(void)
{
    struct inventory_store store = old_store(), same = old_store(),
                           broken = {.problem = TEXT("torn")};
    struct inventory_guest guests[] = {
        with(&store),
        {.name = TEXT("bios"), .firmware = TEXT("bios")},
        {.name = TEXT("twin"), .nvram = TEXT("/s/link.fd"), .store = &same},
        {.name = TEXT("older"), .nvram = TEXT("/s/b.fd")},
        {.name = TEXT("torn"), .nvram = TEXT("/s/c.fd"), .store = &broken},
    };
    store.kek_until = same.kek_until = NULL;
    memset(store.known, 0, sizeof store.known);
    memset(same.known, 0, sizeof same.known);
    struct store_findings findings = judged(guests, 5, "2026-01-01");

    is_int(findings.guests, 4, "guests without a store are not counted");
    is_int(findings.counts[STORE_UNKNOWN], 2,
           "a store that could not be read, and one that nobody looked into, are not known");
    is_int(findings.counts[STORE_SHARED], 2, "two paths that lead to one file are one store");
    is_text(said_of(&findings, 0, STORE_SHARED), "the guest twin has the same store",
            "each of two guests with one store is told of the other");
    is_text(findings.list[0].host, "node", "a finding names the host");
    store_findings_free(&findings);
    ok(!findings.list, "freed findings are empty");
}

int main(void)
{
    test_certificates();
    test_template();
    test_room();
    test_guests();
    return tap_done();
}
