/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must not stay when this process ends before its time: the temporary files and directories of
 * outputs that are being written. A signal that ends the process removes them, and so does
 * exit(). What SIGKILL or a crash of the machine leaves, the next write of that output takes over.
 */
#ifndef OUTPUTS_LEFTOVER_H
#define OUTPUTS_LEFTOVER_H

/* Called once, before anything is written. SIGINT, SIGTERM, SIGHUP and SIGQUIT, where they are not
 * ignored, and the signals of a crash clean up and then end the process as they always do; SIGXFSZ
 * and SIGPIPE are ignored, so that the write fails and says why. A library that calls exit() has
 * no answer: the status is then 2. */
void leftovers_begin(void);

/* There is an answer: exit() comes from main(). */
void leftovers_end(void);

/* What may write into the places that are removed: where a signal ends the process, `end` is called
 * first, in the handler. NULL: nothing does any more. */
void leftovers_wait_for(void (*end)(void));

/* Between the two, signals that end the process wait: what is made there is added before one comes. */
void leftovers_hold(void);
void leftovers_go_on(void);

/* From now on `path`, a file or a directory with all that is in it, is removed at an early end. The
 * number is for leftover_keep(); -1 where no more are taken, or the path is too long. */
int leftover_add(const char *path);

/* The path is gone, or is to stay. Does nothing for -1. */
void leftover_keep(int number);

#endif
