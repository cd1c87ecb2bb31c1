/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/xl.h"

#include <stdlib.h>

#include "tap.h"

#define TITLE                                                                                     \
    "Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID          " \
    "                  Reason-Code\tSecurity Label\n"
#define DOM0                                                                           \
    "Domain-0                                     0   600     1     r-----      23.5 " \
    "00000000-0000-0000-0000-000000000000        -                -\n"
#define UUID "6b1fdb55-7a0a-4a31-a9bb-4b6e0c2f0d17"
#define ROW(name, id, state, uuid, reason)                                       \
    name "   " id "   128     1     " state "       1.5 " uuid "        " reason \
         "                -\n"

static bool is_next(const char **at, const char *name, unsigned id)
{
    struct xl_domain d;

    return xl_list_next(at, &d) && d.id == id && d.name_length == strlen(name) &&
           memcmp(d.name, name, d.name_length) == 0;
}

static void test_list(void)
{
    const char *text = TITLE DOM0 ROW("two words", "5", "---s--", UUID, "1")
        ROW("11111111-2222-3333-4444-555555555555", "6", "-b----",
            "AAAAAAAA-2222-3333-4444-555555555555", "-");
    const char *at = text;
    struct xl_domain d;

    ok(is_next(&at, "Domain-0", 0), "dom0 is a domain of xl list");
    ok(is_next(&at, "two words", 5), "a domain's name may have a blank");
    ok(is_next(&at, "11111111-2222-3333-4444-555555555555", 6),
       "a domain's name may look like a UUID");
    ok(!xl_list_next(&at, &d) && !*at, "xl list ends with its last domain");
    ok(xl_list_find(text, UUID, &d) && d.has_shut_down && d.reason == XL_REBOOT,
       "a domain that has shut down has a reason");
    ok(xl_list_find(text, "aaaaaaaa-2222-3333-4444-555555555555", &d) && !d.has_shut_down,
       "a domain is found by its UUID in lower case");
    ok(!xl_list_find(ROW("g", "7", "---s-d", UUID, "0"), UUID, &d),
       "a domain that is being destroyed is none");
    ok(!xl_list_find("g 7 128 1 ---s-- 1.5 " UUID, UUID, &d),
       "a line of a domain that has shut down for no reason is none");
    ok(!xl_list_find(ROW("g", "x", "-b----", UUID, "-"), UUID, &d),
       "a line without a domain's number is none");
    ok(!xl_list_find(" " UUID "\n\n" UUID, UUID, &d), "a UUID alone is no domain");
}

static int take(const char *answer, struct xl_config *c, struct failure *f)
{
    return xl_config_take("g.cfg", (const uint8_t *)answer, strlen(answer), c, f);
}

#define KIND(bios) \
    "\"b_info\": {\"type.hvm\": {\"bios\": \"" bios "\", \"system_firmware\": \"/f\"}}"
#define NAMED "\"c_info\": {\"name\": \"g\", \"uuid\": \"" UUID "\"}"

static void test_config(void)
{
    struct xl_config c;
    struct failure f;

    ok(take("{" NAMED "," KIND("ovmf") ", \"on_reboot\": \"restart\", \"on_crash\": \"preserve\"}",
            &c, &f) == 0,
       "a configuration with OVMF is taken");
    is_text(c.firmware, "/f", "the firmware of a configuration is its bios_path_override");
    ok(c.on_poweroff == XL_DESTROY && c.on_reboot == XL_RESTART && c.on_crash == XL_PRESERVE,
       "an action that xl does not print is to destroy");
    xl_config_free(&c);
    ok(take("{" NAMED "," KIND("seabios") "}", &c, &f) != 0, "a domain with SeaBIOS is refused");
    ok(take("{" NAMED ", \"b_info\": {\"type.pv\": {}}}", &c, &f) != 0, "a PV domain is refused");
    ok(take("{" NAMED "," KIND("ovmf") ", \"on_watchdog\": \"coredump-restart\"}", &c, &f) != 0 &&
           strstr(f.what, "on_watchdog"),
       "an action that cannot be kept to is refused by name");
    ok(take("{\"c_info\": {\"name\": \"g\", \"uuid\": \"no\"}," KIND("ovmf") "}", &c, &f) != 0,
       "a UUID that is none is refused");
    ok(take("[]", &c, &f) != 0, "an answer of xl that is no object is refused");
}

int main(void)
{
    test_list();
    test_config();
    return tap_done();
}
