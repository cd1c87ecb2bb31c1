/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "release/budget.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/hex.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/size.h"
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

/* One of `words` by index, or -1 after an error. */
static int word_of(struct field_reader *r, const struct yaml_node *node, const char *key,
                   const char *const *words, size_t count)
{
    char list[128] = "";

    for (size_t i = 0; i < count; i++) {
        if (node->kind == YAML_TEXT && strcmp(node->text, words[i]) == 0)
            return (int)i;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s",
                 i == 0           ? ""
                 : i + 1 == count ? " or "
                                  : ", ",
                 words[i]);
    }
    WRONG(r, node, "'%s' must be %s (found %s%.60s%s)", key, list,
          node->kind == YAML_TEXT ? "'" : "",
          node->kind == YAML_TEXT ? node->text : yaml_kind_name(node->kind),
          node->kind == YAML_TEXT ? "'" : "");
    return -1;
}

static void read_say(struct field_reader *r, const struct yaml_node *map, const char *key,
                     enum budget_say *say)
{
    static const char *const words[] = {"error", "warn", "ignore"};
    const struct yaml_node *node = field_value(map, key);

    *say = BUDGET_SAYS_ERROR;
    int word = node ? word_of(r, node, key, words, COUNT(words)) : -1;
    if (word >= 0)
        *say = (enum budget_say)word;
}

static void read_must(struct field_reader *r, const struct yaml_node *map, const char *key,
                      enum budget_must *must)
{
    static const char *const words[] = {"yes", "no", "true", "false"};
    const struct yaml_node *node = field_value(map, key);
    int word = node ? word_of(r, node, key, words, COUNT(words)) : -1;

    if (word >= 0)
        *must = word % 2 == 0 ? BUDGET_MUST : BUDGET_MUST_NOT;
}

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

static void read_patterns(struct field_reader *r, const struct yaml_node *node, const char *key,
                          struct budget_pattern **patterns, size_t *pattern_count)
{
    size_t count = entries_of(r, node, key, 1);

    *patterns = xcalloc(count + 1, sizeof **patterns);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *entry = entry_of(r, node, key, i);
        const char *problem = entry ? budget_pattern_problem(entry->text) : NULL;

        if (problem)
            WRONG(r, entry, "'%s' %s (found '%.80s')", key, problem, entry->text);
        else if (entry)
            (*patterns)[(*pattern_count)++] =
                (struct budget_pattern){xstrdup(entry->text), entry->line};
    }
}

static void read_size(struct field_reader *r, const struct yaml_node *map, const char *key,
                      uint64_t most, uint64_t *size)
{
    const struct yaml_node *node = field_value(map, key);
    char what[32];
    uint64_t n;

    snprintf(what, sizeof what, "'%s'", key);
    if (!node || !field_is(r, node, what, YAML_TEXT))
        return;
    if (!size_parse(node->text, &n) || n == 0 || n > most)
        WRONG(r, node, "'%s' must be a size from 1 to %" PRIu64 "M (found '%.80s')", key,
              most >> 20, node->text);
    else
        *size = n;
}

static void read_margin(struct field_reader *r, const struct yaml_node *map, uint64_t *bytes,
                        unsigned *percents)
{
    const struct yaml_node *node = field_value(map, "margin");

    if (!node || node->kind != YAML_TEXT || !strchr(node->text, '%')) {
        read_size(r, map, "margin", ROM_FILE_MAX, bytes);
        return;
    }
    const char *text = node->text;
    size_t digits = strspn(text, "0123456789");
    unsigned long percent = digits > 0 && digits < 4 ? strtoul(text, NULL, 10) : 0;
    if (percent < 1 || percent > 99 || strcmp(text + digits, "%") != 0)
        WRONG(r, node, "'margin' must be bytes such as 16K, or 1%% to 99%% (found '%.80s')", text);
    else
        *percents = (unsigned)percent;
}

static void read_fills(struct field_reader *r, const struct yaml_node *node,
                       struct budget_rule *rule)
{
    size_t count = entries_of(r, node, "fill", 1);

    rule->fills = xcalloc(count + 1, sizeof *rule->fills);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *entry = entry_of(r, node, "fill", i);

        if (entry && field_byte(r, entry, "fill", &rule->fills[rule->fill_count]))
            rule->fill_count++;
    }
}

static void read_images(struct field_reader *r, const struct yaml_node *node,
                        struct budget_rule *rule)
{
    size_t count = entries_of(r, node, "images", 1), kinds = 0;

