/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/domain_firmware.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/machine_types.h"
#include "inputs/descriptor_directories.h"

const char *domain_choice_name(enum domain_choice choice)
{
    static const char *const names[] = {
        [CHOICE_DESCRIPTOR] = "descriptor",
        [CHOICE_LIST] = "list",
        [CHOICE_AS_WRITTEN] = "as-written",
        [CHOICE_BIOS] = "bios",
        [CHOICE_NONE] = "none",
        [CHOICE_UNKNOWN] = "unknown",
    };

    return names[choice];
}

/* What a descriptor is held against. */
struct wish {
    const struct domain_xml *domain;
    char *machine, *architecture; /* as descriptors call them */
    const char *loader_format;
};

/* False, with the reason. */
__attribute__((format(printf, 2, 3))) static bool no(char reason[DOMAIN_REASON_MAX],
                                                     const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(reason, DOMAIN_REASON_MAX, format, args);
    va_end(args);
    return false;
}

static bool is(const char *text, const char *expected)
{
    return text && strcmp(text, expected) == 0;
}

/* --- one descriptor: qemuFirmwareMatchDomain() ------------------------------------------------ */

static bool has_interface(const struct firmware_descriptor *d, const char *wanted)
{
    for (size_t i = 0; i < d->interface_types.count; i++)
        if (strcmp(d->interface_types.texts[i], wanted) == 0)
            return true;
    return false;
}

static bool takes_interface(const struct wish *w, const struct firmware_descriptor *d, char *reason)
{
    const struct domain_xml *x = w->domain;
    const char *wanted = is(x->firmware, "efi")         ? "uefi"
                         : is(x->firmware, "bios")      ? "bios"
                         : is(x->loader_type, "pflash") ? "uefi"
                                                        : "bios";

    return has_interface(d, wanted) || no(reason, "it is no %s firmware", wanted);
}

/* qemuFirmwareMatchesPaths() */
static bool takes_paths(const struct wish *w, const struct firmware_descriptor *d, char *reason)
{
    const struct domain_xml *x = w->domain;
    const char *own = d->executable.filename;

    if (d->device == DESCRIPTOR_KERNEL)
        return !x->kernel || is(own, x->kernel) || no(reason, "its kernel is %s", own);
    if (x->loader && !is(own, x->loader))
        return no(reason, "its code is %s", own);
    if (d->device != DESCRIPTOR_FLASH || !x->nvram_template)
        return true;
    if (d->mode != DESCRIPTOR_SPLIT)
        return no(reason, "it has no template, and the guest names one");
    return is(d->nvram_template.filename, x->nvram_template) ||
           no(reason, "its template is %s", d->nvram_template.filename);
}

static bool takes_wish(enum domain_switch wish, bool has, const char *what, char *reason)
{
    if (wish == DOMAIN_ON && !has)
        return no(reason, "it does not have %s, which the guest asks for", what);
    if (wish == DOMAIN_OFF && has)
        return no(reason, "it has %s, which the guest refuses", what);
    return true;
}

static bool takes_features(const struct wish *w, const struct firmware_descriptor *d, char *reason)
{
    const struct domain_xml *x = w->domain;

    if (x->suspend_to_memory == DOMAIN_ON && !descriptor_has_feature(d, "acpi-s3"))
        return no(reason, "it does not have acpi-s3, which the guest asks for");
    if (x->suspend_to_disk == DOMAIN_ON && !descriptor_has_feature(d, "acpi-s4"))
        return no(reason, "it does not have acpi-s4, which the guest asks for");
    return takes_wish(x->secure_boot, descriptor_has_feature(d, "secure-boot"), "secure-boot",
                      reason) &&
           takes_wish(x->enrolled_keys, descriptor_has_feature(d, "enrolled-keys"), "enrolled-keys",
                      reason);
}

static bool takes_smm(const struct wish *w, const struct firmware_descriptor *d, char *reason)
{
    const struct domain_xml *x = w->domain;

    if (!descriptor_has_feature(d, "requires-smm"))
        return x->loader_secure != DOMAIN_ON ||
               no(reason, "it does not need SMM, and the guest's loader is secure");
    if (x->smm == DOMAIN_OFF)
        return no(reason, "it needs SMM, which the guest switches off");
    return x->loader_secure != DOMAIN_OFF ||
           no(reason, "it needs SMM, and the guest's loader is not secure");
}

static bool takes_format(const char *format)
{
    return is(format, "raw") || is(format, "qcow2");
}

