/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a guest arrives, starts again there, and has the same files: each an answer of its own. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/check.h"
#include "flash/confidential.h"
#include "flash/expected_store.h"
#include "formats/machine_types.h"
#include "guest/preflight.h"

const char *preflight_answer_name(enum qemu_answer answer)
{
    static const char *const names[] = {"no", "yes", "not known"};

    return names[answer];
}

/* A no outweighs what is not known, and that a yes; the first reason of each is kept. */
static void weigh(struct preflight_answer *a, enum qemu_answer value, char *why)
{
    static const int weight[] = {[QEMU_YES] = 0, [QEMU_NOT_KNOWN] = 1, [QEMU_NO] = 2};

    if (weight[value] > weight[a->value]) {
        free(a->why);
        *a = (struct preflight_answer){value, why};
    } else {
        free(why);
    }
}

static void weigh_both(struct preflight *p, enum qemu_answer value, char *why)
{
    weigh(&p->starts, value, xstrdup(why));
    weigh(&p->arrives, value, why);
}

static void add_note(struct preflight *p, char *note)
{
    APPEND_ONE(p->notes, p->note_count, note);
}

/* --- the machine type and the version ---------------------------------------------------- */

static char *deprecation_text(const char *type)
{
    char release[QEMU_RELEASE_TEXT_MAX];
    struct machine_expiry expiry;

    return machine_expiry(type, &expiry)
               ? xasprintf("%s is deprecated there: QEMU %u.%u will not have it (%s)", type,
                           expiry.removed.major, expiry.removed.minor,
                           qemu_release_text(&expiry.removed, release))
               : xasprintf("%s is deprecated there: a later QEMU will not have it", type);
}

/* The name that the guest brings along; NULL: it brings none. */
static const char *machine_in_stream(const struct saved_guest *guest)
{
    bool has_stream = guest->kind == SAVED_STREAM || guest->kind == SAVED_LIBVIRT ||
                      guest->kind == SAVED_SNAPSHOT;

    return guest->own_machine                     ? guest->own_machine
           : has_stream && !guest->machine_is_old ? guest->machine
                                                  : NULL;
}

/* QEMU migration/savevm.c, configuration_post_load(). What Proxmox appends is no part of a type's
 * name, and in no stream: Proxmox's QEMU takes it off its command line. */
static void weigh_own_machine(struct preflight *p, const struct saved_guest *guest)
{
    const char *own = machine_in_stream(guest), *there = guest->machine;
    size_t n = own && there ? strcspn(there, "+") : 0;

    if (!own || !there || (strlen(own) == n && memcmp(own, there, n) == 0))
        return;
    p->needs_other_qemu = true;
    weigh(&p->arrives, QEMU_NO,
          xasprintf("the guest's machine type is %s, and a QEMU with %.*s refuses it: 'Machine "
                    "type received is '%s' and local is '%.*s''",
                    own, (int)n, there, own, (int)n, there));
}

/* QEMU migration/savevm.c, qemu_loadvm_state(), and hw/core/machine.c, hw_compat_2_3[]. The machine
 * type is one that was said with -M, or what an alias in libvirt's XML stands for there. */
static void weigh_unnamed_machine(struct preflight *p, const struct saved_guest *guest)
{
    struct qemu_version release;

    if (!guest->machine_is_old || guest->own_machine ||
        !machine_release(guest->machine, &release) || machine_is_up_to(guest->machine, 2, 3))
        return;
    p->needs_other_qemu = true;
    weigh(&p->arrives, QEMU_NO,
          xasprintf("the guest's machine type is one of QEMU 2.3 or before, for its stream names "
                    "none, and a QEMU with %s refuses it: 'Configuration section missing'",
                    guest->machine));
}

static void weigh_machine(struct preflight *p, const struct saved_guest *guest,
                          struct destination *to)
{
    const char *type;
    struct failure f;