    while (image_kinds[kinds])
        kinds++;
    rule->images = xcalloc(count + 1, sizeof *rule->images);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *entry = entry_of(r, node, "images", i);
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
        WRONG(r, entry, "no kind of image is called '%.60s'%s%s%s", entry->text,
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

static void read_ids(struct field_reader *r, const struct yaml_node *node, struct budget_rule *rule)
{
    size_t count = entries_of(r, node, "ids", 1);

    rule->ids = xcalloc(count + 1, sizeof *rule->ids);
    if (node->kind == YAML_TEXT && strcmp(node->text, "qemu") == 0) {
        rule->qemu_ids = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *entry = entry_of(r, node, "ids", i);

        if (entry && parse_ids(entry->text, &rule->ids[rule->id_count]))
            rule->id_count++;
        else if (entry)
            WRONG(r, entry, "'ids' must be 'qemu' or VVVV:DDDD in hexadecimal (found '%.80s')",
                  entry->text);
    }
}

static void read_nics(struct field_reader *r, const struct yaml_node *node,
                      struct budget_rule *rule)
{
    uint64_t n;

    if (node->kind != YAML_TEXT || !size_parse(node->text, &n) || n < 1 || n > BUDGET_NICS_MAX)
        WRONG(r, node, "'nics' must be a number from 1 to %d (found %.80s)", BUDGET_NICS_MAX,
              node->kind == YAML_TEXT ? node->text : yaml_kind_name(node->kind));
    else
        rule->nics = (unsigned)n;
}

/* --- a rule -------------------------------------------------------------------------- */

static void read_buckets(struct field_reader *r, const struct yaml_node *node,
                         struct budget_rule *rule)
{
    struct {
        const char *key;
        uint64_t *size;
    } keys[] = {{"bucket", &rule->bucket},
                {"min-bucket", &rule->min_bucket},
                {"max-bucket", &rule->max_bucket}};

    for (size_t i = 0; i < COUNT(keys); i++) {
        const struct yaml_node *value = field_value(node, keys[i].key);

        if (!value)
            continue;
        field_bucket(r, value, keys[i].key, keys[i].size);
        if (i != 1)
            rule->bucket_line = value->line;
        if (i > 0 && field_value(node, "bucket"))
            WRONG(r, value, "'%s' beside 'bucket': a rule has one or the other", keys[i].key);
    }
    if (rule->min_bucket && rule->max_bucket && rule->min_bucket > rule->max_bucket)
        WRONG(r, field_value(node, "min-bucket"),
              "'min-bucket' %" PRIu64 " is above 'max-bucket' %" PRIu64 ": nothing can fit",
              rule->min_bucket, rule->max_bucket);
}

/* What can be told to be impossible before any ROM is seen. */
static void check_rule(struct field_reader *r, const struct yaml_node *node,
                       const struct budget_rule *rule)
{
    uint64_t limit = rule->bucket ? rule->bucket : rule->max_bucket;

    if (limit && rule->margin >= limit)
        WRONG(r, field_value(node, "margin"),
              "'margin' %" PRIu64 " is not below the bucket of %" PRIu64, rule->margin, limit);
    if (limit && rule->max_chain > limit)
        WRONG(r, field_value(node, "max-chain"),
              "'max-chain' %" PRIu64 " is above the bucket of %" PRIu64, rule->max_chain, limit);
    if (rule->fill_count && rule->padded == BUDGET_MUST_NOT)
        WRONG(r, field_value(node, "fill"), "'fill' beside 'padded: no': there is nothing to fill");
}

/* What a rule of either kind begins with: its keys and the names that it is for. False: no map. */
static bool read_match(struct field_reader *r, const struct yaml_node *node,
                       const char *const *keys, size_t key_count, struct budget_pattern **match,
                       size_t *count)
{
    const struct yaml_node *value;

    if (!field_is(r, node, "a rule", YAML_MAP))
        return false;
    field_read_texts(r, node, "a rule", NULL, 0, keys, key_count, NULL);
    if ((value = field_value(node, "match")))
        read_patterns(r, value, "match", match, count);
    else
        WRONG(r, node, "a rule lacks 'match'");
    return true;
}

static void read_rule(struct field_reader *r, const struct yaml_node *node,
                      struct budget_rule *rule)
{
    static const char *const keys[] = {
        "match", "bucket", "min-bucket", "max-bucket", "max-chain", "margin",  "padded",
        "fill",  "images", "ids",        "compressed", "nics",      "defects",
    };
    const struct yaml_node *value;

    rule->line = node->line;
    if (!read_match(r, node, keys, COUNT(keys), &rule->match, &rule->match_count))
        return;
    read_buckets(r, node, rule);
    read_size(r, node, "max-chain", ROM_FILE_MAX, &rule->max_chain);
    read_margin(r, node, &rule->margin, &rule->margin_percent);
    read_must(r, node, "padded", &rule->padded);
    read_must(r, node, "compressed", &rule->compressed);
    if ((value = field_value(node, "fill")))
        read_fills(r, value, rule);
    if ((value = field_value(node, "images")))
        read_images(r, value, rule);
    if ((value = field_value(node, "ids")))
        read_ids(r, value, rule);
    if ((value = field_value(node, "nics")))
        read_nics(r, value, rule);
    read_say(r, node, "defects", &rule->defects);
    check_rule(r, node, rule);
}

/* --- a rule for flash images ----------------------------------------------------------- */

static const char *const flash_kinds[] = {"code", "store", "combined", "blank"};

/* Those that firmware of QEMU is for. */
static const char *const flash_architectures[] = {"i386",    "x86_64",  "arm",
                                                  "aarch64", "riscv64", "loongarch64"};

static void read_word(struct field_reader *r, const struct yaml_node *map, const char *key,
                      const char *const *words, size_t count, const char **word)
{
    const struct yaml_node *node = field_value(map, key);
    int i = node ? word_of(r, node, key, words, count) : -1;

    if (i >= 0)
        *word = words[i];
}

static void read_features(struct field_reader *r, const struct yaml_node *map, const char *key,
                          unsigned *features)
{
    const struct yaml_node *node = field_value(map, key);
    size_t count = node ? entries_of(r, node, key, 0) : 0;

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
        WRONG(r, entry, "no feature is called '%.60s'%s%s%s", entry->text,
              near ? " (did you mean '" : " (expected secure-boot, smm, ...)", near ? near : "",
              near ? "'?)" : "");
    }
}

/* As many hexadecimal digits as a digest of that kind has, in either case. */
static void read_digest(struct field_reader *r, const struct yaml_node *map, const char *key,
                        size_t size, char *digest)
{
    const struct yaml_node *node = field_value(map, key);
    uint8_t bytes[SHA384_SIZE];
    char what[32];

    snprintf(what, sizeof what, "'%s'", key);
    if (!node || !field_is(r, node, what, YAML_TEXT))
        return;
    if (strlen(node->text) != 2 * size || !hex_decode(node->text, 2 * size, bytes))
        WRONG(r, node, "'%s' must be %zu hexadecimal digits (found '%.100s')", key, 2 * size,
              node->text);
    else
        hex_encode(bytes, size, digest);
}

static void read_flash_rule(struct field_reader *r, const struct yaml_node *node,
                            struct flash_rule *rule)
{
    static const char *const keys[] = {"match",  "kind",       "architecture",     "size",
                                       "store",  "features",   "without",          "template",
                                       "margin", "sev-digest", "snp-image-digest", "tdx-digest"};
    const struct yaml_node *value;

