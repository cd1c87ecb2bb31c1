/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared memory between a handler and its host, and the messages in it, for the handler and for
 * the test that is its host. All of it belongs to the host, who may write there what it wants to.
 */
#ifndef HANDLER_CHANNEL_H
#define HANDLER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANNEL_SIZE (4u << 20)
#define RING_SIZE (1u << 20)

enum channel_role { ROLE_SOURCE, ROLE_TARGET };

enum channel_command {
    COMMAND_NONE,
    COMMAND_MOVE, /* to a source: move the guest */
    COMMAND_RESUME, /* to a source: the target's host has stopped it, and the guest had not run there */
    COMMAND_GIVE_UP, /* to a target */
};

enum channel_state {
    STATE_NONE,
    STATE_RUNS,     /* the guest runs here */
    STATE_SENDS,    /* it runs and is being sent */
    STATE_PAUSED,   /* it is paused, and may be resumed */
    STATE_GIVEN_UP, /* it is paused, and may not */
    STATE_WAITS,    /* no guest; a target without a session */
    STATE_RECEIVES,
    STATE_READY,    /* it holds all that CPU lists */
    STATE_NO_RANDOM /* the CPU has no RDRAND: no session can be begun */
};

struct ring {
    uint64_t written, read; /* bytes since ever */
    uint8_t unused[48];
};

struct channel {
    /* The host writes these. */
    uint32_t role, command, patience; /* milliseconds */
    uint32_t unused[13];
    /* The handler says these. */
    uint32_t state, sessions, rounds, resumed;
    uint32_t not_sealed; /* messages that were not sealed with the session's key, or changed */
    uint32_t overtaken;  /* pages that were not newer than the one in place */
    uint32_t not_for_us; /* pages outside the guest's memory, HELLOs of another handler, ... */
    uint32_t missing;    /* of the pages that CPU lists, as of the last message */
    uint64_t pages;      /* sent, or taken, in this session */
    uint64_t place, place_size, memory;
    uint32_t taken_last; /* type of the last message that was accepted */
    uint8_t unused_2[60];
    struct ring out, in; /* from the handler, and to it */
};

static inline uint8_t *ring_bytes(volatile struct channel *c, const volatile struct ring *r)
{
    return (uint8_t *)(uintptr_t)c + (r == &c->out ? RING_SIZE : 2 * RING_SIZE);
}

/* --- messages ---------------------------------------------------------------------------------- */

enum message_type {
    MESSAGE_HELLO = 1,
    MESSAGE_ANSWER,
    MESSAGE_PAGE,
    MESSAGE_CPU,
    MESSAGE_READY,
    MESSAGE_COMMIT,
    MESSAGE_DONE,
    MESSAGE_ABORT
};
enum message_direction { TO_TARGET, TO_SOURCE };

/* Type, direction, 2 bytes of zero, length of the contents (4), number (8); contents; seal (16). */
#define MESSAGE_HEADER 16
#define MESSAGE_SEAL 16
/* 256 MiB of memory. */
#define MAX_PAGES 65536
#define MAX_CONTENTS (4096 + 8 + 8 * MAX_PAGES)
#define MAX_MESSAGE (MESSAGE_HEADER + MAX_CONTENTS + MESSAGE_SEAL)

static inline uint64_t get_le(const uint8_t *from, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | from[bytes];
    return value;
}

static inline void put_le(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (; bytes--; value >>= 8)
        *to++ = (uint8_t)value;
}

/* --- rings ---------------------------------------------------------------------------------------- */

static inline void ring_copy_in(volatile struct channel *c, volatile struct ring *r, uint64_t at,
                                const void *from, size_t length)
{
    size_t offset = at % RING_SIZE,
           first = length < RING_SIZE - offset ? length : RING_SIZE - offset;

    __builtin_memcpy(ring_bytes(c, r) + offset, from, first);
    __builtin_memcpy(ring_bytes(c, r), (const uint8_t *)from + first, length - first);
}

static inline void ring_copy_out(volatile struct channel *c, volatile struct ring *r, uint64_t at,
                                 void *to, size_t length)
{
    size_t offset = at % RING_SIZE,
           first = length < RING_SIZE - offset ? length : RING_SIZE - offset;

    __builtin_memcpy(to, ring_bytes(c, r) + offset, first);
    __builtin_memcpy((uint8_t *)to + first, ring_bytes(c, r), length - first);
}

/* Puts a whole message in; false: there is no room yet. */
static inline bool ring_put(volatile struct channel *c, volatile struct ring *r,
                            const uint8_t *message, size_t length)
{
    uint64_t written = r->written;

    if (written - r->read > RING_SIZE || length > RING_SIZE - (written - r->read))
        return false;
    ring_copy_in(c, r, written, message, length);
    __sync_synchronize();
    r->written = written + length;
    return true;
}

/* Takes a whole message of at most MAX_MESSAGE bytes out, and is its length; 0: there is none.
 * What cannot be a message empties the ring. */
static inline size_t ring_take(volatile struct channel *c, volatile struct ring *r,
                               uint8_t *message)
{
    uint64_t read = r->read, there = r->written - read;
    size_t length;

    if (there < MESSAGE_HEADER)
        return 0;
    __sync_synchronize();
    ring_copy_out(c, r, read, message, MESSAGE_HEADER);
    length = get_le(message + 4, 4);
    if (there > RING_SIZE || length > MAX_CONTENTS) {
        r->read = read + there;
        return 0;
    }
    length += MESSAGE_HEADER + MESSAGE_SEAL;
    if (there < length)
        return 0;
    ring_copy_out(c, r, read + MESSAGE_HEADER, message + MESSAGE_HEADER, length - MESSAGE_HEADER);
    __sync_synchronize();
    r->read = read + length;
    return length;
}

#endif
