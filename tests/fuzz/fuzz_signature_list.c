/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the data of db or dbx, as a signed update of one, and as a file with a certificate;
 * what is called a certificate goes to libcrypto. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "formats/signature_list.h"
#include "inputs/certificate.h"
#include "target.h"

/* A list of this entry alone holds the same. */
static void write_again(const struct signature *s)
{
    size_t size = signature_list_size(s, 1);
    uint8_t *list = malloc(size);
    struct signature_walk walk;
    struct signature same, none;

    signature_list_write(list, s, 1);
    signature_walk_init(&walk, list, size);
    if (!signature_next(&walk, &same) || !signature_is(s, &same) || signature_next(&walk, &none) ||
        walk.broken)
        abort();
    free(list);
}

static void read_file_of_one(const uint8_t *data, size_t size)
{
    struct failure f = {0};
    uint8_t *der;
    size_t der_size, at = signed_value_at(data, size);

    if (at > size)
        abort();
    if (certificate_der("fuzz", data, size, &der, &der_size, &f) == 0)
        free(der);
    else if (!f.what[0])
        abort();
}

int try_input(const uint8_t *data, size_t size)
{
    struct signature_walk walk;
    struct signature s;

    signature_walk_init(&walk, data, size);
    while (signature_next(&walk, &s)) {
        struct certificate c;
        size_t at = (size_t)(s.owner - data);

        if (at > size || size - at < GUID_SIZE + s.size)
            abort();
        if (!signature_kind_name(s.kind) ||
            (s.kind != SIGNATURE_UNKNOWN && !guid_is(s.type, signature_kind_guid(s.kind))))
            abort();
        if (walk.count < 100)
            write_again(&s);
        if (s.kind == SIGNATURE_X509 && certificate_read(s.data, s.size, &c) == 0) {
            if (!c.subject || !c.name || strlen(c.not_after) != CERTIFICATE_TIME_SIZE - 1)
                abort();
            certificate_free(&c);
        }
    }
    if (walk.broken && walk.broken_at > size)
        abort();
    read_file_of_one(data, size);
    return 0;
}
