/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which firmware libvirt gives to a guest, and why it skips others: as libvirt 9.0, 11.3 and
 * 12.8 do it (src/qemu/qemu_firmware.c, qemuFirmwareFillDomain()). tests/qemu/test-domains
 * checks it against the cases with expected results of libvirt's tests/qemuxmlconfdata, and
 * tests/qemu/test-choice against these three.
 */
#ifndef FLASH_DOMAIN_FIRMWARE_H
#define FLASH_DOMAIN_FIRMWARE_H

#include "flash/template.h"
#include "inputs/domain_xml.h"

#define DOMAIN_REASON_MAX 200
#define DOMAIN_REFUSAL_MAX 2000

enum domain_choice {
    CHOICE_DESCRIPTOR, /* the first that matches */
    CHOICE_LIST,       /* none does, and a pair of the nvram list has its loader */
    CHOICE_AS_WRITTEN, /* nor that: its paths are taken as they are */
    CHOICE_BIOS,       /* it asks for no firmware that libvirt looks for */
    CHOICE_NONE,       /* libvirt refuses it: `refusal` */
    CHOICE_UNKNOWN,    /* `refusal` is what cannot be judged */
};

struct domain_rejection {
    char *descriptor; /* its path */
    char reason[DOMAIN_REASON_MAX];
};

struct domain_firmware {
    enum domain_choice choice;
    char refusal[DOMAIN_REFUSAL_MAX];
    char *source;                                          /* the descriptor, or who has the list */
    char *code, *code_format, *template, *template_format; /* NULL: none */
    bool pflash;    /* the code is in flash, and not given with -bios */
    bool needs_smm; /* says the descriptor */
    bool depends;   /* CHOICE_UNKNOWN, and the version of libvirt would make it known */
    size_t rejection_count;
    struct domain_rejection *rejections; /* descriptors that come before the choice */
};

struct domain_question {
    const char *root, *list; /* as template_search() has them */
    /* libvirt has the definition already: firmware of no format that it names is then raw, as
     * before libvirt 9.2. Of a new one it takes any. */
    bool is_defined;
    /* libvirt's version, 1000 for each major number: 11003. Of one between two whose rules are
     * known, and of 0, any of them, the answer is known where they all give the same. */
    unsigned libvirt;
};

/* 0, or -1 where descriptors or a list cannot be read. Free with domain_firmware_free(). */
int domain_firmware_choose(const struct domain_xml *domain, const struct domain_question *question,
                           struct domain_firmware *firmware, struct failure *f);
void domain_firmware_free(struct domain_firmware *firmware);

/* "descriptor", "list", "as-written", "bios", "none", "unknown" */
const char *domain_choice_name(enum domain_choice choice);

#endif
