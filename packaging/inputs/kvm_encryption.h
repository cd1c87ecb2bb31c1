/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a host's KVM starts encrypted guests: what its modules and its processor say. */
#ifndef INPUTS_KVM_ENCRYPTION_H
#define INPUTS_KVM_ENCRYPTION_H

enum kvm_encryption { KVM_SEV, KVM_SEV_ES, KVM_SNP, KVM_TDX, KVM_ENCRYPTIONS };

enum kvm_state {
    KVM_NOT_KNOWN, /* no module is loaded, or nothing can be read */
    KVM_ON,
    KVM_OFF,          /* the module has it switched off */
    KVM_NO_PROCESSOR, /* the processor cannot do it, or the BIOS has it switched off */
    KVM_STATES,
};

/* Of the host whose root directory is `root`, "/" for this one. */
enum kvm_state kvm_encryption_ask(const char *root, enum kvm_encryption kind);

/* "sev", "sev_es", "snp", "tdx": the kinds of formats/guest_encryption.h as keys of JSON. */
extern const char *const kvm_encryption_keys[KVM_ENCRYPTIONS];

/* "kvm_amd.sev_es", as the module's parameter is written. */
const char *kvm_encryption_parameter(enum kvm_encryption kind);

#endif