    if (!guest->machine) {
        weigh_both(p, QEMU_NOT_KNOWN,
                   xasprintf("the guest's machine type is not known%s: give it with --machine",
                             guest->machine_is_old ? " (it is of QEMU 2.3 or before)" : ""));
        return;
    }
    weigh_own_machine(p, guest);
    weigh_unnamed_machine(p, guest);
    switch (destination_machine(to, guest->machine, &type, &f)) {
    case QEMU_NO:
        p->needs_other_qemu = true;
        weigh_both(p, QEMU_NO,
                   xasprintf("no QEMU there has the machine type %s: 'unsupported machine type'",
                             guest->machine));
        break;
    case QEMU_NOT_KNOWN:
        weigh_both(p, QEMU_NOT_KNOWN,
                   f.what[0] ? xasprintf("whether %s is known there: %s", guest->machine, f.what)
                             : xasprintf("whether the QEMU there has the machine type %s is not "
                                         "known: name the QEMU with --qemu",
                                         guest->machine));
        break;
    case QEMU_YES:
        if (destination_machine_is_deprecated(to, type))
            add_note(p, deprecation_text(type));
        break;
    }
}

/* A stream does not say which QEMU wrote it: any that has the machine type may be it. */
static const struct qemu_pair *pair_of(const struct saved_guest *guest,
                                       const struct destination *to)
{
    const struct machine_family *family = guest->machine ? machine_family_of(guest->machine) : NULL;
    const char *kind = guest->domain ? guest->domain->kind : NULL;
    struct qemu_origin from = {
        .version = guest->qemu,
        .family = family && machine_is_versioned(guest->machine) ? family->name : NULL,
        .has_kvm = kind && strcmp(kind, "kvm") == 0};

    if (guest->machine)
        machine_release(guest->machine, &from.least);
    return qemu_refusing_pair(&from, &to->version);
}

static char *pair_text(const struct qemu_pair *pair, const struct saved_guest *guest,
                       const struct destination *to)
{
    char from[QEMU_VERSION_TEXT_MAX], last[QEMU_VERSION_TEXT_MAX], there[QEMU_VERSION_TEXT_MAX];

    qemu_version_text(&to->version, there);
    if (guest->qemu.major)
        return xasprintf("QEMU %s refuses guests of QEMU %s with %s: '%s' (%s)", there,
                         qemu_version_text(&guest->qemu, from), pair->what, pair->message,
                         pair->source);
    bool is_range = qemu_version_compare(&pair->from_first, &pair->from_last) != 0;

    return xasprintf("which QEMU the guest comes from is not known, and QEMU %s refuses guests of "
                     "QEMU %s%s%s with %s: '%s' (%s); give it with --guest-qemu",
                     there, qemu_version_text(&pair->from_first, from), is_range ? ".." : "",
                     is_range ? qemu_version_text(&pair->from_last, last) : "", pair->what,
                     pair->message, pair->source);
}

/* QEMU keeps the state of versioned machine types alone as it was. */
static void weigh_unversioned(struct preflight *p, const struct saved_guest *guest,
                              const struct destination *to)
{
    bool is_same = guest->qemu.major == to->version.major &&
                   guest->qemu.minor == to->version.minor && guest->qemu.major;

    if (guest->machine && !is_same && !machine_family_of_alias(guest->machine) &&
        !machine_is_versioned(guest->machine))
        weigh(
            &p->arrives, QEMU_NOT_KNOWN,
            xasprintf("%s has no versions: QEMU does not promise that it arrives on another "
                      "version than the "
                      "guest's%s",
                      guest->machine,
                      guest->qemu.major ? "" : ", which is not known; give it with --guest-qemu"));
}

static void weigh_version(struct preflight *p, const struct saved_guest *guest,
                          const struct destination *to, bool incoming)
{
    const struct qemu_pair *pair = pair_of(guest, to);
    char there[QEMU_VERSION_TEXT_MAX];

    if (incoming && guest->mapped_ram && qemu_has(&to->version, QEMU_MAPPED_RAM) == QEMU_NO) {
        p->needs_other_qemu = true;
        weigh(&p->arrives, QEMU_NO,
              xasprintf("QEMU %s does not read mapped-ram (9.0 and later do): 'Received unknown "
                        "capability mapped-ram'",
                        qemu_version_text(&to->version, there)));
    }
    if (pair) {
        char *why = pair_text(pair, guest, to);

        add_note(p, xstrdup(why));
        weigh(&p->arrives, QEMU_NOT_KNOWN, why);
    }
}

