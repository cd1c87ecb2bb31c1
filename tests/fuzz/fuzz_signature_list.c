/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the data of db or dbx; what is called a certificate goes to libcrypto. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/effort.h"
#include "formats/signature_list.h"
#include "inputs/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signature_walk walk;
    struct signature s;

    effort_forget();
    signature_walk_init(&walk, data, size);
    while (signature_next(&walk, &s)) {
        struct certificate c;
        size_t at = (size_t)(s.owner - data);

        if (at > size || size - at < GUID_SIZE + s.size)
            abort();
        if (s.kind == SIGNATURE_X509 && certificate_read(s.data, s.size, &c) == 0) {
            if (!c.subject || !c.name || strlen(c.not_after) != CERTIFICATE_TIME_SIZE - 1)
                abort();
            certificate_free(&c);
        }
    }
    return 0;
}
