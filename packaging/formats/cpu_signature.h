/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signature of a processor, as CPUID leaf 1 has it in EAX (AMD CPUID Specification,
 * publication 25481): a vCPU starts with it in RDX, so that it is measured with SEV-ES and SNP.
 */
#ifndef FORMATS_CPU_SIGNATURE_H
#define FORMATS_CPU_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

uint32_t cpu_signature(unsigned family, unsigned model, unsigned stepping);

/* That of a CPU model of QEMU's that can have an encrypted guest, in any version:
 * "EPYC-Milan-v2". False, with *signature untouched, for another name. */
bool cpu_signature_of_model(const char *name, uint32_t *signature);

/* The models, for a message. */
#define CPU_SIGNATURE_MODELS "EPYC, EPYC-Rome, EPYC-Milan, EPYC-Genoa, EPYC-Turin"

/* From 0x800f12, 8392466 or FAMILY.MODEL.STEPPING in decimal, 23.1.2. False for other texts. */
bool cpu_signature_parse(const char *text, uint32_t *signature);

#endif