static bool takes_flash(const struct wish *w, const struct firmware_descriptor *d, char *reason)
{
    const struct domain_xml *x = w->domain;

    if (x->loader_type && !is(x->loader_type, "pflash"))
        return no(reason, "it is for flash, and the guest's loader is %s", x->loader_type);
    if (x->loader_stateless == DOMAIN_ON && d->mode != DESCRIPTOR_STATELESS)
        return no(reason, "it keeps variables, and the guest's loader is stateless");
    if (x->loader_stateless != DOMAIN_ON && d->mode != DESCRIPTOR_SPLIT)
        return no(reason, "it is %s, and the guest has a store beside its code",
                  descriptor_mode_name(d->mode));
    if (x->loader_readonly == DOMAIN_OFF && d->mode != DESCRIPTOR_COMBINED)
        return no(reason, "its code is read-only, and the guest's loader is not");
    if (!takes_format(d->executable.format))
        return no(reason, "its code has a format that libvirt does not take");
    if (w->loader_format && !is(d->executable.format, w->loader_format))
        return no(reason, "its code is %s, and the guest asks for %s", d->executable.format,
                  w->loader_format);
    return d->mode != DESCRIPTOR_SPLIT || takes_format(d->nvram_template.format) ||
           no(reason, "its template has a format that libvirt does not take");
}

static bool takes_memory(const struct wish *w, char *reason)
{
    const struct domain_xml *x = w->domain;

    if (x->loader_type && !is(x->loader_type, "rom"))
        return no(reason, "it is for -bios, and the guest's loader is %s", x->loader_type);
    return x->loader_readonly != DOMAIN_OFF ||
           no(reason, "it is for -bios, and the guest's loader is not read-only");
}

static bool takes_security(const struct wish *w, const struct firmware_descriptor *d, char *reason)
{
    static const char *const features[][2] = {
        {"sev", "amd-sev"}, {"sev-snp", "amd-sev-snp"}, {"tdx", "intel-tdx"}};
    const char *type = w->domain->launch_security;

    for (size_t i = 0; type && i < sizeof features / sizeof *features; i++)
        if (strcmp(type, features[i][0]) == 0 && !descriptor_has_feature(d, features[i][1]))
            return no(reason, "it does not have %s, which the guest asks for", features[i][1]);
    if (is(type, "sev") && w->domain->sev_es && !descriptor_has_feature(d, "amd-sev-es"))
        return no(reason, "it does not have amd-sev-es, which the guest asks for");
    return true;
}

static bool matches(const struct wish *w, const struct firmware_descriptor *d, char *reason)
{
    if (!d->usable)
        return no(reason, "libvirt skips it: %s",
                  d->problem_count ? d->problems[0].text : "it is not valid");
    if (d->device == DESCRIPTOR_IGVM)
        return no(reason, "libvirt skips it: it is an IGVM file");
    if (!takes_interface(w, d, reason) || !takes_paths(w, d, reason))
        return false;
    if (!descriptor_runs_on(d, w->architecture, w->machine))
        return no(reason, "it is not for %s of %s", w->domain->machine, w->architecture);
    if (!takes_features(w, d, reason) || !takes_smm(w, d, reason))
        return false;
    if (d->device == DESCRIPTOR_FLASH && !takes_flash(w, d, reason))
        return false;
    if (d->device == DESCRIPTOR_MEMORY && !takes_memory(w, reason))
        return false;
    return takes_security(w, d, reason);
}

/* --- the guest ------------------------------------------------------------------------------ */

/* virDomainDefOSValidate(): what libvirt refuses before it looks for firmware. */
static const char *refusal_of(const struct domain_xml *x)
{
    if (x->firmware && x->enrolled_keys == DOMAIN_ON && x->secure_boot == DOMAIN_OFF)
        return "firmware feature 'enrolled-keys' cannot be enabled when firmware feature "
               "'secure-boot' is disabled";
    if (x->has_nvram && is(x->firmware, "bios"))
        return "firmware type 'bios' does not support nvram";
    if (!x->firmware && x->has_firmware_features)
        return "cannot use feature-based firmware autoselection when firmware autoselection is "
               "disabled";
    if (!x->firmware && x->has_loader && !x->loader)
        return "no loader path specified and firmware auto selection disabled";
    if (x->loader_stateless == DOMAIN_ON && x->nvram_template)
        return "NVRAM template is not permitted when loader is stateless";
    if (x->loader_stateless == DOMAIN_ON && x->has_nvram)
        return "NVRAM is not permitted when loader is stateless";
    if (x->loader_stateless != DOMAIN_OFF)
        return NULL;
    if (!x->firmware && !is(x->loader_type, "pflash"))
        return "Only pflash loader type permits NVRAM";
    return x->firmware && !is(x->firmware, "efi") ? "Only EFI firmware permits NVRAM" : NULL;
}

