/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and words for what is in a variable store. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "formats/variable_store.h"

static const struct {
    const char *name, *text;
    bool fatal, has_numbers;
} problems[] = {
    [VARSTORE_NOT_NV] = {"not-variables", "the volume is not one of variables", true, false},
    [VARSTORE_FORMAT_UNKNOWN] = {"store-guid",
                                 "store header: its GUID is not one of a variable "
                                 "store",
                                 true, false},
    [VARSTORE_SIZE_WRONG] = {"store-size", "store header: wrong size", true, true},
    [VARSTORE_SIZE_SHORT] = {"store-size-short", "store header: smaller than its layout", false,
                             true},
    [VARSTORE_NOT_FORMATTED] = {"store-not-formatted", "store header: wrong format byte", true,
                                true},
    [VARSTORE_NOT_HEALTHY] = {"store-not-healthy", "store header: wrong state byte", true, true},
    [VARSTORE_LAYOUT_UNKNOWN] = {"layout-unknown", "the volume's geometry is not a known one",
                                 false, false},
    [VARSTORE_READ_ONLY] = {"volume-read-only",
                            "the volume's attributes say that it cannot be written", false, true},
    [VARSTORE_VARIABLE_CUT] = {"variable-past-store",
                               "a variable's name and data pass the end of "
                               "the store",
                               false, true},
    [VARSTORE_NAME_BAD] = {"variable-name", "a variable's name has no end", false, false},
    [VARSTORE_NAMELESS] = {"variable-nameless", "a variable has no name", false, false},
    [VARSTORE_NAME_HIDES] = {"variable-name-hides",
                             "a variable's name is damaged, and hides other variables", false,
                             false},
    [VARSTORE_STATE_UNKNOWN] = {"variable-state", "a variable has a state that none can have",
                                false, true},
    [VARSTORE_DUPLICATE] = {"variable-duplicate",
                            "a live variable of this name and GUID precedes it", false, false},
    [VARSTORE_TAIL_NOT_FREE] = {"free-space",
                                "after the last variable is something other than free space", false,
                                true},
    [VARSTORE_TOO_MANY] = {"too-many-variables", "more variables than are read", false, true},
    [VARSTORE_FTW_HEADER] = {"ftw-header",
                             "fault-tolerant write: wrong checksum of the working "
                             "block",
                             false, true},
    [VARSTORE_FTW_QUEUE] = {"ftw-queue", "fault-tolerant write: an impossible length", false, true},
};

char *varstore_problem_text(const struct varstore_problem *p, char text[VARSTORE_PROBLEM_TEXT_MAX])
{
    if (problems[p->kind].has_numbers)
        snprintf(text, VARSTORE_PROBLEM_TEXT_MAX,
                 "0x%zx: %s (found 0x%" PRIx64 ", expected 0x%" PRIx64 ")", p->offset,
                 problems[p->kind].text, p->found, p->expected);
    else
        snprintf(text, VARSTORE_PROBLEM_TEXT_MAX, "0x%zx: %s", p->offset, problems[p->kind].text);
    return text;
}

const char *varstore_problem_name(enum varstore_problem_kind kind)
{
    return problems[kind].name;
}

bool varstore_problem_is_fatal(enum varstore_problem_kind kind)
{
    return problems[kind].fatal;
}

const char *ftw_state_name(enum ftw_state state)
{
    static const char *const names[] = {[FTW_NONE] = "none",
                                        [FTW_IDLE] = "idle",
                                        [FTW_STARTED] = "started",
                                        [FTW_PENDING] = "pending"};

    return names[state];
}

const char *variable_state_name(const struct variable *v)
{
    switch (v->state) {
    case VARIABLE_LIVE:
        return v->live ? "live" : "hidden";
    case VARIABLE_IN_TRANSITION:
        return v->live ? "live, in transition" : "replaced";
    case VARIABLE_DELETED:
    case VARIABLE_DELETED_IN_TRANSITION:
        return "deleted";
    default:
        return v->state & 0x40 ? "never finished" : "unknown";
    }
}

char *variable_name(const uint8_t *data, const struct variable *v, char *text, size_t n)
{
    const uint8_t *name = data + v->name_at;
    size_t used = 0, units = v->name_size / 2;

    for (size_t i = 0; i < units; i++) {
        uint32_t c = load_le16(name + 2 * i);
        char bytes[4];

        if (!c)
            break;
        if (c >= 0xd800 && c < 0xdc00 && i + 1 < units &&
            (load_le16(name + 2 * i + 2) & 0xfc00) == 0xdc00)
            c = 0x10000 + ((c - 0xd800) << 10) + (load_le16(name + 2 * ++i) - 0xdc00U);
        else if (c >= 0xd800 && c < 0xe000)
            c = 0xfffd;
        size_t length = utf8_put(c, bytes);
        if (used + length >= n)
            break;
        memcpy(text + used, bytes, length);
        used += length;
    }
    text[used] = '\0';
    return text;
}

size_t variable_name_encode(const char *text, uint8_t *out)
{
    uint8_t *to = out;

    for (size_t left = strlen(text), length; left; left -= length, text += length) {
        uint32_t c;

        length = utf8_take(text, left, &c);
        if (!length)
            return 0;
        if (c >= 0x10000) {
            store_le16(to, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)));
            to += 2;
            c = 0xdc00 + (c & 0x3ff);
        }
        store_le16(to, (uint16_t)c);
        to += 2;
    }
    if (to == out)
        return 0;
    store_le16(to, 0);
    return (size_t)(to + 2 - out);
}
