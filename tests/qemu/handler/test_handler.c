/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest is moved by the handler inside it (romcompat-handler(7), a demonstration): two guests with
 * the driver of driver.c, and this program as their hosts and as the network between them, which
 * belongs to an attacker. Environment: ROMCOMPAT_QEMU as for all scenarios; below handler/ stands
 * there what build-handler made, below firmware/ Debian 12's OVMF.
 */
#include "../guest.h"
#include "channel.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MEMORY (64u << 20)
#define WAIT_SECONDS 900
#define LONG_ENOUGH 3600000 /* milliseconds: no answer is late before the test says so */

/* A guest, and its host's end of the shared memory. */
struct side {
    struct guest *guest;
    volatile struct channel *c;
    const char *serial;
    size_t said; /* bytes of the serial line that belong to what went before */
};

enum fate { DELIVERED, LOST };

struct network {
    struct stage *s;
    struct side *from, *to;
    /* Sees each message on its way and may change it; NULL: all are delivered. */
    enum fate (*attack)(struct network *n, uint8_t *message, size_t length);
    uint8_t kept[MAX_MESSAGE];
    size_t kept_length;
    uint32_t seen[MESSAGE_ABORT + 1], touched;
};

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t length_of(const char *path)
{
    FILE *f = fopen(path, "r");
    long length = f && !fseek(f, 0, SEEK_END) ? ftell(f) : 0;

    if (f)
        fclose(f);
    return (size_t)length;
}

/* The whole file as text of the scenario. */
static const char *text_in(struct stage *s, const char *path)
{
    size_t length = length_of(path);
    char *bytes = calloc(1, length + 1);
    FILE *f = fopen(path, "r");
    const char *text = "";

    if (!bytes || !f || fread(bytes, 1, length, f) != length)
        went_wrong(s, "%s cannot be read", path);
    else
        text = text_of(s, "%s", bytes);
    if (f)
        fclose(f);
    free(bytes);
    return text;
}

/* --- two guests ---------------------------------------------------------------------------------- */

