/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading one firmware descriptor: what is kept, and what each mistake is called. */
#include "inputs/firmware_descriptor.h"

#include <stdlib.h>

#include "tap.h"

#define MAPPING_FLASH                                                                            \
    "\"mapping\":{\"device\":\"flash\",\"executable\":{\"filename\":\"/c\",\"format\":\"raw\"}," \
    "\"nvram-template\":{\"filename\":\"/v\",\"format\":\"raw\"}}"
#define REST                                                                                 \
    "\"interface-types\":[\"uefi\"],\"targets\":[{\"architecture\":\"x86_64\",\"machines\":" \
    "[\"pc-i440fx-*\",\"pc-q35-*\"]}],\"tags\":[]"

static struct firmware_descriptor d;
static struct failure f;

static int parse(const char *text)
{
    size_t size = strlen(text);
    uint8_t *copy = malloc(size ? size : 1); /* of the exact length, for ASan */

    f = (struct failure){{0}, {0}};
    memcpy(copy, text, size);
    int r = firmware_descriptor_parse("x.json", copy, size, &d, &f);
    free(copy);
    return r;
}

/* A descriptor with these members between the common ones; its first problem. */
static void says(const char *members, bool usable, const char *problem)
{
    char text[2048];

    snprintf(text, sizeof text, "{\"description\":\"d\",%s%s}", members, REST);
    if (parse(text) != 0) {
        is_text(f.what, "", "a descriptor with the members %s", members);
        return;
    }
    is_text(d.problems.count ? d.problems.list[0].what : "", problem, "a descriptor with the members %s",
            members);
    ok(d.usable == usable, "... and it is %s", usable ? "usable" : "skipped");
    firmware_descriptor_free(&d);
}

static void refuses(const char *text, const char *what)
{
    is_text(parse(text) == 0 ? "read" : f.what, what, "what is not a descriptor is refused: %.40s",
            text);
}

static void reads_everything(void)
{
    parse("{\"description\":\"d\",\"features\":[\"acpi-s3\",\"secure-boot\"]," MAPPING_FLASH
          "," REST "}");
    ok(d.usable && d.problems.count == 0, "a descriptor as Debian has them is sound");
    is_text(d.description, "d", "the description of a descriptor is read");
    ok(d.device == DESCRIPTOR_FLASH && d.mode == DESCRIPTOR_SPLIT, "flash, and split by default");
    is_text(d.executable.filename, "/c", "the executable's path is read");
    is_text(d.nvram_template.filename, "/v", "the template's path is read");
    is_text(d.nvram_template.format, "raw", "format of the template");
    ok(descriptor_has_feature(&d, "secure-boot") && !descriptor_has_feature(&d, "secure"),
       "features are found by their whole name");
    ok(descriptor_runs_on(&d, "x86_64", "pc-q35-10.0"), "a machine type matches its glob");
    ok(!descriptor_runs_on(&d, "x86_64", "microvm"), "... another does not");
    ok(!descriptor_runs_on(&d, "i386", "pc-q35-10.0"), "nor does another architecture");
    firmware_descriptor_free(&d);
    parse("{\"description\":\"d\",\"features\":[],\"mapping\":{\"device\":\"memory\",\"filename\":"
          "\"/b\"}," REST "}");
    ok(d.usable && d.device == DESCRIPTOR_MEMORY && d.mode == DESCRIPTOR_STATELESS,
       "an image for -bios has no template");
    is_text(d.executable.filename, "/b", "... its file is read");
    firmware_descriptor_free(&d);
    parse("{\"description\":\"d\",\"features\":[\"host-uefi-vars\"],\"mapping\":{\"device\":"
          "\"memory\",\"mode\":"
          "\"split\",\"executable\":{\"filename\":\"/b\",\"format\":\"raw\"},\"nvram-template\":"
          "{\"filename\":\"/j\",\"format\":\"json\"}}," REST "}");
    ok(d.usable && d.problems.count == 0 && strcmp(d.nvram_template.format, "json") == 0,
       "memory with a JSON store, as QEMU 11.0 has it");
    firmware_descriptor_free(&d);
}

