/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/sha256.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/memory.h"
#include "inputs/crypto.h"
#include "inputs/file.h"

enum { READ_SIZE = 128 * 1024 };

struct sha256 {
    struct digest *sum;
};

struct sha256 *sha256_new(void)
{
    struct sha256 *s = xmalloc(sizeof *s);

    s->sum = digest_new(DIGEST_SHA256);
    return s;
}

void sha256_add(struct sha256 *s, const void *data, size_t size)
{
    digest_add(s->sum, data, size);
}

void sha256_finish(struct sha256 *s, char hex[SHA256_TEXT_SIZE])
{
    uint8_t sum[SHA256_SIZE];

    digest_take(s->sum, sum);
    hex_encode(sum, sizeof sum, hex);
    sha256_free(s);
}

void sha256_free(struct sha256 *s)
{
    if (s) {
        digest_free(s->sum);
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
    struct digest *d = digest_new(DIGEST_MD5);
    uint8_t sum[MD5_SIZE];

    digest_add(d, data, size);
    digest_take(d, sum);
    digest_free(d);
    hex_encode(sum, sizeof sum, hex);
}

int sha256_of_file(const char *path, char hex[SHA256_TEXT_SIZE], uint64_t *size, struct failure *f)
{
    uint64_t length, total = 0;
    int fd = open_file(path, &length, f);
    ssize_t n;

    if (fd < 0)
        return -1;
    struct sha256 *s = sha256_new();
    uint8_t *buffer = xmalloc(READ_SIZE);
    while ((n = read(fd, buffer, READ_SIZE)) > 0 || (n < 0 && errno == EINTR)) {
        if (n < 0)
            continue;
        sha256_add(s, buffer, (size_t)n);
        total += (uint64_t)n;
    }
    if (n < 0) {
        fail(f, "%s: %s", path, strerror(errno));
        sha256_free(s);
    } else {
        sha256_finish(s, hex);
        if (size)
            *size = total;
    }
    free(buffer);
    close(fd);
    return n < 0 ? -1 : 0;
}

bool sha256_is_text(const char *text)
{
    return strspn(text, "0123456789abcdef") == SHA256_TEXT_SIZE - 1 &&
           text[SHA256_TEXT_SIZE - 1] == '\0';
}