static void begin(struct stage *s, struct side *side, const char *name, enum channel_role role,
                  const char *cpu, const char *secret)
{
    const char *qemu = getenv("ROMCOMPAT_QEMU");
    const char *path = text_of(s, "%s/%s.shm", work_directory(s), name);
    static int number;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    void *memory = MAP_FAILED;

    if (is_wrong(s))
        return;
    if (fd >= 0 && !ftruncate(fd, CHANNEL_SIZE))
        memory = mmap(NULL, CHANNEL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (memory == MAP_FAILED) {
        went_wrong(s, "%s: no shared memory", path);
        return;
    }
    side->c = memory;
    side->c->role = role;
    side->c->patience = LONG_ENOUGH;
    write_file(s, text_of(s, "%s.secret", name), secret);
    number = strcmp(name, "here") ? number + 1 : 1;
    side->serial = text_of(s, "%s/%d-qemu-system-x86_64.serial", work_directory(s), number);
    side->said = 0;
    side->guest = start(
        s, "/usr/bin/qemu-system-x86_64",
        "running -M q35 -cpu %s -smp 2 -drive "
        "if=pflash,format=raw,readonly=on,file=%s/firmware/bookworm/usr/share/OVMF/OVMF_CODE_4M.fd "
        "-object memory-backend-file,id=shm,size=4M,mem-path=%s.shm,share=on "
        "-device ivshmem-plain,memdev=shm,romfile=%s/handler.rom "
        "-fw_cfg name=opt/org.romcompat/handler-secret,file=%s.secret -kernel "
        "%s/program.efi",
        cpu, qemu, name, qemu, name, qemu);
}

#define SECRET "0123456789abcdef0123456789abcdef"

static void wait_state(struct stage *s, struct side *side, enum channel_state state)
{
    for (double limit = seconds() + WAIT_SECONDS; !is_wrong(s) && side->c->state != (uint32_t)state;
         rest())
        if (seconds() > limit)
            went_wrong(s, "%s: state %u, expected %d", side->serial, side->c->state, (int)state);
}

static void begin_both(struct network *n, const char *cpu)
{
    begin(n->s, n->from, "here", ROLE_SOURCE, cpu, SECRET);
    begin(n->s, n->to, "there", ROLE_TARGET, cpu, SECRET);
    if (is_wrong(n->s))
        return;
    wait_serial(n->s, n->from->guest, "ROMCOMPAT-PROGRAM", WAIT_SECONDS);
    wait_serial(n->s, n->from->guest, "n 3\n", WAIT_SECONDS);
    wait_state(n->s, n->to, STATE_WAITS);
}

/* --- the network ------------------------------------------------------------------------------------ */

static void deliver(struct network *n, struct side *side, const uint8_t *message, size_t length)
{
    for (double limit = seconds() + WAIT_SECONDS; !ring_put(side->c, &side->c->in, message, length);
         rest())
        if (is_wrong(n->s) || seconds() > limit) {
            went_wrong(n->s, "%s takes no message", side->serial);
            return;
        }
}

/* Carries what is waiting; false: nothing was. */
static bool carry(struct network *n)
{
    static uint8_t message[MAX_MESSAGE];
    struct side *sides[] = {n->from, n->to};
    bool carried = false;

    for (int i = 0; i < 2; i++) {
        size_t length = sides[i]->c ? ring_take(sides[i]->c, &sides[i]->c->out, message) : 0;

        if (!length)
            continue;
        carried = true;
        if (message[0] <= MESSAGE_ABORT)
            n->seen[message[0]]++;
        if (!n->attack || n->attack(n, message, length) == DELIVERED)
            deliver(n, sides[1 - i], message, length);
    }
    return carried;
}

static void carry_until(struct network *n, struct side *side, enum channel_state state)
{
    for (double limit = seconds() + WAIT_SECONDS; !is_wrong(n->s);) {
        if (side->c->state == (uint32_t)state)
            return;
        if (carry(n))
            continue;
        rest();
        if (seconds() > limit)
            went_wrong(n->s, "%s: state %u, expected %d (the other's: %u)", side->serial,
                       side->c->state, (int)state,
                       side == n->from ? n->to->c->state : n->from->c->state);
    }
}

/* Until one of the target's counts is so. */
static void carry_until_count(struct network *n, const char *what, const volatile uint32_t *count,
                              uint32_t expected)
{
    for (double limit = seconds() + WAIT_SECONDS; !is_wrong(n->s) && *count != expected;) {
        if (carry(n))
            continue;
        rest();
        if (seconds() > limit)
            went_wrong(n->s, "%s: %u, expected %u", what, *count, expected);
    }
}

static void move(struct network *n, enum fate (*attack)(struct network *, uint8_t *, size_t))
{
    if (is_wrong(n->s))
        return;
    memset(n->seen, 0, sizeof(n->seen));
    n->touched = 0;
    n->attack = attack;
    n->from->c->command = COMMAND_MOVE;
}

static void expect_count(struct network *n, const char *what, uint64_t found, uint64_t expected)
{
    if (!is_wrong(n->s) && found != expected)
        went_wrong(n->s, "%s: %llu, expected %llu", what, (unsigned long long)found,
                   (unsigned long long)expected);
}

/* --- what the guest says ---------------------------------------------------------------------------- */

/* "n 1", "n 2", ... without a gap, up to where it was cut off; their count. */
static unsigned long expect_in_a_row(struct stage *s, const char *text)
{
    const char *at = strstr(text, "n 1\n");
    unsigned long number = 0;

    if (!at && !is_wrong(s))
        went_wrong(s, "the guest counts from another number: %.100s", text);
    while (at && strchr(at, '\n')) {
        char expected[32];
        int length = snprintf(expected, sizeof(expected), "n %lu\n", number + 1);

        if (strncmp(at, expected, (size_t)length)) {
            went_wrong(s, "after %lu the guest said: %.40s", number, at);
            return number;
        }
        number++;
        at += length;
    }
    return number;
}

static void expect_counts_on(struct network *n, struct side *side)
{
    size_t before = length_of(side->serial);

    for (double limit = seconds() + WAIT_SECONDS; !is_wrong(n->s); rest()) {
        if (length_of(side->serial) > before + 40 && !strstr(text_in(n->s, side->serial), "BROKEN"))
            break;
        if (seconds() > limit || strstr(text_in(n->s, side->serial), "BROKEN"))
            went_wrong(n->s, "%s: the guest does not go on", side->serial);
    }
}

/* --- what is in memory -------------------------------------------------------------------------------- */

static uint8_t *dump(struct network *n, struct side *side, const char *name)
{
    const char *path = text_of(n->s, "%s/%s", work_directory(n->s), name);
    uint8_t *bytes = MAP_FAILED;
    int fd;

    qmp(n->s, side->guest, "stop", NULL);
    qmp(n->s, side->guest, "pmemsave", "{\"val\": 0, \"size\": %u, \"filename\": \"%s\"}", MEMORY,
        path);
    qmp(n->s, side->guest, "cont", NULL);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        bytes = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        close(fd);
    }
    if (bytes == MAP_FAILED) {
        went_wrong(n->s, "%s cannot be read", path);
        return NULL;
    }
    /* Neither the handler nor, below 1 MiB, what a PC has there of devices and ROMs. */
    memset(bytes + side->c->place, 0, side->c->place_size);
    memset(bytes + 0xa0000, 0, 0x60000);
    return bytes;
}

