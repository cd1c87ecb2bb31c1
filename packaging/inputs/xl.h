/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Xen's `xl` says of a configuration and of the domains of this host, and the three things
 * that it is asked to do. There is no library between: libxl has another name and ABI in each
 * release of Xen.
 */
#ifndef INPUTS_XL_H
#define INPUTS_XL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "formats/xl_list.h"

#define XL_ANSWER_MAX ((size_t)4 << 20)
#define XL_ANSWER_SECONDS 30  /* of a question */
#define XL_CREATE_SECONDS 600 /* of what starts or ends a domain */

/* What is done with a domain that has ended; xl.cfg(5) has more, which are refused. */
enum xl_action { XL_DESTROY, XL_RESTART, XL_PRESERVE };

struct xl_config {
    char *name;
    char uuid[XL_UUID_SIZE]; /* in lower case */
    char *firmware;          /* bios_path_override; NULL: xl's own */
    enum xl_action on_poweroff, on_reboot, on_crash, on_watchdog;
};

/* The answer of `xl -N create` to the file `path`. Refused, with a hint, is what cannot keep
 * variables: another type than HVM with OVMF, and actions beside the three. 0 or -1; free with
 * xl_config_free(). */
int xl_config_take(const char *path, const uint8_t *answer, size_t size, struct xl_config *config,
                   struct failure *f);
/* Asks for it. xl makes a UUID up where the file has none, another one each time: such a file is
 * refused. */
int xl_config_read(const char *path, struct xl_config *config, struct failure *f);
void xl_config_free(struct xl_config *config);

/* The text for xl_list_next(), to be freed, or NULL. */
char *xl_list(struct failure *f);
/* The domain of that UUID in such a text. */
bool xl_list_find(const char *list, const char *uuid, struct xl_domain *domain);

/* Starts the domain of a file with that firmware, so that it is preserved when it ends. */
int xl_create(const char *path, const char *firmware, struct failure *f);
int xl_destroy(unsigned id, struct failure *f);
/* Asks the guest to shut down, by its power button where it has no drivers for Xen. */
int xl_shutdown(unsigned id, struct failure *f);

/* Until a domain of this host ends, or `seconds` have passed. */
void xl_await_end(unsigned seconds);

#endif