    rule->line = node->line;
    if (!read_match(r, node, keys, COUNT(keys), &rule->match, &rule->match_count))
        return;
    read_word(r, node, "kind", flash_kinds, COUNT(flash_kinds), &rule->kind);
    read_word(r, node, "architecture", flash_architectures, COUNT(flash_architectures),
              &rule->architecture);
    read_size(r, node, "size", FLASH_FILE_MAX, &rule->size);
    read_size(r, node, "store", FLASH_FILE_MAX, &rule->store);
    read_features(r, node, "features", &rule->features);
    read_features(r, node, "without", &rule->without);
    read_margin(r, node, &rule->margin, &rule->margin_percent);
    value = field_value(node, "template");
    if (value && field_is(r, value, "'template'", YAML_TEXT))
        read_patterns(r, value, "template", &rule->template, &rule->template_count);
    read_digest(r, node, "sev-digest", SHA256_SIZE, rule->digests[IMAGE_DIGEST_SEV]);
    read_digest(r, node, "snp-image-digest", SHA384_SIZE, rule->digests[IMAGE_DIGEST_SNP_IMAGE]);
    read_digest(r, node, "tdx-digest", SHA384_SIZE, rule->digests[IMAGE_DIGEST_TDX]);
    if (rule->features & rule->without)
        WRONG(r, node, "a feature stands in both 'features' and 'without'");
}

/* --- the whole ------------------------------------------------------------------------------ */

/* How many rules there are; 0 after an error. */
static size_t count_rules(struct field_reader *r, const struct yaml_node *list, const char *key)
{
    char what[16];

    snprintf(what, sizeof what, "'%s'", key);
    if (!field_is(r, list, what, YAML_LIST))
        return 0;
    if (list->count >= 1 && list->count <= BUDGET_RULES_MAX)
        return list->count;
    WRONG(r, list, "%s must have 1 to %d rules (found %zu)", what, BUDGET_RULES_MAX, list->count);
    return 0;
}

static void read_root(struct field_reader *r, const struct yaml_node *root, void *base)
{
    static const struct text_key keys[] = {
        {"budget", offsetof(struct budget, name), true, bare_name_problem},
    };
    static const char *const others[] = {"unlisted", "required", "roms", "flash"};
    const struct yaml_node *value, *roms, *flash;
    struct budget *budget = base;
    size_t count;

    *budget = (struct budget){.file = xstrdup(r->file)};
    if (!field_is(r, root, "a budget", YAML_MAP))
        return;
    field_read_texts(r, root, "the budget", keys, COUNT(keys), others, COUNT(others), budget);
    read_say(r, root, "unlisted", &budget->unlisted);
    if ((value = field_value(root, "required")))
        read_patterns(r, value, "required", &budget->required, &budget->required_count);
    roms = field_value(root, "roms");
    flash = field_value(root, "flash");
    if (!roms && !flash)
        WRONG(r, root, "the budget lacks 'roms' or 'flash'");
    count = roms ? count_rules(r, roms, "roms") : 0;
    budget->rules = xcalloc(count + 1, sizeof *budget->rules);
    while (budget->rule_count < count) {
        const struct yaml_node *node = roms->values[budget->rule_count];

        read_rule(r, node, &budget->rules[budget->rule_count++]);
    }
    count = flash ? count_rules(r, flash, "flash") : 0;
    budget->flash_rules = xcalloc(count + 1, sizeof *budget->flash_rules);
    while (budget->flash_rule_count < count) {
        const struct yaml_node *node = flash->values[budget->flash_rule_count];

        read_flash_rule(r, node, &budget->flash_rules[budget->flash_rule_count++]);
    }
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

static void patterns_free(struct budget_pattern *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(patterns[i].text);
    free(patterns);
}

void budget_free(struct budget *budget)
{
    for (size_t i = 0; i < budget->rule_count; i++) {
        struct budget_rule *rule = &budget->rules[i];

        patterns_free(rule->match, rule->match_count);
        free(rule->fills);
        free(rule->images);
        free(rule->ids);
    }
    free(budget->rules);
    for (size_t i = 0; i < budget->flash_rule_count; i++) {
        patterns_free(budget->flash_rules[i].match, budget->flash_rules[i].match_count);
        patterns_free(budget->flash_rules[i].template, budget->flash_rules[i].template_count);
    }
    free(budget->flash_rules);
    patterns_free(budget->required, budget->required_count);
    free(budget->file);
    free(budget->name);
    *budget = (struct budget){0};
}

/* --- which rule --------------------------------------------------------------------- */

bool budget_pattern_matches(const struct budget_pattern *pattern, const char *path)
{
    const char *from = path + strlen(path);
    size_t slashes = 0;

    for (const char *p = pattern->text; *p; p++)
        slashes += *p == '/';
    /* Back to the begin of the last slashes + 1 parts. */
    while (from > path) {
        if (from[-1] == '/' && slashes-- == 0)
            break;
        from--;
    }
    return glob_matches(pattern->text, from, true);
}

static bool any_matches(const struct budget_pattern *patterns, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (budget_pattern_matches(&patterns[i], path))
            return true;
    }
    return false;
}

const struct budget_rule *budget_rule_for(const struct budget *budget, const char *path)
{
    for (size_t i = 0; i < budget->rule_count; i++) {
        if (any_matches(budget->rules[i].match, budget->rules[i].match_count, path))
            return &budget->rules[i];
    }
    return NULL;
}

const struct flash_rule *flash_rule_for(const struct budget *budget, const char *path)
{
    for (size_t i = 0; i < budget->flash_rule_count; i++) {
        if (any_matches(budget->flash_rules[i].match, budget->flash_rules[i].match_count, path))
            return &budget->flash_rules[i];
    }
    return NULL;
}