static const char *digest(struct stage *s, const uint8_t *bytes)
{
    unsigned char d[32];
    const char *text = "";

    if (!EVP_Digest(bytes, MEMORY, d, NULL, EVP_sha256(), NULL))
        went_wrong(s, "no SHA-256");
    for (unsigned i = 0; i < sizeof(d); i++)
        text = text_of(s, "%s%02x", text, d[i]);
    return text;
}

/* The source has given the guest up, the target has not yet started it. */
static void expect_same_memory(struct network *n)
{
    uint8_t *a = NULL, *b = NULL;

    if (is_wrong(n->s))
        return;
    if (n->from->c->place != n->to->c->place || n->from->c->place_size != n->to->c->place_size)
        went_wrong(n->s, "the handlers lie at different places");
    a = dump(n, n->from, "from.ram");
    b = dump(n, n->to, "to.ram");
    if (!is_wrong(n->s)) {
        const char *x = digest(n->s, a), *y = digest(n->s, b);

        printf("# SHA-256 of the memory outside the handler: %s, %s\n", x, y);
        if (strcmp(x, y)) {
            size_t i = 0;

            while (a[i] == b[i])
                i++;
            went_wrong(n->s, "memory differs from 0x%zx on", i);
        }
    }
    if (a)
        munmap(a, MEMORY);
    if (b)
        munmap(b, MEMORY);
    unlink(text_of(n->s, "%s/from.ram", work_directory(n->s)));
    unlink(text_of(n->s, "%s/to.ram", work_directory(n->s)));
}

/* --- attacks ---------------------------------------------------------------------------------------------- */

static enum fate hold_commit(struct network *n, uint8_t *message, size_t length)
{
    (void)n;
    (void)length;
    return message[0] == MESSAGE_COMMIT ? LOST : DELIVERED;
}

static enum fate lose_first_done(struct network *n, uint8_t *message, size_t length)
{
    (void)length;
    return message[0] == MESSAGE_DONE && n->seen[MESSAGE_DONE] == 1 ? LOST : DELIVERED;
}

/* --- scenarios ------------------------------------------------------------------------------------------------ */

/* Moves the guest, compares memory, lets it run there; the numbers so far come out of `numbers`. */
static void move_whole(struct network *n, const char **numbers)
{
    size_t there;

    if (is_wrong(n->s))
        return;
    move(n, hold_commit);
    carry_until(n, n->from, STATE_GIVEN_UP);
    carry_until(n, n->to, STATE_READY);
    expect_same_memory(n);
    *numbers = text_of(n->s, "%s%s", *numbers, text_in(n->s, n->from->serial) + n->from->said);
    n->from->said = length_of(n->from->serial);
    n->to->said = there = length_of(n->to->serial);
    n->attack = lose_first_done;
    carry_until(n, n->to, STATE_RUNS);
    expect_counts_on(n, n->to);
    carry_until(n, n->from, STATE_WAITS);
    expect_count(n, "DONE", n->seen[MESSAGE_DONE] >= 2, true);
    expect_count(n, "bytes that the source said since", length_of(n->from->serial), n->from->said);
    printf("# %u rounds, %llu pages\n", n->from->c->rounds, (unsigned long long)n->from->c->pages);
}

