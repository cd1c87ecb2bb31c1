/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dry landing: a saved guest is given to the destination's own QEMU, which says what it makes of
 * the whole of it, devices and CPUs too, and ends without having run one instruction of it.
 *
 * It runs as nobody, locked down (outputs/lockdown.h), with a limit of time. Its disks and flash devices are empty ones of the same
 * length (null-co), its network cards have taps in a network namespace of their own or no peer, and
 * its character devices lead nowhere: no file of the guest is opened, none is written.
 */
#ifndef GUEST_LANDING_H
#define GUEST_LANDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "guest/destination.h"
#include "inputs/domain_xml.h"
#include "inputs/qemu_options.h"
#include "inputs/saved_stream.h"

#define LANDING_SECONDS 3600 /* a guest may have terabytes */
#define LANDING_CARDS_MAX 24 /* queues of network cards that get a tap; others have no peer */

/* --- landing_arguments.c ------------------------------------------------------------------- */

/* QEMU's arguments for a dry landing. */
struct landing_arguments {
    char **list; /* without the program; a NULL at the end */
    size_t count;
    int taps[LANDING_CARDS_MAX]; /* that the list names */
    size_t tap_count;
    size_t no_peers; /* network cards without one: their offloads are not there */
};

/* Out of those that the guest is started with. 0; or -1, where one is not known to be free of
 * effects outside, or a disk is not there. Free with landing_arguments_free() in either case. */
int landing_arguments_of(struct destination *to, const char *const *given, size_t count,
                         struct landing_arguments *arguments, struct failure *f);
void landing_arguments_free(struct landing_arguments *arguments);

/* The directories that -L names there, as far as there are such; *list is freed by the caller, its texts are those of
 * `given`. */
size_t landing_directories(const char *const *given, size_t count, const char ***list);

/* As text for -device and the like, without the values named in `without`, which ends with NULL. */
char *landing_option_text(const struct qemu_option *o, const char *const *without);

/* --- landing_libvirt.c --------------------------------------------------------------------- */

/* The arguments that libvirt would give QEMU for this XML, after virsh(1), as words to be freed
 * with each of them, without the environment and the program. `x` is what domain_xml_parse() makes
 * of it; NULL: nothing. NULL where virsh does not answer, or leaves out what is not put back
 * here. */
char **landing_words_of_xml(const char *xml, const struct domain_xml *x, size_t *count,
                            struct failure *f);

/* --- landing.c ------------------------------------------------------------------------------ */

struct landing {
    enum qemu_answer answer;
    char *why;  /* one line; NULL where it is yes */
    char *said; /* all lines that QEMU said, warnings too; "" */
};

/* `loads`: the guest is a snapshot's, which QEMU loads; else it arrives. 0 or -1; free with
 * landing_free(). */
int landing_try(const struct destination *to, const struct landing_arguments *arguments,
                struct saved_stream *stream, bool mapped_ram, bool loads, struct landing *landing,
                struct failure *f);
void landing_free(struct landing *landing);

#endif
