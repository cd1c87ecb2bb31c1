/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "release/budget.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/size.h"
#include "formats/cpu_signature.h"
#include "formats/signature_list.h"
#include "inputs/file.h"
#include "release/measure.h"
#include "romset/names.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- values ------------------------------------------------------------------------ */

/* One text, or a list of them: how many, or 0 after an error. */
static size_t entries_of(struct field_reader *r, const struct yaml_node *node, const char *key,
                         size_t least)
{
    if (node->kind == YAML_TEXT)
        return 1;
    if (node->kind != YAML_LIST) {
        WRONG(r, node, "'%s' must be text or a list (found %s)", key, yaml_kind_name(node->kind));
        return 0;
    }
    if (node->count < least || node->count > BUDGET_LIST_MAX) {
        WRONG(r, node, "'%s' must have %zu to %d entries (found %zu)", key, least, BUDGET_LIST_MAX,
              node->count);
        return 0;
    }
    return node->count;
}

/* Entry `i`, or NULL after an error. */
static const struct yaml_node *entry_of(struct field_reader *r, const struct yaml_node *node,
                                        const char *key, size_t i)
{
    const struct yaml_node *entry = node->kind == YAML_TEXT ? node : node->values[i];

    if (entry->kind == YAML_TEXT)
        return entry;
    WRONG(r, entry, "an entry of '%s' must be text (found %s)", key, yaml_kind_name(entry->kind));
    return NULL;
}

static const struct field_word says[] = {
    {"error", BUDGET_SAYS_ERROR}, {"warn", BUDGET_SAYS_WARN}, {"ignore", BUDGET_SAYS_IGNORE}, {0}};

static const struct field_word musts[] = {{"yes", BUDGET_MUST},
                                          {"no", BUDGET_MUST_NOT},
                                          {"true", BUDGET_MUST},
                                          {"false", BUDGET_MUST_NOT},
                                          {0}};

enum { PATTERN_LENGTH_MAX = 256, PATTERN_STARS_MAX = 8 };

const char *budget_pattern_problem(const char *text)
{
    size_t stars = 0;

    for (const char *p = text; *p; p++)
        stars += *p == '*';
    if (strlen(text) > PATTERN_LENGTH_MAX || stars > PATTERN_STARS_MAX)
        return "is too long (limits: 256 bytes, 8 stars)";
    if (!*text)
        return "must not be empty";
    if (*text == '/')
        return "must not begin with a slash";
    return line_problem(text);
}

static void read_texts(struct field_reader *r, const struct yaml_node *node, const char *key,
                       const char *(*problem_of)(const char *text),
                       struct budget_patterns *patterns)
{
    size_t count = entries_of(r, node, key, 1);

    patterns->list = xcalloc(count + 1, sizeof *patterns->list);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *entry = entry_of(r, node, key, i);
        const char *problem = entry ? problem_of(entry->text) : NULL;

        if (problem)
            WRONG(r, entry, "'%s' %s (found '%.80s')", key, problem, entry->text);
        else if (entry)
            patterns->list[patterns->count++] =
                (struct budget_pattern){xstrdup(entry->text), entry->line};
    }
}

static void read_patterns(struct field_reader *r, const struct yaml_node *node, const char *key,
                          void *at)
{
    read_texts(r, node, key, budget_pattern_problem, at);
}

static void read_certificates(struct field_reader *r, const struct yaml_node *node, const char *key,
                              void *at)
{
    read_texts(r, node, key, summary_problem, at);
}

/* One pattern. */
static void read_pattern(struct field_reader *r, const struct yaml_node *node, const char *key,
                         void *at)
{
    if (field_is(r, node, "'template'", YAML_TEXT))
        read_patterns(r, node, key, at);
}