static void play_move(struct stage *s, const void *data)
{
    struct side here = {.c = NULL}, there = {.c = NULL};
    struct network n = {.s = s, .from = &here, .to = &there};
    const char *numbers = "";
    unsigned long before, after;

    begin_both(&n, data);
    move_whole(&n, &numbers);
    before = expect_in_a_row(s, numbers);
    /* And back: all that came is complete enough to be moved again. */
    n.from = &there;
    n.to = &here;
    move_whole(&n, &numbers);
    numbers = text_of(s, "%s%s", numbers, is_wrong(s) ? "" : text_in(s, here.serial) + here.said);
    after = expect_in_a_row(s, numbers);
    expect_serial_lacks(s, here.guest, "BROKEN");
    expect_serial_lacks(s, there.guest, "BROKEN");
    printf("# the guest counted to %lu, then, elsewhere and back, to %lu\n", before, after);
}

/* A page of the first round that the guest does not write: its message. */
#define ONE_PAGE 1000

static enum fate keep_one(struct network *n, uint8_t *message, size_t length)
{
    if (message[0] != MESSAGE_PAGE || n->seen[MESSAGE_PAGE] != ONE_PAGE)
        return DELIVERED;
    memcpy(n->kept, message, length);
    n->kept_length = length;
    n->touched++;
    return LOST;
}

static enum fate change_one(struct network *n, uint8_t *message, size_t length)
{
    if (keep_one(n, message, length) == LOST)
        message[MESSAGE_HEADER + 2000] ^= 1;
    return DELIVERED;
}

static enum fate replay_instead_of_newer(struct network *n, uint8_t *message, size_t length)
{
    struct side *to = n->to;
    unsigned first_round = (MEMORY - 0x60000 - (unsigned)to->c->place_size) / 4096;

    if (keep_one(n, message, length) == DELIVERED && message[0] == MESSAGE_PAGE &&
        n->seen[MESSAGE_PAGE] > first_round)
        memcpy(message, n->kept, n->kept_length);
    return DELIVERED;
}

static enum fate replay_one(struct network *n, uint8_t *message, size_t length)
{
    keep_one(n, message, length);
    if (message[0] == MESSAGE_CPU)
        deliver(n, n->to, n->kept, n->kept_length);
    return message[0] == MESSAGE_READY ? LOST : DELIVERED;
}

/* And what was kept of an earlier session before it. */
static enum fate delay_one(struct network *n, uint8_t *message, size_t length)
{
    if (message[0] == MESSAGE_PAGE && n->seen[MESSAGE_PAGE] == 1)
        deliver(n, n->to, n->kept, n->kept_length);
    return message[0] == MESSAGE_COMMIT ? LOST : keep_one(n, message, length);
}

/* No answer comes any more: the source gives this move up, and the guest counts on. */
static void expect_source_resumes(struct network *n)
{
    uint32_t resumed = is_wrong(n->s) ? 0 : n->from->c->resumed;

    if (is_wrong(n->s))
        return;
    n->from->c->patience = 0;
    carry_until(n, n->from, STATE_RUNS);
    carry_until(n, n->to, STATE_WAITS);
    n->from->c->patience = LONG_ENOUGH;
    expect_count(n, "resumed", n->from->c->resumed, resumed + 1);
    expect_counts_on(n, n->from);
    expect_in_a_row(n->s, is_wrong(n->s) ? "n 1\n" : text_in(n->s, n->from->serial));
}

