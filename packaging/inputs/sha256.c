/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/hex.h"
#include "base/memory.h"

enum { SUM_SIZE = 32, READ_SIZE = 128 * 1024 };

struct sha256 {
    EVP_MD_CTX *context;
};

static void must(bool succeeded)
{
    if (!succeeded)
        give_up("libcrypto cannot compute checksums on this machine");
}

static const EVP_MD *algorithm(void)
{
    static const EVP_MD *found;

    if (!found) {
        /* A plain digest needs nothing of openssl.cnf, and reading it takes
         * longer than the sums of a whole package of ROMs. */
        must(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL));
        found = EVP_sha256();
        must(found != NULL);
    }
    return found;
}

struct sha256 *sha256_new(void)
{
    struct sha256 *s = xmalloc(sizeof *s);

    s->context = EVP_MD_CTX_new();
    must(s->context && EVP_DigestInit_ex(s->context, algorithm(), NULL));
    return s;
}

void sha256_add(struct sha256 *s, const void *data, size_t size)
{
    if (size)
        must(EVP_DigestUpdate(s->context, data, size));
}

void sha256_finish(struct sha256 *s, char hex[SHA256_TEXT_SIZE])
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    must(EVP_DigestFinal_ex(s->context, sum, &length) && length == SUM_SIZE);
    hex_encode(sum, SUM_SIZE, hex);
    sha256_free(s);
}

void sha256_free(struct sha256 *s)
{
    if (s) {
        EVP_MD_CTX_free(s->context);
        free(s);
    }
}

void sha256_text(const void *data, size_t size, char hex[SHA256_TEXT_SIZE])
{
    struct sha256 *s = sha256_new();

    sha256_add(s, data, size);
    sha256_finish(s, hex);
}

void md5_text(const void *data, size_t size, char hex[MD5_TEXT_SIZE])
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    must(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL));
    must(EVP_Digest(data, size, sum, &length, EVP_md5(), NULL) && length == MD5_TEXT_SIZE / 2);
    hex_encode(sum, length, hex);
}

int sha256_of_file(const char *path, char hex[SHA256_TEXT_SIZE], uint64_t *size, struct failure *f)
{
    struct sha256 *s = NULL;
    uint8_t *buffer = NULL;
    uint64_t total = 0;
    int result = -1;
    struct stat st;

    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    if (fstat(fd, &st) < 0) {
        fail(f, "%s: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode)) {
        fail(f, "%s: not a regular file", path);
        goto out;
    }
    s = sha256_new();
    buffer = xmalloc(READ_SIZE);
    for (;;) {
        ssize_t n = read(fd, buffer, READ_SIZE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(f, "%s: %s", path, strerror(errno));
            goto out;
        }
        if (n == 0)
            break;
        sha256_add(s, buffer, (size_t)n);
        total += (uint64_t)n;
    }
    sha256_finish(s, hex);
    s = NULL;
    if (size)
        *size = total;
    result = 0;
out:
    sha256_free(s);
    free(buffer);
    close(fd);
    return result;
}

bool sha256_is_text(const char *text)
{
    return strspn(text, "0123456789abcdef") == SHA256_TEXT_SIZE - 1 &&
           text[SHA256_TEXT_SIZE - 1] == '\0';
}
