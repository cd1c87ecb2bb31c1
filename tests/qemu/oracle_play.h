/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A case of the oracle carried out with real QEMUs: the guest is started and saved, and brought
 * to a destination.
 */
#ifndef TESTS_QEMU_ORACLE_PLAY_H
#define TESTS_QEMU_ORACLE_PLAY_H

#include "qemu/guest.h"
#include "qemu/oracle_case.h"

/* Starts the guest, plugs what is to be plugged, and saves it as `saved` (a snapshot:
 * disk.qcow2) below the scenario's directory. The source that goes on living, or NULL. */
struct guest *oracle_make_guest(struct stage *s, struct oracle_guest *guest);

/* The name of the file, or of the socket, that preflight is asked of. */
const char *oracle_source(const struct oracle_guest *guest);

/* The files that a destination has. */
void oracle_make_files(struct stage *s, const struct oracle_guest *guest,
                       const struct oracle_there *there);

/* The directories of ROM files there, blanks between, as paths. */
const char *oracle_directories(struct stage *s, const struct oracle_there *there);

/* What preflight is told: what the guest's configuration names, and what it cannot see. */
const char *oracle_options(struct stage *s, const struct oracle_guest *guest,
                           const struct oracle_there *there);

/* What QEMU is started with there, as words for a shell. */
const char *oracle_words(struct stage *s, const struct oracle_guest *guest,
                         const struct oracle_there *there);

struct oracle_answer {
    enum { ORACLE_NO_START, ORACLE_REFUSED, ORACLE_ARRIVED } what;
    const char *said;
    struct guest *guest; /* where it arrived */
};

enum { ORACLE_TOLD = 4 * ORACLE_DEVICES };

/* What a fix adds: arguments behind the guest's own, and properties of the devices of blocks. */
struct oracle_fix {
    const char *arguments;
    struct {
        const char *block, *alias; /* one is NULL */
        const char *type;          /* of the device, or NULL */
        const char *properties;
    } told[ORACLE_TOLD];
    size_t told_count;
};

/* `fix` may be NULL. */
struct oracle_answer oracle_arrive(struct stage *s, struct guest *source,
                                   const struct oracle_guest *guest,
                                   const struct oracle_there *there, const struct oracle_fix *fix);

/* Started from cold: ORACLE_ARRIVED where it starts. */
struct oracle_answer oracle_start_cold(struct stage *s, const struct oracle_guest *guest,
                                       const struct oracle_there *there);

#endif