/* --- encrypted memory ---------------------------------------------------------------------- */

static void weigh_part(struct preflight_answer *a, enum measure_mode mode,
                       const struct flash_verdict *part)
{
    if (part->answer != FLASH_YES)
        weigh(a, part->answer == FLASH_NO ? QEMU_NO : QEMU_NOT_KNOWN,
              xasprintf("its memory is encrypted (%s): %s", confidential_name(mode), part->text));
}

/* A QEMU that does not know such guests does not start them either. */
static bool hinders_start(const struct flash_verdict *qemu)
{
    return qemu->answer == FLASH_NO ? strcmp(qemu->reason, "no-such-guest") == 0
                                    : strcmp(qemu->reason, "not-read") == 0;
}

static void weigh_encrypted(struct preflight *p, enum measure_mode mode,
                            const struct confidential_host *host, const struct destination *to)
{
    struct confidential_move move;

    if (host)
        confidential_judge_host(mode, host, to->qemu, &move);
    else
        confidential_judge_here(mode, to->qemu, &move);
    weigh_part(&p->arrives, mode, &move.parts[MOVE_QEMU]);
    weigh_part(&p->arrives, mode, &move.parts[MOVE_KERNEL]);
    weigh_part(&p->arrives, mode, &move.parts[MOVE_HOST]);
    weigh_part(&p->starts, mode, &move.parts[MOVE_HOST]);
    if (hinders_start(&move.parts[MOVE_QEMU]))
        weigh_part(&p->starts, mode, &move.parts[MOVE_QEMU]);
}

/* Such a guest never counts as one that arrives unless all that it goes through says yes. */
static void weigh_encryption(struct preflight *p, const struct saved_guest *guest,
                             const struct destination *to)
{
    const struct confidential_host *host =
        to->source && to->source->confidential ? to->source->confidential(to->source_arg) : NULL;
    struct flash_verdict kernel;
    enum measure_mode mode;

    if (!guest->encryption)
        return;
    if (!confidential_mode(guest->encryption, &mode)) {
        weigh_both(p, QEMU_NOT_KNOWN,
                   xasprintf("its memory is encrypted (%s): whether such a guest moves, or starts "
                             "there, is not known",
                             guest->encryption));
    } else if (to->qemu && (host || !to->source)) {
        weigh_encrypted(p, mode, host, to);
    } else {
        confidential_judge_kernel(mode, &kernel);
        weigh_part(&p->arrives, mode, &kernel);
        weigh_both(p, QEMU_NOT_KNOWN,
                   xasprintf("its memory is encrypted (%s): what the QEMU and the processor there "
                             "make of it is not known; ask on that host",
                             confidential_name(mode)));
    }
}

/* --- the TPM -------------------------------------------------------------------------------- */

static void weigh_tpm(struct preflight *p, const struct saved_guest *guest,
                      const struct destination *to)
{
    enum swtpm_need need = saved_guest_swtpm(guest);
    enum swtpm_state there = destination_swtpm(to);
    enum qemu_answer answer = swtpm_answer(need, there);
    const char *name = guest->domain && guest->domain->name ? guest->domain->name : guest->name;
    const char *host = destination_host(to);
    char *of = name ? xasprintf("guest %s", name) : xstrdup("the guest");

    if (answer == QEMU_NO) {
        p->lacks_swtpm = true;
        weigh_both(p, QEMU_NO,
                   xasprintf("%s does not have swtpm with swtpm_setup and swtpm_ioctl, which "
                             "emulates the TPM of %s",
                             host, of));
    } else if (answer == QEMU_NOT_KNOWN && need == SWTPM_MAYBE) {
        weigh_both(p, QEMU_NOT_KNOWN,
                   xasprintf("it is not known whether swtpm emulates the TPM of %s, %s %s", of,
                             there == SWTPM_MISSING ? "which is not on" : "nor whether that is on",
                             host));
    } else if (answer == QEMU_NOT_KNOWN) {
        weigh_both(p, QEMU_NOT_KNOWN,
                   xasprintf("it is not known whether %s has swtpm, which emulates the TPM of %s",
                             host, of));
    }
    free(of);
}

