/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handler.h"

#include "cpu.h"
#include "machine.h"

#include <string.h>

/* HELLO: nonce, end of memory, the handler's place and its size, CPUs, digest of the code. */
#define HELLO_MEMORY 32
#define HELLO_PLACE 40
#define HELLO_SIZE 48
#define HELLO_CPUS 56
#define HELLO_CODE 60
#define HELLO_LENGTH 92

/* A guest that writes faster than it is sent is paused after so many rounds, or when so few pages
 * were dirty in the last one. */
#define MAX_ROUNDS 2
#define FEW_PAGES 64
/* A COMMIT is said again after so many milliseconds. */
#define COMMIT_AGAIN 250

static struct handler_setup us;
static volatile struct channel *host;
static bool guest_is_here, in_session;
static enum message_direction sends;
static uint64_t next_number;
static uint8_t hello[MESSAGE_HEADER + HELLO_LENGTH];
static uint8_t outgoing[MAX_MESSAGE], incoming[MAX_MESSAGE];
/* Of each page the message in which it was sent, or from which it was put in place; 0: none. */
static uint64_t numbers[MAX_PAGES];
static uint64_t listed[MAX_PAGES];              /* by CPU */
static uint8_t digests[MAX_PAGES][DIGEST_SIZE]; /* of each page as it was sent */
static const uint8_t no_nonce[NONCE_SIZE];

void handler_prepare(const struct handler_setup *setup)
{
    us = *setup;
    host = us.channel;
    host->place = us.place;
    host->place_size = us.place_size;
    host->memory = us.memory;
    host->state = STATE_NONE;
}

void handler_runs_guest(void)
{
    guest_is_here = true;
}

/* Memory of the guest outside the handler. Between 640 KiB and 1 MiB a PC has devices and ROMs. */
static bool is_guests(uint64_t page)
{
    uint64_t address = page * PAGE;

    return address < us.memory && !(address >= 0xa0000 && address < 0x100000) &&
           !(address >= us.place && address < us.place + us.place_size);
}

static uint8_t *page_at(uint64_t page)
{
    uint8_t *address = (uint8_t *)(uintptr_t)(page * PAGE);

    __asm__("" : "+r"(address)); /* page 0 is memory like any other */
    return address;
}

/* --- messages ------------------------------------------------------------------------------- */

static uint8_t *contents_of(uint8_t *message)
{
    return message + MESSAGE_HEADER;
}

/* The host may change its mind about how long that is. */
static bool is_late(uint64_t since)
{
    return cpu_milliseconds() - since >= host->patience;
}

/* Sends what stands in `outgoing`; false: the host took no message in time. */
static bool send_sealed(enum message_type type, uint32_t length, uint32_t open, const void *with,
                        size_t with_length)
{
    uint64_t since = cpu_milliseconds();

    outgoing[0] = (uint8_t)type;
    outgoing[1] = (uint8_t)sends;
    put_le(outgoing + 2, 0, 2);
    put_le(outgoing + 4, length, 4);
    put_le(outgoing + 8, next_number++, 8);
    if (type == MESSAGE_HELLO)
        memcpy(hello, outgoing, sizeof(hello));
    seal_close(outgoing, open, with, with_length);
    while (!ring_put(host, &host->out, outgoing, MESSAGE_HEADER + length + MESSAGE_SEAL)) {
        if (is_late(since))
            return false;
        cpu_rest();
    }
    return true;
}

static bool send(enum message_type type, uint32_t length)
{
    return send_sealed(type, length, 0, NULL, 0);
}

static bool take_message(void)
{
    return ring_take(host, &host->in, incoming) > 0;
}

/* Type of the next message, if there is one and it is of this session, or 0. */
static enum message_type receive(void)
{
    if (!take_message())
        return 0;
    if (!in_session || incoming[1] == sends || incoming[0] <= MESSAGE_ANSWER ||
        !seal_open(incoming, 0, NULL, 0)) {
        host->not_sealed++;
        return 0;
    }
    host->taken_last = incoming[0];
    return incoming[0];
}

static void begin_with(const uint8_t source[NONCE_SIZE], const uint8_t target[NONCE_SIZE])
{
    seal_session(source, target);
    memset(numbers, 0, sizeof(numbers));
    in_session = true;
    host->sessions++;
    host->pages = 0;
    host->missing = 0;
}

static bool take_command(enum channel_command command)
{
    if (host->command != (uint32_t)command)
        return false;
    host->command = COMMAND_NONE;
    return true;
}

/* --- source ------------------------------------------------------------------------------------- */

