/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of sessions, and messages sealed with them: AES-256-GCM, HKDF and SHA-256 by BearSSL. */
#ifndef HANDLER_SEAL_H
#define HANDLER_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_SIZE 32
#define NONCE_SIZE 32
#define DIGEST_SIZE 32

/* Gives the secret that both handlers hold. */
void seal_prepare(const uint8_t secret[SECRET_SIZE]);

/* From here on messages are those of the session with these two nonces. */
void seal_session(const uint8_t source[NONCE_SIZE], const uint8_t target[NONCE_SIZE]);

/*
 * Seals a message, whose header stands in it, in place: the first `open` bytes after the header are
 * only vouched for, the others hidden too. `with` are bytes that both sides know and that the seal
 * vouches for as well.
 */
void seal_close(uint8_t *message, size_t open, const void *with, size_t with_length);
/* The reverse. False: the message was not sealed so; its contents are then worth nothing. */
bool seal_open(uint8_t *message, size_t open, const void *with, size_t with_length);

void seal_digest(const void *bytes, size_t length, uint8_t digest[DIGEST_SIZE]);

#endif
