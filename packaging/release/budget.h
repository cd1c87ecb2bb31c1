/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A budget: the rules that a release check checks ROM files against. romcompat-budget(5) describes
 * the YAML form for its authors; verdict.h checks ROMs against it.
 */
#ifndef RELEASE_BUDGET_H
#define RELEASE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash/digests.h"
#include "romset/fields.h"

#define BUDGET_RULES_MAX 1000
#define BUDGET_LIST_MAX 256 /* entries of one list: patterns, fills, images, ids */
#define BUDGET_NICS_MAX 64
#define BUDGET_GUESTS_MAX 64 /* in all rules: each is measured with each image */

enum budget_say { BUDGET_SAYS_ERROR, BUDGET_SAYS_WARN, BUDGET_SAYS_IGNORE };
enum budget_must { BUDGET_EITHER, BUDGET_MUST, BUDGET_MUST_NOT };

/* A shell pattern for a ROM: checked against the last part of its path, or, if the pattern
 * has slashes, against that many parts more. */
struct budget_pattern {
    char *text;
    unsigned line;
};

struct budget_patterns {
    struct budget_pattern *list;
    size_t count;
};

/* Bytes, or a part of the whole in place of them; 0 and 0 where the rule says nothing. */
struct budget_margin {
    uint64_t bytes;
    unsigned percent;
};

struct budget_ids {
    uint16_t vendor, device;
};

/* Sizes in bytes; 0 where the rule says nothing. */
struct budget_rule {
    struct budget_patterns match;
    uint64_t bucket, min_bucket, max_bucket;
    uint64_t max_chain;
    struct budget_margin margin; /* of the bucket */
    enum budget_must padded, compressed;
    uint8_t *fills;
    size_t fill_count;
    const char **images; /* of image_kinds[] */
    size_t image_count;
    bool qemu_ids;
    struct budget_ids *ids;
    size_t id_count;
    unsigned nics;
    enum budget_say defects;
    unsigned line;        /* of the rule */
    unsigned bucket_line; /* of bucket or max-bucket; 0: neither */
};

/* The launch digests that were published for a guest; "" where the rule says nothing. */
struct guest_rule {
    char *cpu;
    struct digest_guest guest;
    char sev_es[2 * SHA256_SIZE + 1], snp[2 * SHA384_SIZE + 1];
};

/* A rule for flash images; 0 and NULL where it says nothing. */
struct flash_rule {
    struct budget_patterns match;
    const char *kind;         /* as flash_kind_name() says it */
    const char *architecture; /* likewise */
    uint64_t size;
    uint64_t store;                  /* length of the volume that code expects, or a store has */
    unsigned features, without;      /* as flash_features() */
    struct budget_patterns template; /* the store that must go with it: none or one */
    struct budget_patterns kek, db;  /* certificates that its lists must hold: name or SHA-256 */
    unsigned dbx;                    /* so many hashes at least */
    struct budget_margin margin;     /* of the main volume's free bytes */
    /* The same of all guests. */
    char digests[IMAGE_DIGESTS][2 * SHA384_SIZE + 1];
    struct guest_rule *guests;
    size_t guest_count;
    unsigned line;
};

struct budget {
    char *file; /* the path that it was read from */
    char *name;
    enum budget_say unlisted;
    struct budget_patterns required;
    struct budget_rule *rules; /* for ROMs; none: ROMs are not looked at */
    size_t rule_count;
    struct flash_rule *flash_rules; /* likewise for flash images */
    size_t flash_rule_count;
};

/* Like romset_parse(), romset_load() and so on for a budget. */
int budget_parse(const char *path, const uint8_t *data, size_t size, struct budget *budget,
                 struct findings *problems, struct failure *f);
int budget_read(const char *path, struct budget *budget, struct findings *problems,
                struct failure *f);
void budget_free(struct budget *budget);

/* What is wrong with a pattern, "must be one line without control characters", or NULL. */
const char *budget_pattern_problem(const char *text);

/* Whether a ROM at `path` is meant. */
bool budget_pattern_matches(const struct budget_pattern *pattern, const char *path);

/* The first rule that matches a ROM's path, or NULL. */
const struct budget_rule *budget_rule_for(const struct budget *budget, const char *path);

/* The guests of all rules. */
size_t budget_guests(const struct budget *budget, struct digest_guest guests[BUDGET_GUESTS_MAX]);

const struct flash_rule *flash_rule_for(const struct budget *budget, const char *path);

/* The vendor:device that QEMU's devices have which load a ROM file of this name: up to
 * `limit` into ids; how many there are, 0 where QEMU loads no such file. */
#define QEMU_IDS_MAX 4
size_t qemu_ids_of(const char *rom_name, struct budget_ids ids[QEMU_IDS_MAX]);

#endif
