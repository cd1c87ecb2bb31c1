/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/descriptor_match.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

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

static bool has_interface(const struct firmware_descriptor *d, const char *wanted)
{
    for (size_t i = 0; i < d->interface_types.count; i++)
        if (strcmp(d->interface_types.texts[i], wanted) == 0)
            return true;
    return false;
}

static bool takes_interface(const struct descriptor_wish *w, const struct firmware_descriptor *d,
                            char *reason)
{
    const struct domain_xml *x = w->domain;
    const char *wanted = same_text(x->firmware, "efi")         ? "uefi"
                         : same_text(x->firmware, "bios")      ? "bios"
                         : same_text(x->loader_type, "pflash") ? "uefi"
                                                               : "bios";

    return has_interface(d, wanted) || no(reason, "it is not %s firmware", wanted);
}

/* The file that a path of that root leads to; NULL: none. */
static char *file_behind(const char *root, const char *path)
{
    char *below = template_file(root, path), *file = realpath(below, NULL);

    free(below);
    return file;
}

/* libvirt 12.8 follows links, and gives the guest the name that the descriptor has. */
static bool is_path(const struct descriptor_wish *w, const char *own, const char *path)
{
    char *a, *b;
    bool same;

    if (!own || w->rules < RULES_12_8 || same_text(own, path))
        return same_text(own, path);
    a = file_behind(w->root, own);
    b = file_behind(w->root, path);
    same = a && same_text(b, a);
    free(a);
    free(b);
    return same;
}