/* The target has CPU, lacks a page, and is not ready. */
static void expect_refused(struct network *n, const char *what,
                           enum fate (*attack)(struct network *, uint8_t *, size_t),
                           uint32_t not_sealed)
{
    uint32_t before = is_wrong(n->s) ? 0 : n->to->c->not_sealed;

    move(n, attack);
    carry_until(n, n->to, STATE_RECEIVES);
    carry_until_count(n, "the target's last message", &n->to->c->taken_last, MESSAGE_CPU);
    for (double limit = seconds() + WAIT_SECONDS; !is_wrong(n->s) && !n->to->c->missing; rest())
        if (seconds() > limit)
            went_wrong(n->s, "no page is missing");
    if (is_wrong(n->s))
        return;
    expect_count(n, "state", n->to->c->state, STATE_RECEIVES);
    expect_count(n, "messages that were not sealed", n->to->c->not_sealed - before, not_sealed);
    expect_count(n, "touched", n->touched, 1);
    printf("# %s: %u missing, %u overtaken\n", what, n->to->c->missing, n->to->c->overtaken);
    expect_source_resumes(n);
}

static void play_attacks(struct stage *s, const void *data)
{
    struct side here = {.c = NULL}, there = {.c = NULL}, stranger = {.c = NULL};
    struct network n = {.s = s, .from = &here, .to = &there};
    uint32_t before;

    begin_both(&n, data);
    expect_refused(&n, "a page that was changed", change_one, 1);
    expect_refused(&n, "a page that was left out", keep_one, 0);
    expect_refused(&n, "old pages in the place of newer ones", replay_instead_of_newer, 0);

    /* An old page changes nothing; a source that hears no READY resumes. */
    before = is_wrong(s) ? 0 : there.c->overtaken;
    move(&n, replay_one);
    carry_until(&n, &there, STATE_READY);
    expect_count(&n, "overtaken", is_wrong(s) ? 0 : there.c->overtaken - before, 1);
    expect_source_resumes(&n);

    /* Another secret: there is no session, and the guest is not paused. */
    begin(s, &stranger, "stranger", ROLE_TARGET, data, "another secret, of 32 bytes, too");
    wait_state(s, &stranger, STATE_WAITS);
    n.to = &stranger;
    move(&n, NULL);
    if (!is_wrong(s))
        carry_until_count(&n, "messages that were not sealed", &stranger.c->not_sealed, 1);
    expect_count(&n, "sessions", is_wrong(s) ? 0 : stranger.c->sessions, 0);
    if (!is_wrong(s))
        here.c->patience = 0;
    wait_state(s, &here, STATE_RUNS);
    expect_counts_on(&n, &here);
    stop(s, stranger.guest);
    if (is_wrong(s))
        return;
    here.c->patience = LONG_ENOUGH;

    /* A page that comes after CPU is in time, and one of an earlier session in none. */
    n.to = &there;
    before = there.c->not_sealed;
    move(&n, delay_one);
    carry_until_count(&n, "missing", &there.c->missing, 1);
    expect_count(&n, "messages that were not sealed", there.c->not_sealed - before, 1);
    deliver(&n, &there, n.kept, n.kept_length);
    carry_until(&n, &here, STATE_GIVEN_UP);
    expect_same_memory(&n);

    /* The target dies before it has heard COMMIT. The source has given the guest up: it waits for
     * its host's word, whatever the time. */
    stop(s, there.guest);
    here.c->patience = 0;
    carry_until_count(&n, "COMMITs", &n.seen[MESSAGE_COMMIT], n.seen[MESSAGE_COMMIT] + 3);
    expect_count(&n, "state", here.c->state, STATE_GIVEN_UP);
    here.c->command = COMMAND_RESUME;
    wait_state(s, &here, STATE_RUNS);
    expect_counts_on(&n, &here);
    expect_in_a_row(s, is_wrong(s) ? "n 1\n" : text_in(s, here.serial));
    expect_serial_lacks(s, here.guest, "BROKEN");
}

/* One CPU has AVX, saved by XSAVE, the other has not. */
int main(int argc, char **argv)
{
    static const struct scenario scenarios[] = {
        {"a guest moves to another host and back, the same in memory and CPU, and counts on",
         play_move, "max"},
        {"a page that is changed, replayed or missing is refused, and the source resumes the guest",
         play_attacks, "max,-avx"},
    };

    return PLAY(scenarios, argc, argv);
}