static void names_mistakes(void)
{
    says(MAPPING_FLASH ",\"features\":[],\"feature\":[],", true,
         "descriptor: 'feature' is unknown (did you mean 'features'?)");
    says(MAPPING_FLASH ",\"features\":[\"amd-sve\"],", true,
         "features[0]: 'amd-sve' is unknown (did you mean 'amd-sev'?)");
    says(MAPPING_FLASH ",\"features\":[7],", true, "features[0]: not a string");
    says(MAPPING_FLASH ",\"features\":[\"a\\u0000\"],", true, "features[0]: not a string");
    says(MAPPING_FLASH ",", false, "descriptor: 'features' is missing, or not of type array");
    says(MAPPING_FLASH ",\"features\":[\"verbose-dynamic\",\"verbose-static\"],", true,
         "features: 'verbose-dynamic' and 'verbose-static' exclude each other");
    says("\"features\":[],", false, "descriptor: 'mapping' is missing, or not of type object");
    says("\"features\":[],\"mapping\":{\"device\":\"pflash\"},", false,
         "mapping.device: 'pflash' is unknown (did you mean 'flash'?)");
    says("\"features\":[],\"mapping\":{\"device\":\"flash\",\"executable\":{\"filename\":\"/c\","
         "\"format\":\"raw\"}},",
         false, "mapping: 'nvram-template' is missing, or not of type object");
    says("\"features\":[],\"mapping\":{\"device\":\"flash\",\"mode\":\"stateless\",\"executable\":"
         "{\"filename\":\"/c\",\"format\":\"raw\"}},",
         true, "");
    says("\"features\":[],\"mapping\":{\"device\":\"flash\",\"mode\":\"both\",\"executable\":"
         "{\"filename\":\"/c\",\"format\":\"raw\"},\"nvram-template\":{\"filename\":\"/c\","
         "\"format\":\"raw\"}},",
         false, "mapping.mode: 'both' is unknown");
    says("\"features\":[],\"mapping\":{\"device\":\"flash\",\"mode\":\"combined\",\"executable\":"
         "{\"filename\":\"/c\",\"format\":\"vmdk\"}},",
         false, "mapping.executable: 'vmdk' is unknown");
    says("\"features\":[],\"mapping\":{\"device\":\"kernel\"},", false,
         "mapping: 'filename' is missing, or not a string");
}

static void names_wrong_targets(void)
{
    static const char head[] =
        "{\"description\":\"d\",\"interface-types\":[\"uefi\"],\"features\":[],"
        "\"tags\":[]," MAPPING_FLASH ",\"targets\":";
    static const struct {
        const char *targets, *problem;
    } cases[] = {
        {"[]", "targets: empty, so that no machine type matches"},
        {"[{\"architecture\":\"x86\",\"machines\":[\"a\"]}]",
         "targets[0]: 'x86' is unknown (did you mean 'i386'?)"},
        {"[{\"architecture\":\"arm\",\"machines\":[]}]",
         "targets[0].machines: empty, so that no machine type matches"},
        {"[7]", "targets[0]: 'architecture' is missing, or not a string"},
        {"{}", "descriptor: 'targets' is missing, or not of type array"},
    };
    char text[1024];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s%s}", head, cases[i].targets);
        parse(text);
        is_text(d.problems.count ? d.problems.list[0].what : "", cases[i].problem,
                "a descriptor with the targets %s", cases[i].targets);
        firmware_descriptor_free(&d);
    }
    snprintf(text, sizeof text,
             "%s[{\"architecture\":\"x86_64\",\"machines\":[\"a\"]},"
             "{\"architecture\":\"amd64\",\"machines\":[\"a\"]}]}",
             head);
    parse(text);
    ok(!d.usable, "libvirt skips a descriptor with one architecture that it does not know");
    firmware_descriptor_free(&d);
    snprintf(text, sizeof text, "%s[{\"architecture\":\"ppc64\",\"machines\":[\"a\"]}]}", head);
    parse(text);
    ok(d.usable && d.problems.count == 1,
       "it takes one with an architecture that it knows and the format does not");
    firmware_descriptor_free(&d);
}

static void limits(void)
{
    char *text = malloc(20000);
    size_t n = (size_t)sprintf(text, "{\"features\":[");

    for (unsigned i = 0; i <= DESCRIPTOR_LIST_MAX; i++)
        n += (size_t)sprintf(text + n, "%s\"x\"", i ? "," : "");
    sprintf(text + n, "]}");
    parse(text);
    ok(!d.usable && d.features.count == 0, "a list of more elements than are read is not read");
    firmware_descriptor_free(&d);
    n = (size_t)sprintf(text, "{");
    for (unsigned i = 0; i < 200; i++)
        n += (size_t)sprintf(text + n, "%s\"k%u\":1", i ? "," : "", i);
    sprintf(text + n, "}");
    parse(text);
    ok(!d.usable && d.problems.counts[FINDING_WARNING] == DESCRIPTOR_PROBLEMS_MAX &&
           d.problems.counts[FINDING_ERROR] == 1,
       "of 200 unknown members %d are kept, and the first error behind them",
       DESCRIPTOR_PROBLEMS_MAX);
    firmware_descriptor_free(&d);
    free(text);
}

int main(void)
{
    reads_everything();
    names_mistakes();
    names_wrong_targets();
    limits();
    refuses("", "x.json: the JSON document is truncated");
    refuses("{\"a\"", "x.json: the JSON document is truncated");
    refuses("[]", "x.json: not a firmware descriptor (found a list, expected an object)");
    refuses("firmware", "x.json:1: not JSON (an object or a list was expected)");
    return tap_done();
}
