/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/encrypted_guests.h"

#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/memory.h"

/* --- hosts ---------------------------------------------------------------------------------- */

/* Of the QEMUs of a host the one that is worst for a migration counts: which of them a guest gets
 * is said elsewhere. */
static struct confidential_host host_of(const struct inventory *inv)
{
    static const int weights[CONFIDENTIAL_QEMU_COUNT] = {[CONFIDENTIAL_NOT_READ] = 2,
                                                         [CONFIDENTIAL_NO_GUEST] = 1,
                                                         [CONFIDENTIAL_REFUSES] = 4,
                                                         [CONFIDENTIAL_NO_REFUSAL] = 3};
    struct confidential_host is = {0};
    bool has_qemu = false;

    memcpy(is.kvm, inv->kvm, sizeof is.kvm);
    for (size_t q = 0; q < inv->qemus->count; q++) {
        const struct inventory_qemu *qemu = &inv->qemus->list[q];

        if (strcmp(qemu->architecture, "x86_64") != 0)
            continue;
        for (size_t i = 0; i < KVM_ENCRYPTIONS; i++)
            if (!has_qemu || weights[qemu->encrypted[i]] > weights[is.qemu[i]])
                is.qemu[i] = qemu->encrypted[i];
        has_qemu = true;
    }
    return is;
}

static size_t state_of(struct encrypted_guests *all, const struct confidential_host *is)
{
    for (size_t i = 0; i < all->state_count; i++)
        if (memcmp(&all->states[i], is, sizeof *is) == 0)
            return i;
    all->states = xgrow(all->states, all->state_count, &all->state_capacity, sizeof *all->states);
    all->states[all->state_count] = *is;
    return all->state_count++;
}

static struct encrypted_kind *kind_of(struct encrypted_guests *all, const char *encryption)
{
    effort_must_spend(EFFORT_COMPARISONS, all->kind_count);
    for (size_t i = 0; i < all->kind_count; i++)
        if (strcmp(all->kinds[i].encryption, encryption) == 0)
            return &all->kinds[i];
    all->kinds = xgrow(all->kinds, all->kind_count, &all->kind_capacity, sizeof *all->kinds);
    all->kinds[all->kind_count] = (struct encrypted_kind){.encryption = xstrdup(encryption)};
    return &all->kinds[all->kind_count++];
}

void encrypted_guests_add(struct encrypted_guests *all, const char *host,
                          const struct inventory *inv)
{
    for (size_t i = 0; i < inv->guests->count; i++) {
        const struct inventory_guest *guest = &inv->guests->list[i];

        if (!guest->encryption)
            continue;
        struct encrypted_kind *kind = kind_of(all, guest->encryption);
        APPEND(kind->guests, kind->guest_count, kind->guest_capacity,
               (struct encrypted_guest){xstrdup_or_null(guest->name), all->host_count});
    }
    const struct confidential_host is = host_of(inv);
    APPEND(all->hosts, all->host_count, all->host_capacity,
           (struct encrypted_host){host, state_of(all, &is)});
}

/* --- the answer ----------------------------------------------------------------------------- */

/* Of the parts without the firmware, which goes with the guest. */
static const struct flash_verdict *worst_part(const struct confidential_move *move)
{
    static const enum move_part parts[] = {MOVE_KERNEL, MOVE_QEMU, MOVE_HOST};
    const struct flash_verdict *worst = &move->parts[MOVE_KERNEL];

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct flash_verdict *part = &move->parts[parts[i]];

        if (worst->answer != FLASH_NO &&
            (part->answer == FLASH_NO || (worst->answer == FLASH_YES && part->answer != FLASH_YES)))
            worst = part;
    }
    return worst;
}

static bool is_on_another(const struct encrypted_kind *kind, size_t host)
{
    for (size_t i = 0; i < kind->guest_count; i++)
        if (kind->guests[i].host != host)
            return true;
    return false;
}

static void judge_start(struct encrypted_kind *kind, size_t host,
                        const struct confidential_move *move)
{
    const struct flash_verdict *kvm = &move->parts[MOVE_HOST], *qemu = &move->parts[MOVE_QEMU];
    bool has_no_qemu = strcmp(qemu->reason, "no-such-guest") == 0;

    if (kvm->answer == FLASH_NO || has_no_qemu)
        return;
    if (kvm->answer == FLASH_YES && strcmp(qemu->reason, "not-read") != 0)
        kind->starts_on[kind->starts_count++] = host;
    else
        kind->starts_unknown++;
}

static void take_answer(struct encrypted_kind *kind, enum flash_answer answer, const char *why)
{
    kind->migrate = answer;
    free(kind->why);
    kind->why = answer == FLASH_YES ? NULL : xstrdup(why);
}

/* The best destination counts: a yes, else what is not known, else the first refusal. */
static void judge_kind(const struct encrypted_guests *all, struct encrypted_kind *kind,
                       enum measure_mode mode)
{
    bool has_answer = false;

    kind->starts_on = xcalloc(all->host_count + 1, sizeof *kind->starts_on);
    for (size_t h = 0; h < all->host_count; h++) {
        struct confidential_move move = {0};
        const struct flash_verdict *worst;

        confidential_judge_host(mode, &all->states[all->hosts[h].is], all->hosts[h].name, &move);
        judge_start(kind, h, &move);
        if (!is_on_another(kind, h))
            continue;
        worst = worst_part(&move);
        if (!has_answer || (kind->migrate == FLASH_NO && worst->answer != FLASH_NO) ||
            worst->answer == FLASH_YES)
            take_answer(kind, worst->answer, worst->text);
        has_answer = true;
    }
    if (!has_answer)
        take_answer(kind, FLASH_NO, "there is no other host");
}

void encrypted_guests_judge(struct encrypted_guests *all)
{
    for (size_t i = 0; i < all->kind_count; i++) {
        struct encrypted_kind *kind = &all->kinds[i];
        enum measure_mode mode;

        if (confidential_mode(kind->encryption, &mode)) {
            judge_kind(all, kind, mode);
        } else {
            take_answer(kind, FLASH_UNKNOWN_ANSWER, "this encryption is not known here");
            kind->starts_unknown = all->host_count;
        }
    }
}

void encrypted_guests_free(struct encrypted_guests *all)
{
    for (size_t i = 0; i < all->kind_count; i++) {
        struct encrypted_kind *kind = &all->kinds[i];

        for (size_t k = 0; k < kind->guest_count; k++)
            free(kind->guests[k].name);
        free(kind->guests);
        free(kind->encryption);
        free(kind->why);
        free(kind->starts_on);
    }
    free(all->states);
    free(all->kinds);
    free(all->hosts);
    *all = (struct encrypted_guests){0};
}
