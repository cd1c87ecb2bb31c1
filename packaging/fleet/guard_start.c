/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/guard_start.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/check.h"
#include "fleet/inventory_taking.h"

/* Whether the code of a guest's firmware is another one afterwards. */
static bool has_other_code(const struct inventory *before, const struct inventory *after,
                           const char *loader)
{
    const struct inventory_firmware *old = inventory_find_firmware(before, loader),
                                    *new = inventory_find_firmware(after, loader);

    return old && new && !(old->sha256 && new->sha256 &&strcmp(old->sha256, new->sha256) == 0);
}

/* It starts, and has less than it had: why, or NULL. */
static const char *loss_of(const struct flash_check *check, const struct inventory_guest *guest)
{
    if (check->loses_secure_boot)
        return "it starts, and without Secure Boot: its firmware has none any more";
    if (check->loses_smm)
        return "it starts, and its firmware does not keep its variables in SMM any more: it can "
               "write to those of Secure Boot";
    if (check->loses_tpm && guest->has_tpm)
        return "it starts, and its firmware does not know its TPM any more: disks sealed to it do "
               "not open";
    return NULL;
}

/* Of a guest whose firmware is another afterwards: does it start with its own store, and as it
 * was? What preflight leaves open for a host whose files it does not have. */
static void judge_store(const struct upgrade *u, const struct inventory_guest *guest,
                        struct guest_after *v)
{
    struct flash_image code = {0}, store = {0}, old = {0};
    struct flash_check check;
    struct failure f;
    size_t size;
    const uint8_t *bytes = upgrade_image(u, guest->loader, &size);

    if (!bytes || flash_open(guest->nvram, &store, &f) != 0)
        return;
    uint8_t *copy = xmalloc(size + 1);
    memcpy(copy, bytes, size);
    flash_take(guest->loader, copy, size, &code);
    bool has_old = flash_open(guest->loader, &old, &f) == 0;
    flash_check(&code, &store, has_old ? &old : NULL, &check);
    const char *loss = loss_of(&check, guest);
    if (check.cold_boot.answer == FLASH_NO) {
        guest_after_set_starts(v, QEMU_NO, xstrdup(check.cold_boot.text));
        if (check.cold_boot.fix[0] && !v->fix_when)
            guest_after_set_fix(v, xstrdup("For its variable store:"),
                                xstrdup(check.cold_boot.fix));
    } else if (check.cold_boot.answer != FLASH_YES) {
        guest_after_set_starts(v, QEMU_NOT_KNOWN, xstrdup(check.cold_boot.text));
    } else if (loss) {
        guest_after_set_starts(v, QEMU_NO, xstrdup(loss));
    } else if (check.needs_smm) {
        guest_after_set_starts(
            v, QEMU_NOT_KNOWN,
            xstrdup("its firmware needs SMM, which it did not before: whether the guest has it is "
                    "not known"));
    } else {
        guest_after_set_starts(v, QEMU_YES, NULL);
    }
    flash_check_free(&check);
    flash_close(&code);
    flash_close(&store);
    if (has_old)
        flash_close(&old);
}

static bool is_lost(const struct inventory *after, const char *path)
{
    for (size_t i = 0; i < after->lost_file_count; i++)
        if (strcmp(after->lost_files[i], path) == 0)
            return true;
    return false;
}

/* Of swtpm. */
static const char *lost_program(const struct inventory *after)
{
    for (size_t i = 0; i < after->lost_file_count; i++)
        if (upgrade_is_swtpm(after->lost_files[i]))
            return after->lost_files[i];
    return NULL;
}

/* Files without which it does not start. */
static void judge_lost(const struct guard_request *r, const struct inventory_guest *guest,
                       struct guest_after *v)
{
    for (size_t i = 0; i < guest->device_count; i++) {
        const struct inventory_device *d = &guest->devices[i];

        if (d->off || !d->file || !is_lost(r->after, d->file))
            continue;
        guest_after_set_starts(v, QEMU_NO,
                               xasprintf("its ROM file %s does not exist any more", d->file));
        return;
    }
    if (guest->template && is_lost(r->after, guest->template) &&
        (!guest->nvram || is_missing(guest->nvram))) {
        guest_after_set_starts(
            v, QEMU_NO,
            xasprintf("it has no variable store yet, and the template %s is not there any "
                      "more",
                      guest->template));
        return;
    }
    const char *program = guest->swtpm == SWTPM_NEEDED ? lost_program(r->after) : NULL;
    if (!program)
        return;
    guest_after_set_starts(
        v, QEMU_NO, xasprintf("its TPM is emulated by %s, which does not exist any more", program));
    if (!v->block && !upgrade_is_rpm(r->upgrade))
        guest_after_set_fix(
            v, xstrdup("Hold the package that emulates its TPM:"),
            xasprintf("apt-mark hold %s\n", upgrade_swtpm_package(base_name(program))));
}

void guard_judge_start(const struct guard_request *r, const struct inventory_guest *guest,
                       struct guest_after *now, struct guest_after *v)
{
    judge_lost(r, guest, v);
    if (!r->upgrade || !guest->loader || !guest->nvram || v->starts != QEMU_NOT_KNOWN ||
        !has_other_code(r->before, r->after, guest->loader) || is_missing(guest->nvram))
        return;
    judge_store(r->upgrade, guest, v);
    /* Today it starts, or so it is taken: what is not known after that is news. */
    if (now->starts == QEMU_NOT_KNOWN)
        now->starts = QEMU_YES;
}