static void read_margin(struct field_reader *r, const struct yaml_node *node, const char *key,
                        void *at)
{
    struct budget_margin *margin = at;

    if (node->kind != YAML_TEXT || !strchr(node->text, '%')) {
        field_size(r, node, key, ROM_FILE_MAX, &margin->bytes);
        return;
    }
    const char *text = node->text;
    size_t digits = strspn(text, "0123456789");
    unsigned long percent = digits > 0 && digits < 4 ? strtoul(text, NULL, 10) : 0;
    if (percent < 1 || percent > 99 || strcmp(text + digits, "%") != 0)
        WRONG(r, node, "'margin' must be bytes such as 16K, or 1%% to 99%% (found '%.80s')", text);
    else
        margin->percent = (unsigned)percent;
}

static void read_fills(struct field_reader *r, const struct yaml_node *node, const char *key,
                       void *at)
{
    struct budget_rule *rule = at;
    size_t count = entries_of(r, node, key, 1);

    rule->fills = xcalloc(count + 1, sizeof *rule->fills);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *entry = entry_of(r, node, key, i);

        if (entry && field_byte(r, entry, key, &rule->fills[rule->fill_count]))
            rule->fill_count++;
    }
}

static void read_images(struct field_reader *r, const struct yaml_node *node, const char *key,
                        void *at)
{
    struct budget_rule *rule = at;
    size_t count = entries_of(r, node, key, 1), kinds = 0;

    while (image_kinds[kinds])
        kinds++;
    rule->images = xcalloc(count + 1, sizeof *rule->images);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *entry = entry_of(r, node, key, i);
        size_t k = 0;

        if (!entry)
            continue;
        while (k < kinds && strcmp(entry->text, image_kinds[k]) != 0)
            k++;
        if (k < kinds) {
            rule->images[rule->image_count++] = image_kinds[k];
            continue;
        }
        const char *near = nearest_name(entry->text, image_kinds, kinds);
        WRONG(r, entry, "unknown kind of image '%.60s'%s%s%s", entry->text,
              near ? " (did you mean '" : " (expected legacy, efi-x64, ...)", near ? near : "",
              near ? "'?)" : "");
    }
}

