/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/certificate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/memory.h"

static char *take_text(BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    char *text = xstrndup(data, size > 0 ? (size_t)size : 0);

    BIO_free(bio);
    return text;
}

static char *name_text(const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());

    if (!bio)
        give_up("out of memory");
    /* Characters beyond ASCII stay what they are. */
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    return take_text(bio);
}

static char *common_name(const X509_NAME *name)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    unsigned char *text;

    if (at < 0)
        return NULL;
    int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0)
        return NULL;
    char *copy = xstrndup((const char *)text, (size_t)size);
    OPENSSL_free(text);
    return copy;
}

static char *serial_text(X509 *x)
{
    BIO *bio = BIO_new(BIO_s_mem());

    if (!bio)
        give_up("out of memory");
    i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(x));
    return take_text(bio);
}

static bool read_time(const ASN1_TIME *time, char text[CERTIFICATE_TIME_SIZE], int64_t *seconds)
{
    struct tm tm;

    if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    *seconds = timegm(&tm);
    return strftime(text, CERTIFICATE_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) != 0;
}

int certificate_read(const uint8_t *data, size_t size, struct certificate *c)
{
    const unsigned char *end = data;
    X509 *x = size && size <= CERTIFICATE_MAX ? d2i_X509(NULL, &end, (long)size) : NULL;

    *c = (struct certificate){0};
    if (!x || end != data + size || !read_time(X509_get0_notBefore(x), c->not_before, &c->from) ||
        !read_time(X509_get0_notAfter(x), c->not_after, &c->until)) {
        X509_free(x);
        return -1;
    }
    c->subject = name_text(X509_get_subject_name(x));
    c->issuer = name_text(X509_get_issuer_name(x));
    c->name = common_name(X509_get_subject_name(x));
    if (!c->name)
        c->name = xstrdup(c->subject);
    c->serial = serial_text(x);
    sha256_text(data, size, c->sha256);
    X509_free(x);
    return 0;
}

void certificate_free(struct certificate *c)
{
    free(c->subject);
    free(c->issuer);
    free(c->name);
    free(c->serial);
    *c = (struct certificate){0};
}

int certificate_der(const char *path, const uint8_t *data, size_t size, uint8_t **der,
                    size_t *der_size, struct failure *f)
{
    struct certificate c;
    int result = -1;

    if (size > CERTIFICATE_MAX)
        return fail(f, "%s: too large for a certificate (found %zu bytes, expected at most %zu)",
                    path, size, CERTIFICATE_MAX);
    if (certificate_read(data, size, &c) == 0) {
        certificate_free(&c);
        *der = xmalloc(size);
        memcpy(*der, data, size);
        *der_size = size;
        return 0;
    }
    BIO *bio = BIO_new_mem_buf(data, (int)size);
    X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    unsigned char *bytes = NULL;
    int length = x ? i2d_X509(x, &bytes) : -1;
    if (length <= 0) {
        fail(f, "%s: not a certificate, neither DER nor PEM", path);
    } else {
        *der = xmalloc((size_t)length);
        memcpy(*der, bytes, (size_t)length);
        *der_size = (size_t)length;
        result = 0;
    }
    OPENSSL_free(bytes);
    X509_free(x);
    BIO_free(bio);
    return result;
}
