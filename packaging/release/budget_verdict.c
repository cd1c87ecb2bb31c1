/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ROMs checked against a budget. */
#include "release/verdict.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "outputs/escape.h"

struct judging {
    struct verdicts *v;
    struct verdict *verdict;
    const struct budget *budget;
    const struct budget_rule *rule;
    const struct measured_rom *rom;
};

static void failure(struct judging *j, const char *check, char *what, char *fix)
{
    add_finding(j->v, j->verdict, FINDING_ERROR, check, what, fix);
}

/* A file above `limit`, which is a bucket. */
static void judge_too_big(struct judging *j, const char *check, uint64_t limit, const char *says)
{
    const struct measured_rom *rom = j->rom;
    char now[SIZE_TEXT_MAX], most[SIZE_TEXT_MAX];
    char *fix;

    size_format(rom->bucket, now);
    size_format(limit, most);
    if (rom->chain_end <= limit) {
        failure(j, check,
                xasprintf("the bucket is %s, %s %s: the file has %" PRIu64 " bytes, but its "
                          "image chain ends at %" PRIu64 " and would fit",
                          now, says, most, rom->size, rom->chain_end),
                fix_by_padding(rom, limit));
        return;
    }
    char *compat = fix_by_compat_set(j->v, limit);
    fix = fix_by_fitting(rom, limit);
    if (!fix)
        fix = xasprintf("Shrink it by %" PRIu64 " byte%s; or set '%s' to %s (%s:%u) and %s",
                        rom->chain_end - limit, PLURAL(rom->chain_end - limit), check, now,
                        j->budget->file, j->rule->bucket_line, compat);
    free(compat);
    failure(j, check,
            xasprintf("the bucket is %s, %s %s: the image chain ends at %" PRIu64 ", %" PRIu64
                      " byte%s beyond it",
                      now, says, most, rom->chain_end, rom->chain_end - limit,
                      PLURAL(rom->chain_end - limit)),
            fix);
}

static void judge_too_small(struct judging *j, const char *check, uint64_t limit, const char *says)
{
    char now[SIZE_TEXT_MAX], least[SIZE_TEXT_MAX];

    failure(j, check,
            xasprintf("the bucket is %s, %s %s: the file has only %" PRIu64 " bytes",
                      size_format(j->rom->bucket, now), says, size_format(limit, least),
                      j->rom->size),
            fix_by_padding(j->rom, limit));
}

/* True when the file is in a bucket that the rule allows. */
static bool judge_bucket(struct judging *j)
{
    const struct budget_rule *rule = j->rule;

    if (rule->bucket && j->rom->bucket > rule->bucket)
        judge_too_big(j, "bucket", rule->bucket, "expected");
    else if (rule->bucket && j->rom->bucket < rule->bucket)
        judge_too_small(j, "bucket", rule->bucket, "expected");
    else if (rule->max_bucket && j->rom->bucket > rule->max_bucket)
        judge_too_big(j, "max-bucket", rule->max_bucket, "expected at most");
    else if (rule->min_bucket && j->rom->bucket < rule->min_bucket)
        judge_too_small(j, "min-bucket", rule->min_bucket, "expected at least");
    else
        return true;
    return false;
}

static void judge_chain(struct judging *j)
{
    uint64_t most = j->rule->max_chain, end = j->rom->chain_end;

    if (most && end > most)
        failure(
            j, "max-chain",
            xasprintf("the image chain ends at %" PRIu64 ", %" PRIu64 " byte%s above the "
                      "limit of %" PRIu64,
                      end, end - most, PLURAL(end - most), most),
            xasprintf("Shrink it, or raise 'max-chain' (%s:%u).", j->budget->file, j->rule->line));
}

static void judge_margin(struct judging *j)
{
    uint64_t edge = j->verdict->edge, end = j->rom->chain_end;
    const struct budget_margin *left = &j->rule->margin;
    uint64_t margin = left->percent ? edge * left->percent / 100 : left->bytes;
    char text[SIZE_TEXT_MAX];

    if (!margin || end > edge || edge - end >= margin)
        return;
    add_finding(j->v, j->verdict, FINDING_WARNING, "margin",
                xasprintf("only %" PRIu64 " byte%s (%.1f %%) are left to the edge of %s, fewer "
                          "than the margin of %" PRIu64,
                          edge - end, PLURAL(edge - end),
                          100.0 * (double)(edge - end) / (double)edge, size_format(edge, text),
                          margin),
                xstrdup("Shrink it, or plan a compat set: one byte beyond the edge doubles "
                        "the bucket."));
}

