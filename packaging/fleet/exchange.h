/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which classes of hosts can send guests to which, and what prevents it. */
#ifndef FLEET_EXCHANGE_H
#define FLEET_EXCHANGE_H

#include "fleet/fleet.h"
#include "formats/machine_types.h"

/* With more classes, refusals that say the same of different pairs are not put together. */
#define EXCHANGE_JOINED_MAX 100

struct exchange_question {
    const char *const *machines; /* shell patterns: only these machine types */
    size_t machine_count;        /* 0: all */
    bool of_guests;              /* only what the guests in the inventories use */
};

/* The first pattern that no machine type of a fleet that is ready matches; NULL: there is none. */
const char *exchange_unmatched(const struct fleet *fleet, const struct exchange_question *question);

enum exchange_reason {
    EXCHANGE_LENGTH,       /* the RAM block of a ROM has another length there */
    EXCHANGE_FILE,         /* the ROM file is not there, or none fits: QEMU does not start */
    EXCHANGE_IMAGE_LENGTH, /* a firmware image has another length there */
    EXCHANGE_IMAGE,        /* a firmware image is not there: QEMU does not start */
    EXCHANGE_STORE,        /* a firmware image expects another store: no next start there */
    EXCHANGE_TPM,          /* swtpm is not there, which emulates the TPM of guests */
    EXCHANGE_MACHINE,      /* no QEMU there has the machine type */
    EXCHANGE_QEMU,         /* the QEMU there is known to refuse guests of this one: qemu_pair */
};

enum exchange_verdict {
    EXCHANGE_SELF,
    EXCHANGE_YES,
    EXCHANGE_LACKS,   /* all but machine types that nobody was said to need */
    EXCHANGE_ARRIVES, /* all, and some do not start again there */
    EXCHANGE_UNKNOWN, /* some guests are refused, and whether those that are there is not known */
    EXCHANGE_NO,
};

/* Machine types with which all classes behave in the same way. */
struct exchange_group {
    size_t *machines; /* indices, by family and version */
    size_t count;
    const fleet_length *lengths; /* by class and ROM: [class * rom_count + rom] */
    const bool *there;           /* by class: has it a QEMU for them */
    /* By class: the ROMs that are asked about, and whether the machine type is needed. */
    const uint64_t *asked;
    const bool *needed;
    const struct qemu_version *versions; /* by class: of its QEMU */
    const struct machine_family *family; /* NULL: no pair of QEMUs is about it alone */
};

struct exchange_pair {
    uint32_t from, to; /* classes */
};

/* Why guests of some classes are refused by others. No struct finding: what it says is worked out
 * from these sets when it is printed, as a line, a row of the page or an object, and the plan that
 * fixes it reads the sets themselves. It holds between all its pairs for all its ROMs on all its
 * machine types, as far as both hosts have the machine type and the guest can have the ROM. */
struct exchange_refusal {
    enum exchange_reason reason;
    fleet_length from, to; /* EXCHANGE_LENGTH: both; EXCHANGE_FILE: the first */
    uint64_t roms;         /* bit by ROM of the fleet */
    struct fleet_images images;
    bool is_needed; /* it makes the verdict no, or, of what is not known, unknown */
    /* EXCHANGE_STORE: which one is expected; EXCHANGE_TPM: whether swtpm is there, or needed;
     * EXCHANGE_QEMU: the inventories do not say which guests it is about. */
    bool is_unknown;
    const struct qemu_pair *pair; /* EXCHANGE_QEMU */
    uint64_t *groups;             /* bit by group */
    struct exchange_pair *pairs;
    size_t pair_count, pair_capacity;
    uint64_t host_pairs;
};

struct exchange {
    const struct fleet *fleet;
    struct exchange_group *groups;
    size_t group_count;
    size_t group_words; /* of a refusal's `groups` */
    uint8_t *verdicts;  /* enum exchange_verdict [from * class_count + to] */
    /* The needed ones first, then by reason in its order, then the most pairs of hosts first. */
    struct exchange_refusal *refusals;
    size_t refusal_count, refusal_capacity;
    size_t counts[EXCHANGE_NO + 1]; /* pairs of classes, by verdict */
    size_t once;                    /* of these, those where guests are known not to start again */
    void *memory;                   /* what the groups point at */
};

/* Of a fleet that is ready, which must live as long as the result. */
void exchange_find(const struct fleet *fleet, const struct exchange_question *question,
                   struct exchange *result);
void exchange_free(struct exchange *e);

/* A guest's way from one QEMU to another, as far as their versions decide. */
struct exchange_move {
    struct qemu_version from, to;
    const struct machine_family *family; /* of its machine type; NULL: not known */
    uint64_t roms;                       /* bit by ROM of the fleet: those that its devices have */
};

/* Whether the QEMU there takes such guests. QEMU_NO and QEMU_NOT_KNOWN: *pair is known to refuse
 * these, or some of them; NULL otherwise. */
enum qemu_answer exchange_pair_takes(const struct fleet *fleet, const struct exchange_move *move,
                                     const struct qemu_pair **pair);

/* Pairs of different classes. */
size_t exchange_pairs(const struct exchange *e);

#endif
