/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's XML with ROM files for some of its devices, and every other byte as it was:
 * a new `<rom file='...'/>` behind the device's last element, set off as that one is; or the
 * attribute in the `<rom>` that is there.
 */
#ifndef GUEST_DOMAIN_SPLICE_H
#define GUEST_DOMAIN_SPLICE_H

#include "inputs/domain_xml.h"

/* files[i] is the path for devices[i], or NULL; a device that has a file or no place for one
 * is a failure. `domain` was read out of data[0, size). The result, which the caller frees,
 * is read again before it is handed out: nothing but these files may have changed. */
int domain_splice(const struct domain_xml *domain, const uint8_t *data, size_t size,
                  const char *const *files, uint8_t **result, size_t *result_size,
                  struct failure *f);

#endif