static void judge_padding(struct judging *j, bool bucket_is_right)
{
    const struct measured_rom *rom = j->rom;
    const struct budget_rule *rule = j->rule;
    uint64_t padding = rom->size - rom->chain_end;
    bool allowed = rom->fill == OPTROM_FILL_NONE || rule->fill_count == 0;

    /* A file in the wrong bucket has had its fix. */
    if (rule->padded == BUDGET_MUST && rom->size != rom->bucket && bucket_is_right)
        failure(j, "padded",
                xasprintf("not padded: the file has %" PRIu64 " bytes, its bucket %" PRIu64,
                          rom->size, rom->bucket),
                fix_by_padding(rom, rom->bucket));
    if (rule->padded == BUDGET_MUST_NOT && padding)
        failure(j, "padded",
                xasprintf("padded: %" PRIu64 " byte%s follow the image chain, which ends at "
                          "%" PRIu64,
                          padding, PLURAL(padding), rom->chain_end),
                NULL);
    for (size_t i = 0; i < rule->fill_count && rom->fill == OPTROM_FILL_UNIFORM; i++)
        allowed |= rom->fill_byte == rule->fills[i];
    if (allowed)
        return;
    char found[16], wanted[64] = "";
    snprintf(found, sizeof found, rom->fill == OPTROM_FILL_MIXED ? "mixed" : "0x%02x",
             rom->fill_byte);
    for (size_t i = 0; i < rule->fill_count && i < 8; i++) {
        size_t used = strlen(wanted);
        snprintf(wanted + used, sizeof wanted - used, "%s0x%02x", i ? " or " : "", rule->fills[i]);
    }
    failure(j, "fill",
            xasprintf("the %" PRIu64 " byte%s after the image chain are %s (expected %s)", padding,
                      PLURAL(padding), found, wanted),
            NULL);
}

static void judge_images(struct judging *j)
{
    char missing[256] = "", found[256] = "";

    for (size_t i = 0; i < j->rule->image_count; i++) {
        size_t k = 0, used = strlen(missing);

        while (k < j->rom->image_count && strcmp(j->rom->images[k].kind, j->rule->images[i]) != 0)
            k++;
        if (k == j->rom->image_count)
            snprintf(missing + used, sizeof missing - used, "%s%s", used ? ", " : "",
                     j->rule->images[i]);
    }
    if (!*missing)
        return;
    for (size_t k = 0; k < j->rom->image_count; k++) {
        size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, "%s%s", used ? ", " : "",
                 j->rom->images[k].kind);
    }
    failure(j, "images", xasprintf("it lacks %s (found %s)", missing, *found ? found : "no image"),
            NULL);
}

static char *fix_by_ids(const struct measured_rom *rom, unsigned vendor, unsigned device)
{
    char ids[sizeof "1af4:1000"];

    snprintf(ids, sizeof ids, "%04x:%04x", vendor & 0xffff, device & 0xffff);
    char *command = command_to_pad(rom, rom->bucket, ids);
    char *fix = xasprintf("Build it for that device, or: %s", command);
    free(command);
    return fix;
}

static void judge_ids(struct judging *j)
{
    struct budget_ids of_qemu[QEMU_IDS_MAX];
    const struct budget_ids *ids = j->rule->ids;
    size_t count = j->rule->id_count, with_ids = 0;
    char wanted[128] = "";

    if (j->rule->qemu_ids) {
        count = qemu_ids_of(j->rom->name, of_qemu);
        ids = of_qemu;
        if (!count) {
            failure(j, "ids", xstrdup("no device of QEMU loads a ROM of this name"),
                    xasprintf("Give 'ids' as VVVV:DDDD (%s:%u).", j->budget->file, j->rule->line));
            return;
        }
    }
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(wanted);
        snprintf(wanted + used, sizeof wanted - used, "%s%04x:%04x", i ? " or " : "", ids[i].vendor,
                 ids[i].device);
    }
    for (size_t i = 0; i < j->rom->image_count && count; i++) {
        const struct measured_image *image = &j->rom->images[i];
        size_t k = 0;

        if (!image->has_ids)
            continue;
        with_ids++;
        while (k < count && (ids[k].vendor != image->vendor || ids[k].device != image->device))
            k++;
        if (k < count)
            continue;
        failure(j, "ids",
                xasprintf("image %zu (%s) is for %04x:%04x (expected %s)", i, image->kind,
                          image->vendor, image->device, wanted),
                fix_by_ids(j->rom, ids[0].vendor, ids[0].device));
    }
    if (count && !with_ids)
        failure(j, "ids", xasprintf("no image names a vendor and device (expected %s)", wanted),
                NULL);
}

