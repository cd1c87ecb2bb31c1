/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/cpu_signature.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { FAMILY_MAX = 0xf + 0xff, MODEL_MAX = 0xff, STEPPING_MAX = 0xf };

uint32_t cpu_signature(unsigned family, unsigned model, unsigned stepping)
{
    uint32_t base = family > 0xf ? 0xf : family, extended = family - base;

    return (extended & 0xff) << 20 | (model >> 4 & 0xf) << 16 | base << 8 | (model & 0xf) << 4 |
           (stepping & 0xf);
}

/* QEMU target/i386/cpu.c, builtin_x86_defs; versions of a model differ in other things. */
static const struct {
    const char *name;
    unsigned family, model, stepping;
} models[] = {
    {"EPYC", 23, 1, 2},       {"EPYC-IBPB", 23, 1, 2},   {"EPYC-Rome", 23, 49, 0},
    {"EPYC-Milan", 25, 1, 1}, {"EPYC-Genoa", 25, 17, 0}, {"EPYC-Turin", 26, 0, 0},
};

/* Whether it is "" or "-v" and a number without a sign or leading zero. */
static bool is_version(const char *text)
{
    if (!*text)
        return true;
    size_t digits = strncmp(text, "-v", 2) == 0 ? strspn(text + 2, "0123456789") : 0;
    return digits >= 1 && digits <= 3 && text[2] != '0' && !text[2 + digits];
}

bool cpu_signature_of_model(const char *name, uint32_t *signature)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        size_t length = strlen(models[i].name);

        if (strncmp(name, models[i].name, length) == 0 && is_version(name + length)) {
            *signature = cpu_signature(models[i].family, models[i].model, models[i].stepping);
            return true;
        }
    }
    return false;
}

/* A number without a sign, up to `most`, that ends at `end`. */
static bool number(const char **text, int base, uint64_t most, char end, uint64_t *value)
{
    char *after;

    if (**text < '0' || **text > '9')
        return false;
    *value = strtoull(*text, &after, base);
    if (*value > most || *after != end)
        return false;
    *text = after + (end != '\0');
    return true;
}

bool cpu_signature_parse(const char *text, uint32_t *signature)
{
    uint64_t value, model, stepping;
    const char *whole = text;

    if (number(&whole, 0, UINT32_MAX, '\0', &value)) {
        *signature = (uint32_t)value;
        return true;
    }
    if (!number(&text, 10, FAMILY_MAX, '.', &value) || !number(&text, 10, MODEL_MAX, '.', &model) ||
        !number(&text, 10, STEPPING_MAX, '\0', &stepping))
        return false;
    *signature = cpu_signature((unsigned)value, (unsigned)model, (unsigned)stepping);
    return true;
}
