/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one module that starts processes: another program, or a function of this one that may
 * crash, hang or be led astray by what it reads.
 *
 * A child is never alone: a supervisor between it and us is the parent of all that it leaves
 * behind (PR_SET_CHILD_SUBREAPER), also of what called setsid(), and ends all of it when the
 * child has ended, when a limit is reached, and when this process ends in whatever way.
 */
#ifndef OUTPUTS_CHILD_H
#define OUTPUTS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "outputs/cage.h"

#define CHILD_KEEP_MAX 32    /* descriptors that a child gets beside the first ones */
#define CHILD_KEPT 4         /* the number of the first of them in work() */
#define CHILD_INPUT_MAX 4096 /* bytes of input (PIPE_BUF of Linux) */
#define CHILD_MESSAGE_MAX 4096
#define CHILD_MEMORY_MAX ((size_t)4 << 30) /* bytes; a QEMU that is asked reserves 2 GiB */
#define CHILD_CHANNELS_MAX 2
/* AddressSanitizer has terabytes of address space for what it knows of memory: no limit there. */
#if defined(__SANITIZE_ADDRESS__) /* gcc's; clang has the other */
#define CHILD_HAS_NO_LIMIT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHILD_HAS_NO_LIMIT 1
#endif
#endif
#ifndef CHILD_HAS_NO_LIMIT
#define CHILD_HAS_NO_LIMIT 0
#endif

/* A descriptor of the caller's through which it talks with the child while that runs. */
struct child_channel {
    int fd;
    short events; /* of poll(); 0: no channel */
    /* Called when one of them, or an end, is there; returns those to wait for next, 0: none any
     * more. The descriptor goes on belonging to the caller, who may have closed it then. */
    short (*ready)(void *arg, int fd);
    void *arg;
};

struct child {
    /* A program, found in PATH, in the C locale... */
    const char *const *argv;
    /* ...or, where that is NULL, work(arg, fd), which writes its output to `fd` and returns its
     * exit status, 0 to 127. */
    int (*work)(void *arg, int fd);
    void *arg;

    const char *const *environment; /* NAME=VALUE beside what this process has, or NULL */
    const char *input;              /* standard input, or NULL for none */
    /* Descriptors, 0: none; all others are closed. A program has them under their own numbers,
     * work() as CHILD_KEPT, CHILD_KEPT + 1 and so on. */
    int keep[CHILD_KEEP_MAX];
    struct child_channel channels[CHILD_CHANNELS_MAX];
    /* It can gain no rights, has CHILD_MEMORY_MAX of address space, is locked down
     * (outputs/lockdown.h), and where we are root, it runs as user and group nobody. */
    bool is_nobody;
    /* And yet takes the memory of a guest, may use KVM, and may end by a signal as well. */
    bool has_guest;
    /* It must not be interrupted: it ends by itself, whatever becomes of this process, and
     * `seconds` is how long it is listened to. Daemons that it leaves behind go on; they must not
     * hold its standard output. */
    bool is_left_alone;
    /* With is_nobody, and only for work(): it may still read every file (CAP_DAC_READ_SEARCH of
     * capabilities(7)), and write none. */
    bool reads_all;
    size_t output_max; /* bytes */
    unsigned seconds;
};

struct child_result {
    uint8_t *output; /* with a NUL behind the last byte; child_result_free() */
    size_t size;
    int status;                      /* exit status; has_guest: or 128 + the signal it ended by */
    char message[CHILD_MESSAGE_MAX]; /* the beginning of its standard error */
};

/* 0 with *result where the child ended by itself, whatever its exit status. -1 where it could
 * not be started (errno is then the reason, ENOENT for a program that is not installed; it is 0
 * for all other failures), ended by a signal, wrote more than `output_max` bytes or was not done
 * after `seconds`. */
int child_run(const struct child *child, struct child_result *result, struct failure *f);

/* From now on programs are run in the cage, which goes on belonging to the caller; NULL: no more. */
void child_set_cage(const struct cage *cage);

void child_result_free(struct child_result *result);

/* The same, where a status other than 0 is a failure, too, which then has the first line of `message`. */
int child_succeed(const struct child *child, struct child_result *result, struct failure *f);

/* What a program that succeeds writes to standard output; free() it. NULL: failed. */
char *child_output(const char *const *argv, size_t output_max, unsigned seconds, struct failure *f);

#endif
