/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/cpu_signature.h"
#include "tap.h"

static void numbers(void)
{
    is_int(cpu_signature(14, 1, 2), 0x0e12, "a family up to 15 stands in the low field alone");
    is_int(cpu_signature(23, 1, 2), 0x800f12, "a family above 15 is split between two fields");
    is_int(cpu_signature(23, 49, 0), 0x830f10, "a model above 15 is split between two fields");
}

static void models(void)
{
    uint32_t signature = 7;

    ok(cpu_signature_of_model("EPYC-Milan-v2", &signature) && signature == 0xa00f11,
       "a version of a CPU model has the model's signature");
    ok(cpu_signature_of_model("EPYC-IBPB", &signature) && signature == 0x800f12,
       "the old name of EPYC-v2 has its signature");
    signature = 7;
    ok(!cpu_signature_of_model("EPYC-Milan-", &signature) &&
           !cpu_signature_of_model("EPYC-v01", &signature) &&
           !cpu_signature_of_model("EPYC-v1234", &signature) &&
           !cpu_signature_of_model("Skylake-Server", &signature) && signature == 7,
       "other names have none, and nothing is written");
}

static void texts(void)
{
    uint32_t signature = 7;

    ok(cpu_signature_parse("0", &signature) && signature == 0,
       "a signature of zero is a signature");
    ok(cpu_signature_parse("0x800f12", &signature) && signature == 0x800f12,
       "a hexadecimal number is taken as it is");
    ok(cpu_signature_parse("25.1.1", &signature) && signature == 0xa00f11,
       "family, model and stepping make a signature");
    signature = 7;
    static const char *const wrong[] = {"",        "25.1", "25.1.1.1", "25.1.16",     "25.256.1",
                                        "271.1.1", "-1",   " 1",       "0x100000000", "EPYC",
                                        "25.-1.1", "25..1"};
    bool refused = true;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused &= !cpu_signature_parse(wrong[i], &signature);
    ok(refused && signature == 7, "other texts are refused, and nothing is written");
}

int main(void)
{
    numbers();
    models();
    texts();
    return tap_done();
}