static void judge_compression(struct judging *j)
{
    for (size_t i = 0; i < j->rom->image_count; i++) {
        const struct measured_image *image = &j->rom->images[i];

        if (image->is_efi && j->rule->compressed == BUDGET_MUST && !image->compressed)
            failure(j, "compressed", xasprintf("image %zu (%s) is not compressed", i, image->kind),
                    xstrdup("romcompat fit compresses it."));
        if (image->is_efi && j->rule->compressed == BUDGET_MUST_NOT && image->compressed)
            failure(j, "compressed", xasprintf("image %zu (%s) is compressed", i, image->kind),
                    NULL);
    }
}

/* QEMU hw/pci/pci.c, pci_patch_ids(): byte 6 of the first image is its checksum. */
static void judge_first(struct judging *j)
{
    if (!j->rom->image_count || !j->rom->images[0].is_efi || j->rom->error_count)
        return;
    add_finding(j->v, j->verdict, FINDING_WARNING, "efi-first",
                xstrdup("its first image is for EFI: on a device of other ids QEMU writes a "
                        "checksum into its signature, and firmware does not see it"),
                xstrdup("romcompat combine puts an image before it that carries the ids."));
}

static void judge_nics(struct judging *j)
{
    uint64_t legacy = measured_legacy_length(j->rom);
    unsigned wanted = j->rule->nics, nics = shadow_ram_nics(legacy);

    /* Without a legacy image it takes no shadow RAM at all. */
    if (!legacy || nics >= wanted)
        return;
    uint64_t most = SHADOW_RAM_SIZE - SHADOW_RAM_KEPT * (wanted - 1);
    failure(j, "nics",
            xasprintf("under BIOS it starts on %u NIC%s, expected %u: its legacy image takes "
                      "%" PRIu64 " of the %" PRIu64 " bytes of shadow RAM",
                      nics, PLURAL(nics), wanted, legacy, SHADOW_RAM_SIZE),
            most < SHADOW_RAM_SIZE && wanted <= SHADOW_RAM_SIZE / SHADOW_RAM_KEPT
                ? xasprintf("Shrink the legacy image by %" PRIu64 " bytes, to %" PRIu64 ".",
                            legacy - most, most)
                : NULL);
}

static void judge_defects(struct judging *j)
{
    const struct measured_rom *rom = j->rom;
    enum budget_say say = j->rule ? j->rule->defects : BUDGET_SAYS_ERROR;

    if (!rom->error_count || say == BUDGET_SAYS_IGNORE)
        return;
    add_finding(j->v, j->verdict, say == BUDGET_SAYS_WARN ? FINDING_WARNING : FINDING_ERROR,
                "defects",
                xasprintf("%zu error%s in the ROM: %s", rom->error_count, PLURAL(rom->error_count),
                          rom->first_error ? rom->first_error : ""),
                fix_by_inspection("inspect", NULL, rom->name));
}

static void judge_rom(struct judging *j)
{
    j->rule = budget_rule_for(j->budget, j->rom->path);
    j->verdict->rule = j->rule;
    if (!j->rule) {
        judge_unlisted(j->v, j->verdict, j->budget);
        return;
    }
    if (j->rule->bucket || j->rule->max_bucket)
        j->verdict->edge = j->rule->bucket ? j->rule->bucket : j->rule->max_bucket;
    bool bucket_is_right = judge_bucket(j);
    judge_chain(j);
    judge_margin(j);
    judge_padding(j, bucket_is_right);
    judge_images(j);
    judge_ids(j);
    judge_compression(j);
    judge_first(j);
    judge_nics(j);
    judge_defects(j);
}

static const char *path_of(const struct verdict *verdict)
{
    return verdict->rom ? verdict->rom->path : verdict->flash ? verdict->flash->path : "";
}

void judge_by_budget(struct verdicts *v, const struct budget *budget)
{
    size_t present = v->count;

    v->set_name = budget->name;
    for (size_t i = 0; i < present; i++) {
        struct judging j = {v, &v->list[i], budget, NULL, v->list[i].rom};

        if (j.rom)
            judge_rom(&j);
        else if (v->list[i].flash)
            judge_flash_by_budget(v, &v->list[i], budget);
    }
    for (size_t i = 0; i < budget->required.count; i++) {
        const struct budget_pattern *wanted = &budget->required.list[i];
        size_t k = 0;

        while (k < present && !budget_pattern_matches(wanted, path_of(&v->list[k])))
            k++;
        if (k == present)
            add_finding(
                v, add_absent(v, wanted->text), FINDING_ERROR, "required",
                xasprintf("it is not there, and %s:%u requires it", budget->file, wanted->line),
                NULL);
    }
}