/* --- the blocks ------------------------------------------------------------------------- */

static void weigh_line(struct preflight *p, const struct preflight_line *line)
{
    if (line->verdict == PREFLIGHT_UNKNOWN)
        weigh(&p->arrives, QEMU_NOT_KNOWN, xasprintf("%s: %s", line->block->name, line->why));
    else if (line->verdict != PREFLIGHT_LANDS)
        weigh(&p->arrives, QEMU_NO, xasprintf("%s: %s", line->block->name, line->why));
}

/* A device with its default ROM: QEMU reads the file now, whatever came with a stream. */
static void weigh_rom_start(struct preflight *p, const struct saved_guest *guest,
                            struct destination *to, const struct preflight_line *line)
{
    struct device_rom rom;

    device_rom_of(to, &(struct rom_question){to->maps, guest->machine, line->rom, false}, &rom);
    if (line->verdict == PREFLIGHT_UNKNOWN)
        weigh(&p->starts, QEMU_NOT_KNOWN, xasprintf("%s: %s", line->block->name, line->why));
    else if (rom.length == 0 && *line->rom)
        weigh(&p->starts, QEMU_NO,
              xasprintf("%s: QEMU does not start: %s", line->block->name, rom.why));
    device_rom_free(&rom);
}

static void weigh_romsize_start(struct preflight *p, const struct destination *to,
                                const struct preflight_line *line)
{
    bool is_known;
    char *fault = preflight_romsize_fault(line, to, false, &is_known);

    if (fault)
        weigh(&p->starts, is_known ? QEMU_NO : QEMU_NOT_KNOWN,
              xasprintf("%s: QEMU does not start: %s", line->block->name, fault));
    free(fault);
}

static const struct preflight_line *line_named(const struct preflight *p, const char *block)
{
    for (size_t i = 0; i < p->line_count; i++)
        if (strcmp(p->lines[i].block->name, block) == 0)
            return &p->lines[i];
    return NULL;
}

/* The code of the destination and the guest's own store, as `romcompat flash check`. */
static void weigh_store(struct preflight *p, const char *code_path, const char *store_path)
{
    struct flash_image code, store;
    struct failure f;

    if (flash_open(code_path, &code, &f) != 0) {
        weigh(&p->starts, QEMU_NOT_KNOWN, xstrdup(f.what));
        return;
    }
    if (flash_open(store_path, &store, &f) != 0) {
        weigh(&p->starts, QEMU_NOT_KNOWN, xstrdup(f.what));
    } else {
        struct flash_verdict boots = flash_check_cold_boot(&code, &store);

        if (boots.answer != FLASH_YES)
            weigh(&p->starts, boots.answer == FLASH_NO ? QEMU_NO : QEMU_NOT_KNOWN,
                  xasprintf("%s: %s", code_path, boots.text));
        flash_close(&store);
    }
    flash_close(&code);
}

static const char *sum_there(const struct destination *to, const struct preflight_line *line)
{
    return to->source && to->source->sha256 && line->loaded
               ? to->source->sha256(to->source_arg, line->loaded->path)
               : NULL;
}

/* The store is known to go with the code that the guest had. */
static bool is_same_code(const struct destination *to, const struct preflight_line *code)
{
    const char *there = sum_there(to, code);

    return there && code->block->sha256 && strcmp(there, code->block->sha256) == 0;
}

/* The guest runs on: its code came with it. At its next start that of the destination meets its
 * store. Whether that is known to be another one. */
