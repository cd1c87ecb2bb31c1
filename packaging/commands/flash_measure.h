/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of `flash measure` share. */
#ifndef COMMANDS_FLASH_MEASURE_H
#define COMMANDS_FLASH_MEASURE_H

#include <stdbool.h>

#include "commands/command.h"
#include "flash/id_block.h"
#include "flash/measure.h"

struct measure_job {
    const char *mode, *cpu, *signature, *vmm, *kernel, *initrd, *append, *image_digest, *svsm,
        *vars, *vmsa, *expect, *id_key, *author_key;
    unsigned vcpus;
    uint64_t features, vars_size, policy;
    bool json;
};

/* All that is measured, and the bytes behind it. */
struct measure_inputs {
    struct measure_guest guest;
    struct measured_file image, svsm;
    uint8_t *image_data, *svsm_data;
    struct kernel_hashes kernel;
    uint8_t image_digest[SHA384_SIZE], expect[SHA384_SIZE];
    struct p384 *id_key, *author_key; /* NULL: not given */
};

/* Reads the operand, then the files that the options name. 0 or -1; free what is there either way. */
int measure_inputs_open(const char *path, struct measure_inputs *in, struct failure *f);
int measure_inputs_read(const struct measure_job *job, struct measure_inputs *in,
                        struct failure *f);
void measure_inputs_free(struct measure_inputs *in);

/* Whether the state of vCPUs is measured in that mode. */
static inline bool measures_vcpus(const struct measure_guest *g)
{
    return g->mode != MEASURE_SEV && g->mode != MEASURE_TDX;
}

static inline bool measures_snp(const struct measure_guest *g)
{
    return g->mode == MEASURE_SNP || g->mode == MEASURE_SNP_SVSM;
}

extern const char *const measure_vmm_names[];

int measure_take_keys(const struct measure_job *job, struct measure_inputs *in, struct failure *f);
/* The digest that --expect gives, 0 or -1; and whether it is that one, also where none was given. */
int measure_take_expected(const struct measure_job *job, struct measure_inputs *in,
                          struct failure *f);
bool measure_is_expected(const struct measure_job *job, const struct measure_inputs *in,
                         const struct measurement *m);

/* The policy that an ID block is made with: FILE's own, where it has one, unless --policy is given. */
#define MEASURE_UNSET UINT64_MAX

/* The options of an ID block, for a FILE that can have one or cannot. The exit status. */
int measure_check_id_block(const struct command *me, const struct measure_job *job, bool has_one);

struct json_object;
void measure_add_digest(struct json_object *o, const char *key, const uint8_t *bytes, size_t size);
void measure_add_id_block(struct json_object *o, const struct id_block *b, bool has_author);
void measure_print_id_block(const struct id_block *b, bool has_author);

/* All of it for an operand that is an IGVM file. The exit status. */
int measure_igvm_file(const struct command *me, const struct measure_job *job,
                      struct measure_inputs *in);

/* Measures, prints, writes what the options ask for. The exit status. */
int measure_answer(const struct measure_job *job, const struct measure_inputs *in);

#endif
