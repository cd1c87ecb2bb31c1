/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives real QEMU processes through real migrations, over QMP.
 *
 * A scenario is a function that reads from top to bottom; the first step that goes
 * wrong is remembered with its reason, and the steps after it do nothing. So a
 * scenario needs no checks of its own:
 *
 *     struct guest *there = start(s, "stock-7.2", "-M pc -L {old} -device virtio-net-pci");
 *     struct guest *here = start(s, "patched-7.2", "-M pc -L {grown} ... -incoming defer");
 *     migrate(s, there, here);
 *     expect_block(s, here, "0000:00:02.0/virtio-net-pci.rom", 0x40000);
 *
 * When it ends, every process of the scenario is gone. Nothing waits without a limit.
 */
#ifndef TESTS_QEMU_GUEST_H
#define TESTS_QEMU_GUEST_H

#include <stdbool.h>
#include <stddef.h>

struct stage; /* one scenario while it runs: its processes, its directory, its result */
struct guest; /* one QEMU process */

struct scenario {
    const char *name; /* what it proves */
    void (*play)(struct stage *s, const void *data);
    const void *data;
};

/* Plays all scenarios, or those whose name contains one of the arguments, and
 * reports them as TAP. The result is main()'s. Environment: ROMCOMPAT_QEMU is the
 * directory that build-qemu fills. */
int play_scenarios(const struct scenario *scenarios, size_t count, int argc, char **argv);
#define PLAY(scenarios, argc, argv) \
    play_scenarios(scenarios, sizeof(scenarios) / sizeof((scenarios)[0]), argc, argv)

/* Adds a reason, unless there is one already. */
void went_wrong(struct stage *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool is_wrong(const struct stage *s);
/* This machine cannot do what the scenario is about: TAP's SKIP, with the reason. */
void cannot_be_tried(struct stage *s, const char *reason);

/* --- processes ---------------------------------------------------------------- */

/*
 * Starts bin/WHICH-x86_64 (or bin/WHICH if that names aarch64, or WHICH itself if it is
 * a path) and waits until it answers QMP. The arguments are split at blanks; then {NAME} becomes
 * the ROM directory of that name, and {work} the scenario's own directory. Every guest gets -nodefaults,
 * TCG, no display, its BIOS, and a serial line that is written to a file; and -S unless the
 * arguments say "running".
 */
struct guest *start(struct stage *s, const char *which, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for one that must not start: exit status 1 and `text` on its stderr. */
void expect_no_start(struct stage *s, const char *which, const char *text, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for one of which it is not known whether it starts: NULL where it ended, and *why is
 * all that it said. */
struct guest *try_start(struct stage *s, const char **why, const char *which, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

/* Ends a process; what it had open is released when this returns. */
void stop(struct stage *s, struct guest *g);

/* `text` stands on the process's stderr; lacks: it does not. */
void expect_said(struct stage *s, struct guest *g, const char *text);
void expect_silent(struct stage *s, struct guest *g, const char *text);

/* The scenario's own directory, and a text that lives as long as the scenario. */
const char *work_directory(const struct stage *s);
const char *text_of(struct stage *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The directory of the programs that build-qemu made; the path of the one that start(WHICH)
 * starts; and the root of the packages it comes from: "{qemu}/debian12". */
const char *bin_directory(void);
const char *program_of(struct stage *s, const char *which);
const char *base_of(struct stage *s, const char *which);
/* Writes a file below the scenario's directory; directories on the way are made. */
void write_file(struct stage *s, const char *name, const char *text);
void link_file(struct stage *s, const char *target, const char *name);
void run_program(struct stage *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- questions over QMP --------------------------------------------------------- */

/* A QMP command; `arguments` is JSON or NULL. An error answer is a failure. */
void qmp(struct stage *s, struct guest *g, const char *command, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same, but it must be refused, with `text` in the error. */
void expect_qmp_refused(struct stage *s, struct guest *g, const char *text, const char *command,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Hands over a file of the scenario's directory, to be written: "fd:NAME" then is a channel. */
void pass_file(struct stage *s, struct guest *g, const char *file, const char *name);
/* Monitor command for people; its answer lives as long as the scenario. */
const char *hmp(struct stage *s, struct guest *g, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A RAM block of this name has this length, or (0) there is none. */
void expect_block(struct stage *s, struct guest *g, const char *name, unsigned long long length);
/* Its length, or 0. */
unsigned long long block_length_of(struct stage *s, struct guest *g, const char *name);
/* A property of /machine/peripheral/ID. */
void expect_text(struct stage *s, struct guest *g, const char *id, const char *property,
                 const char *value);
void expect_number(struct stage *s, struct guest *g, const char *id, const char *property,
                   long long value);
/* query-status: "running", "paused", "prelaunch", "postmigrate", "inmigrate". */
void expect_status(struct stage *s, struct guest *g, const char *status);

/* --- migration -------------------------------------------------------------------- */

enum { POSTCOPY = 1 };

/* Moves the guest to `to`, which waits with -incoming defer; both must complete. */
void migrate(struct stage *s, struct guest *from, struct guest *to, int flags);
/* The same where it is not known what comes of it: NULL where both completed; where `to` ended,
 * all that it said. */
const char *try_migrate(struct stage *s, struct guest *from, struct guest *to, int flags);
/* `to` must end with exit status 1 and `text`, and the guest must be where it was. */
void expect_migration_refused(struct stage *s, struct guest *from, struct guest *to,
                              const char *text);
/* To and from a channel: "file:..." or "exec:...". */
void migrate_out(struct stage *s, struct guest *from, const char *uri);
void migrate_in(struct stage *s, struct guest *to, const char *uri);
/* The same where it is not known what comes of it: NULL where the guest arrived; where QEMU
 * ended, all that it said. */
const char *try_migrate_in(struct stage *s, struct guest *to, const char *uri);
void expect_migrate_in_refused(struct stage *s, struct guest *to, const char *uri,
                               const char *text);

/* --- what the guest itself does ------------------------------------------------------ */

/* `text` comes on the serial line, counted from where the last wait ended. */
void wait_serial(struct stage *s, struct guest *g, const char *text, int seconds);
/* The guest of ticker.S boots, or goes on ticking. */
void wait_boot(struct stage *s, struct guest *g);
void wait_ticks(struct stage *s, struct guest *g);
/* `text` has not come so far; to be asked after a wait. */
void expect_serial_lacks(struct stage *s, struct guest *g, const char *text);
/* system_reset; the guest boots again. */
void reset(struct stage *s, struct guest *g);
void resume(struct stage *s, struct guest *g);

#endif