static bool expects_other_store(struct preflight *p, const struct destination *to,
                                const struct preflight_line *code)
{
    char had[EXPECTED_STORE_TEXT_MAX], expected[EXPECTED_STORE_TEXT_MAX];
    struct expected_store own = {code->block->sha256, code->block->store_layout,
                                 code->block->store_size},
                          there = {0};

    if (!to->source || !to->source->expected)
        return false;
    to->source->expected(to->source_arg, code->loaded->path, &there);
    if (expected_store_same(&own, &there) != QEMU_NO)
        return false;
    weigh(&p->starts, QEMU_NO,
          xasprintf("%s: %s expects another variable store there: %s, and the guest's is %s",
                    code->block->name, code->loaded->path, expected_store_text(&there, expected),
                    expected_store_text(&own, had)));
    return true;
}

static void weigh_flash_start(struct preflight *p, const struct destination *to,
                              const struct preflight_line *code)
{
    const struct preflight_line *store = line_named(p, "system.flash1");

    if (is_same_code(to, code))
        return;
    if (!code->loaded)
        weigh(&p->starts, code->verdict == PREFLIGHT_UNKNOWN ? QEMU_NOT_KNOWN : QEMU_NO,
              xasprintf("%s: %s", code->block->name, code->why));
    else if (store && store->loaded && !to->source)
        weigh_store(p, code->loaded->path, store->loaded->path);
    else if (!expects_other_store(p, to, code))
        weigh(&p->starts, QEMU_NOT_KNOWN,
              xstrdup("whether the guest's firmware and its variable store go together there is "
                      "not known: 'romcompat flash check' answers that for files"));
}

static void weigh_start(struct preflight *p, const struct saved_guest *guest,
                        struct destination *to, const struct preflight_line *line)
{
    if (line->is_switched_off)
        return;
    if (line->romsize) {
        weigh_romsize_start(p, to, line);
    } else if (line->device && !line->is_given) {
        weigh_rom_start(p, guest, to, line);
    } else if (ends_with(line->block->name, ".flash0")) {
        weigh_flash_start(p, to, line);
    } else if (!line->loaded) {
        weigh(&p->starts, line->verdict == PREFLIGHT_UNKNOWN ? QEMU_NOT_KNOWN : QEMU_NO,
              xasprintf("%s: %s", line->block->name, line->why));
    }
}

/* By package and length: what a stream brings is not read. */
static void weigh_same(struct preflight *p, const struct destination *to,
                       const struct preflight_line *line)
{
    const struct saved_block *block = line->block;
    const char *there = sum_there(to, line);

    if (!block->file || !line->loaded)
        weigh(
            &p->same, QEMU_NOT_KNOWN,
            xasprintf("%s: which file the guest was started with is not known", line->block->name));
    else if (line->file_size != block->file_size)
        weigh(&p->same, QEMU_NO,
              xasprintf("%s: the guest has %" PRIu64 " bytes of it, there are %" PRIu64,
                        line->block->name, block->file_size, line->file_size));
    else if (there && block->sha256 && strcmp(there, block->sha256) != 0)
        weigh(&p->same, QEMU_NO,
              xasprintf("%s: %s is another image there", block->name, block->file));
    else if (there && block->sha256)
        return;
    else if (block->package && line->owner && strcmp(block->package, line->owner) != 0)
        weigh(&p->same, QEMU_NO,
              xasprintf("%s: the guest's is of %s, there it is of %s", line->block->name,
                        block->package, line->owner));
    else if (!block->package || !line->owner)
        weigh(&p->same, QEMU_NOT_KNOWN,
              xasprintf("%s: the packages of both files are not known", line->block->name));
}

/* --- variables that the uefi-vars device keeps ------------------------------------------------ */

static bool is_there(const char *path)
{
    return path && access(path, F_OK) == 0;
}