static bool say_hello(void)
{
    uint8_t *c = contents_of(outgoing);
    uint64_t since;

    in_session = false;
    sends = TO_TARGET;
    next_number = 0;
    if (!random_bytes(c, NONCE_SIZE)) {
        host->state = STATE_NO_RANDOM;
        return false;
    }
    put_le(c + HELLO_MEMORY, us.memory, 8);
    put_le(c + HELLO_PLACE, us.place, 8);
    put_le(c + HELLO_SIZE, us.place_size, 8);
    put_le(c + HELLO_CPUS, 1, 4);
    memcpy(c + HELLO_CODE, us.code, DIGEST_SIZE);
    seal_session(c, no_nonce);
    if (!send_sealed(MESSAGE_HELLO, HELLO_LENGTH, HELLO_LENGTH, NULL, 0))
        return false;
    for (since = cpu_milliseconds(); !is_late(since); cpu_rest()) {
        if (!take_message())
            continue;
        if (incoming[0] == MESSAGE_ANSWER && incoming[1] == TO_SOURCE &&
            get_le(incoming + 4, 4) == NONCE_SIZE) {
            begin_with(contents_of(hello), contents_of(incoming));
            if (seal_open(incoming, NONCE_SIZE, hello, sizeof(hello)))
                return true;
            in_session = false;
        }
        host->not_sealed++;
    }
    return false;
}

/* Sends a page that is not as it was sent. */
static bool send_changed(uint64_t page, uint64_t *count)
{
    uint8_t *c = contents_of(outgoing), digest[DIGEST_SIZE];

    /* The guest may be writing: what is looked at, and sent, is one copy. */
    put_le(c, page * PAGE, 8);
    memcpy(c + 8, page_at(page), PAGE);
    seal_digest(c + 8, PAGE, digest);
    if (numbers[page] && !memcmp(digest, digests[page], DIGEST_SIZE))
        return true;
    memcpy(digests[page], digest, DIGEST_SIZE);
    numbers[page] = next_number;
    ++*count;
    host->pages++;
    return send(MESSAGE_PAGE, 8 + PAGE);
}

/* One round over all pages; false: it is to be aborted. */
static bool send_round(uint64_t *count)
{
    *count = 0;
    for (uint64_t page = 0; page < us.memory / PAGE; page++)
        if (is_guests(page) && (!send_changed(page, count) || receive() == MESSAGE_ABORT))
            return false;
    host->rounds++;
    return true;
}

static bool pause_guest(void)
{
    uint64_t since = cpu_milliseconds();

    cpu_pause();
    while (!cpu_is_paused()) {
        if (is_late(since))
            return false;
        cpu_rest();
    }
    return true;
}

static bool send_cpu(void)
{
    uint8_t *c = contents_of(outgoing);
    uint64_t pages = us.memory / PAGE;

    memcpy(c, &cpu, CPU_SIZE);
    put_le(c + CPU_SIZE, pages, 8);
    memcpy(c + CPU_SIZE + 8, numbers, pages * 8);
    return send(MESSAGE_CPU, (uint32_t)(CPU_SIZE + 8 + pages * 8));
}

static bool is_ready(void)
{
    uint64_t since = cpu_milliseconds();

    while (!is_late(since)) {
        enum message_type type = receive();

        if (type == MESSAGE_READY)
            return true;
        if (type == MESSAGE_ABORT)
            return false;
        if (!type)
            cpu_rest();
    }
    return false;
}

/* After this the source alone cannot go back. True: the guest runs on the target. */
static bool give_up(void)
{
    host->state = STATE_GIVEN_UP;
    for (;;) {
        uint64_t limit = cpu_milliseconds() + COMMIT_AGAIN;

        send(MESSAGE_COMMIT, 0);
        while (cpu_milliseconds() < limit) {
            if (receive() == MESSAGE_DONE)
                return true;
            if (take_command(COMMAND_RESUME))
                return false;
            cpu_rest();
        }
    }
}

static void move(void)
{
    uint64_t count = 0;

    host->rounds = 0;
    host->state = STATE_SENDS;
    if (!say_hello())
        return;
    for (int round = 0; round < MAX_ROUNDS; round++)
        if (!send_round(&count))
            goto aborted;
        else if (round && count < FEW_PAGES)
            break;
    if (!pause_guest())
        goto aborted;
    host->state = STATE_PAUSED;
    if (send_round(&count) && send_cpu() && is_ready() && give_up()) {
        guest_is_here = false;
        return;
    }
aborted:
    send(MESSAGE_ABORT, 0);
    in_session = false;
    host->resumed++;
    cpu_resume();
}

