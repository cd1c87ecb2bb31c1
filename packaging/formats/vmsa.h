/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state that a vCPU of an SEV-ES or SNP guest starts with, as the page that is measured: the
 * save area of AMD's Architecture Programmer's Manual, volume 2, table B-4. Which values are
 * in it is the hypervisor's doing: KVM sev_es_sync_vmsa() with what QEMU's x86_cpu_reset_hold()
 * leaves, and the two clouds that publish theirs.
 */
#ifndef FORMATS_VMSA_H
#define FORMATS_VMSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VMSA_SIZE 4096

enum vmsa_vmm { VMSA_QEMU, VMSA_EC2, VMSA_GCE, VMSA_HYPERV /* its states are in IGVM files */ };

/* Where the first vCPU starts; the others start where the firmware's reset block says. */
#define VMSA_RESET UINT32_C(0xfffffff0)

struct vmsa_state {
    enum vmsa_vmm vmm;
    uint32_t eip;       /* of its first instruction */
    uint32_t signature; /* see formats/cpu_signature.h; only QEMU's is measured */
    uint64_t features;  /* SEV_FEATURES; bit 0 is SNP itself */
};

void vmsa_write(const struct vmsa_state *state, uint8_t page[VMSA_SIZE]);

/* The same for a guest whose first code is Coconut's SVSM, in 32-bit mode at `eip`. */
void vmsa_write_svsm(const struct vmsa_state *state, uint8_t page[VMSA_SIZE]);

/* What an IGVM file gives a vCPU, seen by QEMU, which takes the fields that KVM has calls for and
 * refuses a page with anything else (target/i386/sev.c, check_vmsa_supported()). True where some
 * other field is set: *at is where. */
bool vmsa_beyond_kvm(const uint8_t page[VMSA_SIZE], size_t *at);
uint64_t vmsa_cr0(const uint8_t page[VMSA_SIZE]);
uint64_t vmsa_features(const uint8_t page[VMSA_SIZE]);

#endif