/* libvirt makes a store that is not there of its template. */
static void weigh_varstore_here(struct preflight *p, const struct domain_xml *x)
{
    if (is_there(x->varstore) || is_there(x->varstore_template))
        weigh_store(p, x->loader, is_there(x->varstore) ? x->varstore : x->varstore_template);
    else if (x->varstore_template)
        weigh(&p->starts, QEMU_NO,
              xasprintf("neither its variable store %s nor the template %s is there",
                        x->varstore ? x->varstore : "(chosen by libvirt)", x->varstore_template));
    else
        weigh(&p->starts, QEMU_NOT_KNOWN,
              xasprintf("its variable store %s is not there, and of which template libvirt makes "
                        "one is not known",
                        x->varstore ? x->varstore : "(chosen by libvirt)"));
}

/* The device's variables go with the guest, and it writes them into its file there: QEMU
 * hw/uefi/var-service-core.c, uefi_vars_post_load(). */
static void weigh_varstore(struct preflight *p, const struct domain_xml *x,
                           const struct destination *to)
{
    const struct preflight_line *code = line_named(p, "pc.bios");
    enum qemu_answer device = qemu_has(&to->version, QEMU_UEFI_VARS);
    char there[QEMU_VERSION_TEXT_MAX];

    if (device == QEMU_NO) {
        p->needs_other_qemu = true;
        weigh_both(p, QEMU_NO,
                   xasprintf("its variables are kept by the uefi-vars device (<varstore>), which "
                             "QEMU has from 10.0 on: QEMU there is %s",
                             qemu_version_text(&to->version, there)));
    } else if (device == QEMU_NOT_KNOWN) {
        weigh_both(
            p, QEMU_NOT_KNOWN,
            xstrdup("its variables are kept by the uefi-vars device (<varstore>), which QEMU "
                    "has from 10.0 on, and which QEMU is there is not known"));
    }
    if (code && is_same_code(to, code))
        return;
    if (to->source || !to->qemu)
        weigh(&p->starts, QEMU_NOT_KNOWN,
              xstrdup("whether its firmware there knows the uefi-vars device is not known: "
                      "'romcompat flash check' answers that for files"));
    else if (!x->loader)
        weigh(&p->starts, QEMU_NOT_KNOWN,
              xstrdup("which firmware libvirt chooses for its <varstore> is not known"));
    else
        weigh_varstore_here(p, x);
}

void preflight_answer_all(struct preflight *p, const struct saved_guest *guest,
                          struct destination *to, bool incoming)
{
    p->arrives.value = p->starts.value = QEMU_YES;
    weigh_encryption(p, guest, to);
    weigh_machine(p, guest, to);
    weigh_version(p, guest, to, incoming);
    weigh_unversioned(p, guest, to);
    weigh_tpm(p, guest, to);
    if (guest->doubt)
        weigh_both(p, QEMU_NOT_KNOWN, xstrdup(guest->doubt));
    if (guest->incomplete)
        weigh(&p->arrives, QEMU_NOT_KNOWN, xstrdup("libvirt did not finish this image"));
    if (guest->domain && guest->domain->has_varstore)
        weigh_varstore(p, guest->domain, to);
    for (size_t i = 0; i < p->line_count; i++) {
        weigh_line(p, &p->lines[i]);
        weigh_start(p, guest, to, &p->lines[i]);
    }
}

void preflight_compare_files(struct preflight *p, const struct saved_guest *guest,
                             const struct destination *to)
{
    p->same.value = QEMU_YES;
    if (guest->doubt)
        weigh(&p->same, QEMU_NOT_KNOWN, xstrdup(guest->doubt));
    for (size_t i = 0; i < p->line_count; i++)
        weigh_same(p, to, &p->lines[i]);
}

enum preflight_verdict preflight_total(const struct preflight *p)
{
    bool wrong = p->counts[PREFLIGHT_WRONG] && !p->counts[PREFLIGHT_REFUSED];

    return p->arrives.value == QEMU_YES         ? PREFLIGHT_LANDS
           : p->arrives.value == QEMU_NOT_KNOWN ? PREFLIGHT_UNKNOWN
           : wrong && p->arrives.why && strstr(p->arrives.why, "mapped-ram is not checked")
               ? PREFLIGHT_WRONG
               : PREFLIGHT_REFUSED;
}