static void be_source(void)
{
    while (guest_is_here) {
        if (host->state != STATE_NO_RANDOM)
            host->state = STATE_RUNS;
        if (take_command(COMMAND_MOVE))
            move();
        else if (receive() == MESSAGE_COMMIT)
            send(MESSAGE_DONE, 0); /* the first one was lost */
        else
            cpu_rest();
    }
}

/* --- target --------------------------------------------------------------------------------------- */

static bool has_cpu, ready;

static void take_hello(void)
{
    const uint8_t *c = contents_of(incoming);
    uint8_t *nonce = contents_of(outgoing);

    if (incoming[0] != MESSAGE_HELLO || incoming[1] != TO_TARGET ||
        get_le(incoming + 4, 4) != HELLO_LENGTH) {
        host->not_sealed++;
        return;
    }
    seal_session(c, no_nonce);
    if (!seal_open(incoming, HELLO_LENGTH, NULL, 0)) {
        host->not_sealed++;
        return;
    }
    if (get_le(c + HELLO_MEMORY, 8) != us.memory || get_le(c + HELLO_PLACE, 8) != us.place ||
        get_le(c + HELLO_SIZE, 8) != us.place_size || get_le(c + HELLO_CPUS, 4) != 1 ||
        memcmp(c + HELLO_CODE, us.code, DIGEST_SIZE)) {
        host->not_for_us++;
        return;
    }
    if (!random_bytes(nonce, NONCE_SIZE)) {
        host->state = STATE_NO_RANDOM;
        return;
    }
    memcpy(hello, incoming, sizeof(hello));
    begin_with(c, nonce);
    has_cpu = ready = false;
    next_number = 0;
    host->state = STATE_RECEIVES;
    if (!send_sealed(MESSAGE_ANSWER, NONCE_SIZE, NONCE_SIZE, hello, sizeof(hello)))
        in_session = false;
}

/* False: a message that no source of ours would send. */
static bool take_page(void)
{
    const uint8_t *c = contents_of(incoming);
    uint64_t number = get_le(incoming + 8, 8), address;

    if (get_le(incoming + 4, 4) != 8 + PAGE)
        return false;
    address = get_le(c, 8);
    if (address % PAGE || !is_guests(address / PAGE))
        return false;
    if (number <= numbers[address / PAGE]) {
        host->overtaken++;
        return true;
    }
    memcpy(page_at(address / PAGE), c + 8, PAGE);
    numbers[address / PAGE] = number;
    host->pages++;
    return true;
}

static bool take_cpu(void)
{
    const uint8_t *c = contents_of(incoming);
    uint64_t pages = us.memory / PAGE;

    if (get_le(incoming + 4, 4) != CPU_SIZE + 8 + pages * 8 || get_le(c + CPU_SIZE, 8) != pages)
        return false;
    if (has_cpu)
        return true;
    memcpy(&cpu, c, CPU_SIZE);
    memcpy(listed, c + CPU_SIZE + 8, pages * 8);
    has_cpu = true;
    return true;
}

static bool is_complete(void)
{
    uint32_t missing = 0;

    for (uint64_t page = 0; page < us.memory / PAGE; page++)
        missing += numbers[page] != listed[page];
    host->missing = missing;
    return !missing;
}

/* One message of the session; false: the session is over. */
static bool take_from_source(void)
{
    enum message_type type = receive();
    bool valid = true;

    if (!type && !ready && take_command(COMMAND_GIVE_UP))
        valid = false;
    else if (!type)
        cpu_rest();
    else if (type == MESSAGE_ABORT)
        return false;
    else if (type == MESSAGE_COMMIT && ready) {
        guest_is_here = true;
        cpu_resume();
        host->state = STATE_RUNS;
        send(MESSAGE_DONE, 0);
    } else if (type == MESSAGE_PAGE && !ready)
        valid = take_page();
    else if (type == MESSAGE_CPU && !ready)
        valid = take_cpu();
    if (!valid) {
        host->not_for_us++;
        send(MESSAGE_ABORT, 0);
        return false;
    }
    if ((type == MESSAGE_PAGE || type == MESSAGE_CPU) && has_cpu && !ready && is_complete()) {
        ready = true;
        host->state = STATE_READY;
        send(MESSAGE_READY, 0);
    }
    return true;
}

static void be_target(void)
{
    sends = TO_SOURCE;
    in_session = false;
    host->state = STATE_WAITS;
    while (!guest_is_here) {
        if (in_session) {
            /* A target that starts anew is another one. */
            if (!take_from_source()) {
                in_session = false;
                host->state = STATE_WAITS;
            }
        } else if (take_message())
            take_hello();
        else
            cpu_rest();
    }
}

void handler_main(void)
{
    for (;;) {
        if (guest_is_here)
            be_source();
        else
            be_target();
    }
}