static bool parse_ids(const char *text, struct budget_ids *ids)
{
    for (int i = 0; i < 9; i++) {
        if (i == 4 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    if (text[9])
        return false;
    ids->vendor = (uint16_t)strtoul(text, NULL, 16);
    ids->device = (uint16_t)strtoul(text + 5, NULL, 16);
    return true;
}

static void read_ids(struct field_reader *r, const struct yaml_node *node, const char *key,
                     void *at)
{
    struct budget_rule *rule = at;
    size_t count = entries_of(r, node, key, 1);

    rule->ids = xcalloc(count + 1, sizeof *rule->ids);
    if (node->kind == YAML_TEXT && strcmp(node->text, "qemu") == 0) {
        rule->qemu_ids = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *entry = entry_of(r, node, key, i);

        if (entry && parse_ids(entry->text, &rule->ids[rule->id_count]))
            rule->id_count++;
        else if (entry)
            WRONG(r, entry, "'ids' must be 'qemu' or VVVV:DDDD in hexadecimal (found '%.80s')",
                  entry->text);
    }
}

/* --- a rule -------------------------------------------------------------------------- */

static void check_buckets(struct field_reader *r, const struct yaml_node *node,
                          struct budget_rule *rule)
{
    const struct yaml_node *bucket = field_value(node, "bucket"),
                           *least = field_value(node, "min-bucket"),
                           *most = field_value(node, "max-bucket");

    rule->bucket_line = most ? most->line : bucket ? bucket->line : 0;
    if (bucket && least)
        WRONG(r, least, "'min-bucket' beside 'bucket': a rule has one or the other");
    if (bucket && most)
        WRONG(r, most, "'max-bucket' beside 'bucket': a rule has one or the other");
    if (rule->min_bucket && rule->max_bucket && rule->min_bucket > rule->max_bucket)
        WRONG(r, least,
              "'min-bucket' %" PRIu64 " is above 'max-bucket' %" PRIu64 ": nothing can fit",
              rule->min_bucket, rule->max_bucket);
}

/* What is known to be impossible before any ROM is read. */
static void check_rule(struct field_reader *r, const struct yaml_node *node,
                       const struct budget_rule *rule)
{
    uint64_t limit = rule->bucket ? rule->bucket : rule->max_bucket;

    if (limit && rule->margin.bytes >= limit)
        WRONG(r, field_value(node, "margin"),
              "'margin' %" PRIu64 " is not below the bucket of %" PRIu64, rule->margin.bytes,
              limit);
    if (limit && rule->max_chain > limit)
        WRONG(r, field_value(node, "max-chain"),
              "'max-chain' %" PRIu64 " is above the bucket of %" PRIu64, rule->max_chain, limit);
    if (rule->fill_count && rule->padded == BUDGET_MUST_NOT)
        WRONG(r, field_value(node, "fill"), "'fill' beside 'padded: no': there is nothing to fill");
}

static const struct field rule_fields[] = {
    {"match", OWN_AT(struct budget_rule, match, read_patterns), .required = true},
    {"bucket", FIELD_AT(BUCKET, struct budget_rule, bucket)},
    {"min-bucket", FIELD_AT(BUCKET, struct budget_rule, min_bucket)},
    {"max-bucket", FIELD_AT(BUCKET, struct budget_rule, max_bucket)},
    {"max-chain", FIELD_AT(SIZE, struct budget_rule, max_chain), .most = ROM_FILE_MAX},
    {"margin", OWN_AT(struct budget_rule, margin, read_margin)},
    {"padded", WORD_AT(WORD, struct budget_rule, padded, musts)},
    {"compressed", WORD_AT(WORD, struct budget_rule, compressed, musts)},
    {"fill", .type = FIELD_OWN, .read = read_fills},
    {"images", .type = FIELD_OWN, .read = read_images},
    {"ids", .type = FIELD_OWN, .read = read_ids},
    {"nics", FIELD_AT(NUMBER, struct budget_rule, nics), .least = 1, .most = BUDGET_NICS_MAX},
    {"defects", WORD_AT(WORD, struct budget_rule, defects, says)},
};

static void read_rule(struct field_reader *r, const struct yaml_node *node, void *entry, void *base)
{
    struct budget_rule *rule = entry;

    (void)base;
    rule->line = node->line;
    if (!field_is(r, node, "a rule", YAML_MAP))
        return;
    fields_read(r, node, "a rule", rule_fields, COUNT(rule_fields), rule);
    check_buckets(r, node, rule);
    check_rule(r, node, rule);
}

/* --- a rule for flash images ----------------------------------------------------------- */

static const struct field_word flash_kinds[] = {
    {"code", 0}, {"store", 0}, {"combined", 0}, {"blank", 0}, {0}};

/* Those that firmware of QEMU is for. */
static const struct field_word flash_architectures[] = {
    {"i386", 0},    {"x86_64", 0},      {"arm", 0}, {"aarch64", 0},
    {"riscv64", 0}, {"loongarch64", 0}, {0}};

static void read_features(struct field_reader *r, const struct yaml_node *node, const char *key,
                          void *at)
{
    size_t count = entries_of(r, node, key, 0);
    unsigned *features = at;

    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *entry = entry_of(r, node, key, i);
        size_t k = 0;

        if (!entry)
            continue;
        while (flash_feature_names[k] && strcmp(entry->text, flash_feature_names[k]) != 0)
            k++;
        if (flash_feature_names[k]) {
            *features |= 1u << k;
            continue;
        }
        const char *near = nearest_name(entry->text, flash_feature_names, FEATURE_COUNT);
        WRONG(r, entry, "unknown feature '%.60s'%s%s%s", entry->text,
              near ? " (did you mean '" : " (expected secure-boot, smm, ...)", near ? near : "",
              near ? "'?)" : "");
    }
}

static const char *cpu_problem(const char *text)
{
    uint32_t signature;

    return cpu_signature_of_model(text, &signature) ? NULL
                                                    : "must be one of " CPU_SIGNATURE_MODELS
                                                      " or a version of one";
}

static const struct field guest_fields[] = {
    {"vcpus", FIELD_AT(NUMBER, struct guest_rule, guest.vcpus), .least = 1,
     .most = MEASURE_VCPUS_MAX, .required = true},
    {"cpu", TEXT_AT(struct guest_rule, cpu, cpu_problem), .required = true},
    {"sev-es-digest", FIELD_AT(HEX, struct guest_rule, sev_es), .most = SHA256_SIZE},
    {"snp-digest", FIELD_AT(HEX, struct guest_rule, snp), .most = SHA384_SIZE},
};

static void read_guest(struct field_reader *r, const struct yaml_node *node, void *entry,
                       void *base)
{
    struct guest_rule *rule = entry;

    (void)base;
    if (!field_is(r, node, "a guest", YAML_MAP))
        return;
    fields_read(r, node, "a guest", guest_fields, COUNT(guest_fields), rule);
    if (rule->cpu)
        cpu_signature_of_model(rule->cpu, &rule->guest.signature);
    if (!field_value(node, "sev-es-digest") && !field_value(node, "snp-digest"))
        WRONG(r, node, "a guest lacks 'sev-es-digest' or 'snp-digest'");
}

static const struct field flash_rule_fields[] = {
    {"match", OWN_AT(struct flash_rule, match, read_patterns), .required = true},
    {"kind", WORD_AT(NAME, struct flash_rule, kind, flash_kinds)},
    {"architecture", WORD_AT(NAME, struct flash_rule, architecture, flash_architectures)},
    {"size", FIELD_AT(SIZE, struct flash_rule, size), .most = FLASH_FILE_MAX},
    {"store", FIELD_AT(SIZE, struct flash_rule, store), .most = FLASH_FILE_MAX},
    {"features", OWN_AT(struct flash_rule, features, read_features)},
    {"without", OWN_AT(struct flash_rule, without, read_features)},
    {"template", OWN_AT(struct flash_rule, template, read_pattern)},
    {"kek", OWN_AT(struct flash_rule, kek, read_certificates)},
    {"db", OWN_AT(struct flash_rule, db, read_certificates)},
    {"dbx", FIELD_AT(NUMBER, struct flash_rule, dbx), .least = 1, .most = SIGNATURES_MAX},
    {"margin", OWN_AT(struct flash_rule, margin, read_margin)},
    {"sev-digest", FIELD_AT(HEX, struct flash_rule, digests[IMAGE_DIGEST_SEV]),
     .most = SHA256_SIZE},
    {"snp-image-digest", FIELD_AT(HEX, struct flash_rule, digests[IMAGE_DIGEST_SNP_IMAGE]),
     .most = SHA384_SIZE},
    {"tdx-digest", FIELD_AT(HEX, struct flash_rule, digests[IMAGE_DIGEST_TDX]),
     .most = SHA384_SIZE},
    {"guests", ENTRIES_AT(struct flash_rule, guests, guest_count, BUDGET_GUESTS_MAX, read_guest)},
};

static void read_flash_rule(struct field_reader *r, const struct yaml_node *node, void *entry,
                            void *base)
{
    struct flash_rule *rule = entry;

    (void)base;
    rule->line = node->line;
    if (!field_is(r, node, "a rule", YAML_MAP))
        return;
    fields_read(r, node, "a rule", flash_rule_fields, COUNT(flash_rule_fields), rule);
    if (rule->features & rule->without)
        WRONG(r, node, "a feature is in both 'features' and 'without'");
}

/* --- the whole ------------------------------------------------------------------------------ */

static const struct field root_fields[] = {
    {"budget", TEXT_AT(struct budget, name, bare_name_problem), .required = true},
    {"unlisted", WORD_AT(WORD, struct budget, unlisted, says)},
    {"required", OWN_AT(struct budget, required, read_patterns)},
    {"roms", ENTRIES_AT(struct budget, rules, rule_count, BUDGET_RULES_MAX, read_rule)},
    {"flash",
     ENTRIES_AT(struct budget, flash_rules, flash_rule_count, BUDGET_RULES_MAX, read_flash_rule)},
};

static void read_root(struct field_reader *r, const struct yaml_node *root, void *base)
{
    struct budget *budget = base;

    *budget = (struct budget){.file = xstrdup(r->file)};
    if (!field_is(r, root, "a budget", YAML_MAP))
        return;
    fields_read(r, root, "the budget", root_fields, COUNT(root_fields), budget);
    if (!field_value(root, "roms") && !field_value(root, "flash"))
        WRONG(r, root, "the budget lacks 'roms' or 'flash'");
    size_t guests = 0;
    for (size_t i = 0; i < budget->flash_rule_count; i++)
        guests += budget->flash_rules[i].guest_count;
    if (guests > BUDGET_GUESTS_MAX)
        WRONG(r, root, "too many guests in its rules (found %zu, at most %d)", guests,
              BUDGET_GUESTS_MAX);
}

/* --- the file ------------------------------------------------------------------------ */

int budget_parse(const char *path, const uint8_t *data, size_t size, struct budget *budget,
                 struct findings *problems, struct failure *f)
{
    return field_parse(path, data, size, read_root, budget, problems, f);
}

int budget_read(const char *path, struct budget *budget, struct findings *problems,
                struct failure *f)
{
    return field_read_file(path, read_root, budget, problems, f);
}

static void patterns_free(struct budget_patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        free(patterns->list[i].text);
    free(patterns->list);
}

void budget_free(struct budget *budget)
{
    for (size_t i = 0; i < budget->rule_count; i++) {
        struct budget_rule *rule = &budget->rules[i];

        patterns_free(&rule->match);
        free(rule->fills);
        free(rule->images);
        free(rule->ids);
    }
    free(budget->rules);
    for (size_t i = 0; i < budget->flash_rule_count; i++) {
        patterns_free(&budget->flash_rules[i].match);
        patterns_free(&budget->flash_rules[i].template);
        patterns_free(&budget->flash_rules[i].kek);
        patterns_free(&budget->flash_rules[i].db);
        for (size_t k = 0; k < budget->flash_rules[i].guest_count; k++)
            free(budget->flash_rules[i].guests[k].cpu);
        free(budget->flash_rules[i].guests);
    }
    free(budget->flash_rules);
    patterns_free(&budget->required);
    free(budget->file);
    fields_free(root_fields, COUNT(root_fields), budget);
    *budget = (struct budget){0};
}

size_t budget_guests(const struct budget *budget, struct digest_guest guests[BUDGET_GUESTS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < budget->flash_rule_count; i++) {
        const struct flash_rule *rule = &budget->flash_rules[i];

        for (size_t k = 0; k < rule->guest_count && count < BUDGET_GUESTS_MAX; k++)
            guests[count++] = rule->guests[k].guest;
    }
    return count;
}

/* --- which rule --------------------------------------------------------------------- */

bool budget_pattern_matches(const struct budget_pattern *pattern, const char *path)
{
    const char *from = path + strlen(path);
    size_t slashes = 0;

    for (const char *p = pattern->text; *p; p++)
        slashes += *p == '/';
    /* Back to the beginning of the last slashes + 1 parts. */
    while (from > path) {
        if (from[-1] == '/' && slashes-- == 0)
            break;
        from--;
    }
    return glob_matches(pattern->text, from, true);
}

static bool any_matches(const struct budget_patterns *patterns, const char *path)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (budget_pattern_matches(&patterns->list[i], path))
            return true;
    }
    return false;
}

const struct budget_rule *budget_rule_for(const struct budget *budget, const char *path)
{
    for (size_t i = 0; i < budget->rule_count; i++) {
        if (any_matches(&budget->rules[i].match, path))
            return &budget->rules[i];
    }
    return NULL;
}

const struct flash_rule *flash_rule_for(const struct budget *budget, const char *path)
{
    for (size_t i = 0; i < budget->flash_rule_count; i++) {
        if (any_matches(&budget->flash_rules[i].match, path))
            return &budget->flash_rules[i];
    }
    return NULL;
}