/* qemuValidateDomainDefFeatures() and qemuValidateDomainDefBoot(), which look at what was chosen. */
static const char *late_refusal_of(const struct domain_xml *x)
{
    bool uefi = is(x->firmware, "efi") || (x->loader && is(x->loader_type, "pflash"));
    bool x86 = is(x->arch, "x86_64") || is(x->arch, "i686");

    if (uefi && x86 && !x->has_acpi)
        return "UEFI requires ACPI on this architecture";
    if (!uefi && is(x->arch, "aarch64") && x->has_acpi)
        return "ACPI requires UEFI on this architecture";
    if (x->loader_secure != DOMAIN_ON)
        return NULL;
    if (strcmp(x->machine, "q35") != 0 && strncmp(x->machine, "pc-q35-", 7) != 0)
        return "Secure boot is supported with q35 machine types only";
    if (!is(x->arch, "x86_64"))
        return "Secure boot is supported for x86_64 architecture only";
    return !x->firmware && x->smm != DOMAIN_ON ? "Secure boot requires SMM feature enabled" : NULL;
}

/* QEMU's name of an architecture, by libvirt's. */
static const char *qemu_architecture(const char *arch)
{
    static const char *const names[][2] = {
        {"i686", "i386"}, {"armv7l", "arm"}, {"armv6l", "arm"}, {"ppc64le", "ppc64"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(arch, names[i][0]) == 0)
            return names[i][1];
    return arch;
}

/* Of an alias libvirt asks the QEMU what it stands for, and descriptors have patterns for all of a
 * family: the version does not matter to them. */
static char *machine_of(const struct domain_xml *x)
{
    const struct machine_family *family = machine_family_of_alias(x->machine);

    return family && family->has_versions ? xasprintf("%s-10.0", family->name)
                                          : xstrdup(x->machine);
}

/* qemuFirmwareEnableFeaturesModern() */
static void take_descriptor(struct domain_firmware *firmware, const struct domain_xml *x,
                            const struct firmware_descriptor *d)
{
    bool has_template = d->device == DESCRIPTOR_FLASH && d->mode == DESCRIPTOR_SPLIT;

    firmware->choice = CHOICE_DESCRIPTOR;
    firmware->source = xstrdup(d->path);
    firmware->pflash = d->device == DESCRIPTOR_FLASH;
    firmware->code = xstrdup_or_null(d->executable.filename);
    if (firmware->pflash)
        firmware->code_format = xstrdup_or_null(d->executable.format);
    /* A store that is no local file libvirt cannot make. */
    if (has_template && !x->nvram_is_remote) {
        firmware->template = xstrdup_or_null(d->nvram_template.filename);
        firmware->template_format = xstrdup_or_null(d->nvram_template.format);
    }
}

static bool ask_descriptors(const struct wish *w, const struct firmware_descriptors *all,
                            struct domain_firmware *firmware)
{
    for (size_t i = 0; i < all->count; i++) {
        struct domain_rejection *r;

        firmware->rejections = xreallocarray(firmware->rejections, firmware->rejection_count + 1,
                                             sizeof *firmware->rejections);
        r = &firmware->rejections[firmware->rejection_count];
        if (matches(w, &all->list[i], r->reason)) {
            take_descriptor(firmware, w->domain, &all->list[i]);
            return true;
        }
        r->descriptor = xstrdup(all->list[i].path);
        firmware->rejection_count++;
    }
    return false;
}

/* qemuFirmwareFillDomainLegacy(): 1, 0 or -1. */
static int ask_list(const struct wish *w, const char *root, const char *list,
                    struct domain_firmware *firmware, struct failure *f)
{
    const struct domain_xml *x = w->domain;
    struct template_search search;

    if (x->loader_readonly == DOMAIN_OFF || x->loader_stateless == DOMAIN_ON ||
        (w->loader_format && !is(w->loader_format, "raw")))
        return 0;
    if (template_search(x->loader, root, list, &search, f) != 0)
        return -1;
    int found = 0;
    for (size_t i = 0; i < search.count && !found; i++) {
        const struct template_answer *a = &search.answers[i];

        if (a->source == TEMPLATE_DESCRIPTOR || a->by_link)
            continue;
        found = 1;
        firmware->choice = CHOICE_LIST;
        firmware->source = xstrdup(a->where                        ? a->where
                                   : a->source == TEMPLATE_DEFAULT ? "libvirt's default list"
                                                                   : "list");
        firmware->template = xstrdup_or_null(x->nvram_template ? x->nvram_template : a->filename);
        firmware->template_format = xstrdup("raw");
    }
    template_search_free(&search);
    return found;
}

static void take_as_written(const struct wish *w, struct domain_firmware *firmware)
{
    const struct domain_xml *x = w->domain;

    firmware->code = xstrdup_or_null(x->loader);
    firmware->pflash = is(x->loader_type, "pflash");
    if (firmware->pflash)
        firmware->code_format = xstrdup(w->loader_format ? w->loader_format : "raw");
    if (firmware->template)
        return;
    firmware->template = xstrdup_or_null(x->nvram_template);
    if (firmware->template)
        firmware->template_format = xstrdup_or_null(firmware->code_format);
}

static int choose(const struct wish *w, const char *root, const char *list,
                  struct domain_firmware *firmware, struct failure *f)
{
    struct firmware_descriptors all;

    if (firmware_descriptors_read(root, &all, f) != 0)
        return -1;
    bool found = ask_descriptors(w, &all, firmware);
    /* One that comes first might be the choice. */
    for (size_t i = 0; i < all.note_count; i++)
        if (strcmp(all.notes[i].what, "unreadable") == 0) {
            firmware->choice = CHOICE_UNKNOWN;
            no(firmware->refusal, "%.190s", all.notes[i].text);
        }
    firmware_descriptors_free(&all);
    if (found || firmware->choice == CHOICE_UNKNOWN)
        return 0;
    if (w->domain->firmware) {
        firmware->choice = CHOICE_NONE;
        no(firmware->refusal,
           "Unable to find '%s' firmware that is compatible with the current configuration",
           w->domain->firmware);
        return 0;
    }
    firmware->choice = CHOICE_AS_WRITTEN;
    if (ask_list(w, root, list, firmware, f) < 0)
        return -1;
    take_as_written(w, firmware);
    return 0;
}

/* One of libvirt's own is from before it knew formats. */
static const char *wanted_format(const struct domain_xml *x, bool is_defined)
{
    const char *format = x->loader_format ? x->loader_format
                         : x->has_loader  ? NULL
                                          : x->nvram_format;

    return !format && is_defined && x->firmware ? "raw" : format;
}

static int look(const struct domain_xml *x, const struct domain_question *question,
                struct domain_firmware *firmware, struct failure *f)
{
    if (!x->firmware && !(x->loader && is(x->loader_type, "pflash"))) {
        firmware->code = xstrdup_or_null(x->loader);
        return 0;
    }
    struct wish w = {.domain = x,
                     .machine = machine_of(x),
                     .architecture = xstrdup(qemu_architecture(x->arch)),
                     .loader_format = wanted_format(x, question->is_defined)};
    int result = choose(&w, question->root, question->list, firmware, f);
    free(w.machine);
    free(w.architecture);
    return result;
}

static void refuse(struct domain_firmware *firmware, enum domain_choice choice, const char *why)
{
    domain_firmware_free(firmware);
    firmware->choice = choice;
    no(firmware->refusal, "%s", why);
}

int domain_firmware_choose(const struct domain_xml *x, const struct domain_question *question,
                           struct domain_firmware *firmware, struct failure *f)
{
    const char *refusal = refusal_of(x);

    *firmware = (struct domain_firmware){.choice = CHOICE_BIOS};
    if (x->has_varstore) {
        refuse(firmware, CHOICE_UNKNOWN,
               "a guest with <varstore>, which libvirt has since 12.1, is not judged");
        return 0;
    }
    if (!x->machine || !x->arch) {
        refuse(firmware, CHOICE_UNKNOWN, "it does not say its machine type and architecture");
        return 0;
    }
    if (refusal) {
        refuse(firmware, CHOICE_NONE, refusal);
        return 0;
    }
    if (look(x, question, firmware, f) != 0) {
        domain_firmware_free(firmware);
        return -1;
    }
    refusal = late_refusal_of(x);
    if (refusal && firmware->choice != CHOICE_NONE)
        refuse(firmware, CHOICE_NONE, refusal);
    return 0;
}

void domain_firmware_free(struct domain_firmware *firmware)
{
    for (size_t i = 0; i < firmware->rejection_count; i++)
        free(firmware->rejections[i].descriptor);
    free(firmware->rejections);
    free(firmware->source);
    free(firmware->code);
    free(firmware->code_format);
    free(firmware->template);
    free(firmware->template_format);
    *firmware = (struct domain_firmware){0};
}