/* qemuFirmwareMatchesPaths() */
static bool takes_paths(const struct descriptor_wish *w, const struct firmware_descriptor *d,
                        char *reason)
{
    const struct domain_xml *x = w->domain;
    const char *own = d->executable.filename;

    if (w->rules == RULES_9_0)
        return !x->loader || x->firmware ||
               (d->device == DESCRIPTOR_FLASH && same_text(own, x->loader)) ||
               no(reason, "its code is %s", own);
    if (d->device == DESCRIPTOR_KERNEL)
        return !x->kernel || same_text(own, x->kernel) || no(reason, "its kernel is %s", own);
    if (x->loader && !is_path(w, own, x->loader))
        return no(reason, "its code is %s", own);
    if (d->device != DESCRIPTOR_FLASH && x->has_nvram && w->rules >= RULES_12_8)
        return no(reason, "it has no store, and the guest has one");
    if (!x->nvram_template || d->device != DESCRIPTOR_FLASH)
        return true;
    if (d->mode != DESCRIPTOR_SPLIT)
        return no(reason, "it has no template, and the guest names one");
    return is_path(w, d->nvram_template.filename, x->nvram_template) ||
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

static bool takes_features(const struct descriptor_wish *w, const struct firmware_descriptor *d,
                           char *reason)
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

static bool takes_smm(const struct descriptor_wish *w, const struct firmware_descriptor *d,
                      char *reason)
{
    const struct domain_xml *x = w->domain;

    if (w->rules == RULES_9_0 && x->loader_secure != DOMAIN_ON)
        return true; /* what the choice then needs is refused_by_choice()'s */
    if (!descriptor_has_feature(d, "requires-smm"))
        return x->loader_secure != DOMAIN_ON ||
               no(reason, "it does not need SMM, and the guest's loader is secure");
    if (x->smm == DOMAIN_OFF && w->rules > RULES_9_0)
        return no(reason, "it needs SMM, which the guest switches off");
    return x->loader_secure != DOMAIN_OFF ||
           no(reason, "it needs SMM, and the guest's loader is not secure");
}

static bool takes_format(const char *format)
{
    return same_text(format, "raw") || same_text(format, "qcow2");
}

/* Whether its store is where the guest's is. */
static bool takes_mode(const struct descriptor_wish *w, const struct firmware_descriptor *d,
                       char *reason)
{
    const struct domain_xml *x = w->domain;
    bool is_written = x->loader_readonly == DOMAIN_OFF && w->rules > RULES_9_0;

    if (x->loader_stateless == DOMAIN_ON)
        return d->mode == DESCRIPTOR_STATELESS ||
               no(reason, "it keeps variables, and the guest's loader is stateless");
    if (is_written && d->mode != DESCRIPTOR_COMBINED)
        return no(reason, "its code is read-only, and the guest's loader is not");
    if (is_written && w->rules >= RULES_12_8)
        return true;
    return d->mode == DESCRIPTOR_SPLIT ||
           no(reason, "it is %s, and the guest has a store beside its code",
              descriptor_mode_name(d->mode));
}

static bool takes_template_format(const struct descriptor_wish *w,
                                  const struct firmware_descriptor *d, char *reason)
{
    const char *wanted = w->domain->template_format;

    if (d->mode != DESCRIPTOR_SPLIT)
        return true;
    if (!takes_format(d->nvram_template.format))
        return no(reason, "its template has a format that libvirt does not take");
    return !wanted || w->rules < RULES_12_8 || same_text(d->nvram_template.format, wanted) ||
           no(reason, "its template is %s, and the guest asks for %s", d->nvram_template.format,
              wanted);
}

static bool takes_flash(const struct descriptor_wish *w, const struct firmware_descriptor *d,
                        char *reason)
{
    const struct domain_xml *x = w->domain;

    if (!takes_mode(w, d, reason))
        return false;
    if (w->rules == RULES_9_0)
        return true; /* what it is in is refused_by_choice()'s */
    if (x->loader_type && !same_text(x->loader_type, "pflash"))
        return no(reason, "it is for flash, and the guest's loader is %s", x->loader_type);
    if (!takes_format(d->executable.format))
        return no(reason, "its code has a format that libvirt does not take");
    if (w->loader_format && !same_text(d->executable.format, w->loader_format))
        return no(reason, "its code is %s, and the guest asks for %s", d->executable.format,
                  w->loader_format);
    return takes_template_format(w, d, reason);
}

static bool takes_memory(const struct descriptor_wish *w, char *reason)
{
    const struct domain_xml *x = w->domain;

    if (w->rules == RULES_9_0)
        return true;
    if (x->loader_type && !same_text(x->loader_type, "rom"))
        return no(reason, "it is for -bios, and the guest's loader is %s", x->loader_type);
    return x->loader_readonly != DOMAIN_OFF ||
           no(reason, "it is for -bios, and the guest's loader is not read-only");
}

static bool takes_security(const struct descriptor_wish *w, const struct firmware_descriptor *d,
                           char *reason)
{
    static const char *const features[][2] = {
        {"sev", "amd-sev"}, {"sev-snp", "amd-sev-snp"}, {"tdx", "intel-tdx"}};
    const char *type = w->domain->launch_security;

    for (size_t i = 0; type && i < sizeof features / sizeof *features; i++)
        if (strcmp(type, features[i][0]) == 0 && !descriptor_has_feature(d, features[i][1]))
            return no(reason, "it does not have %s, which the guest asks for", features[i][1]);
    if (same_text(type, "sev") && w->domain->sev_es && !descriptor_has_feature(d, "amd-sev-es"))
        return no(reason, "it does not have amd-sev-es, which the guest asks for");
    return true;
}

bool descriptor_matches(const struct descriptor_wish *w, const struct firmware_descriptor *d,
                        char *reason)
{
    if (!d->usable)
        return no(reason, "libvirt skips it: %s",
                  d->problems.count ? d->problems.list[0].what : "it is not valid");
    if (d->device == DESCRIPTOR_IGVM)
        return no(reason, "libvirt skips it: it is an IGVM file");
    if (d->has_no_filename && w->rules < RULES_12_8)
        return no(reason, "libvirt skips it: its mapping has no 'filename'");
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
