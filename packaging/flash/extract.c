/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/extract.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/live_store.h"

static void pass(struct extracted *h, uint64_t address, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void pass(struct extracted *h, uint64_t address, const char *format, ...)
{
    va_list args;

    if (h->passed_count < EXTRACTED_PASSED_MAX) {
        struct extracted_passed *p = &h->passed[h->passed_count];

        p->address = address;
        va_start(args, format);
        vsnprintf(p->why, sizeof p->why, format, args);
        va_end(args);
    }
    h->passed_count++;
}

/* Two reads in a row that are the same are one state of the volume, which firmware keeps
 * whole at any moment: it writes as if the power could go. */
static int read_still(struct guest_memory *m, uint64_t address, uint8_t *bytes, size_t n,
                      unsigned *reads, struct failure *f)
{
    struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    bool same = !m->runs;

    if (m->read(m, address, bytes, n, f) != 0)
        return -1;
    *reads = 1;
    uint8_t *again = same ? NULL : xmalloc(n);
    while (!same && *reads < EXTRACT_READS_MAX) {
        if (m->read(m, address, again, n, f) != 0) {
            free(again);
            return -1;
        }
        ++*reads;
        same = memcmp(bytes, again, n) == 0;
        if (!same) {
            memcpy(bytes, again, n);
            nanosleep(&pause, NULL);
        }
    }
    free(again);
    if (same)
        return 0;
    fail(f,
         "%s: the guest writes to its variables all the time (the volume at 0x%" PRIx64
         " was different in each of %d reads)",
         m->name, address, EXTRACT_READS_MAX);
    return fail_hint(f, "Pause the guest, or try again.");
}

static void take(struct extracted *h, uint64_t address, struct flash_image *volume,
                 const struct varstore_layout *layout)
{
    char text[FV_DEFECT_TEXT_MAX];
    const struct varstore *s = &volume->store;
    struct failure why;
    struct live_store live;

    if (!volume->has_store || s->volume.defect != FV_SOUND)
        pass(h, address, "%s", fv_defect_text(&s->volume, volume->size, text));
    else if (!s->sound)
        pass(h, address, "no sound store in it");
    else if (live_store_open(volume, &live, &why) != 0)
        pass(h, address, "%s", why.what);
    else {
        size_t count = live.store->live_count;

        live_store_close(&live);
        if (!count)
            pass(h, address, "a store without variables");
        else if (h->found)
            pass(h, address, "another store, with %zu variable%s", count, PLURAL(count));
        else if (convert_to_layout(volume, layout, &h->store, &why) != 0)
            pass(h, address, "%s", why.what);
        else {
            h->found = true;
            h->address = address;
            h->volume = *volume;
            *volume = (struct flash_image){0};
        }
    }
}

/* --- a flash device ------------------------------------------------------------------- */

/* What a backup has: the whole device. */
static void take_flash(struct extracted *h, uint64_t address, uint64_t length, bool code_follows,
                       struct flash_image *volume)
{
    const struct varstore *s = &volume->store;
    struct live_store live;
    struct failure why;

    if (live_store_open(volume, &live, &why) != 0) {
        pass(h, address, "%s", why.what);
        return;
    }
    struct converted *c = &h->store;
    *c = (struct converted){.layout = s->layout,
                            .size = (size_t)(code_follows ? volume->size : length),
                            .count = live.store->live_count,
                            .bytes = live.store->live_bytes,
                            .replayed = live.replayed};
    c->data = xcalloc(c->size, 1);
    memcpy(c->data, live.data, volume->size);
    live_store_close(&live);
    h->found = true;
    h->in_flash = true;
    h->address = address;
    h->volume = *volume;
    *volume = (struct flash_image){0};
}

/* What a device answers that is just being written to: its status, ready or not, for each byte
 * or word (QEMU hw/block/pflash_cfi01.c, pflash_read() and pflash_blk_write_start()). */
static bool is_status(const uint8_t header[FV_HEADER_MIN])
{
    bool ready = false;

    for (size_t i = 0; i < FV_HEADER_MIN; i++) {
        if (header[i] != header[i % 4] || (header[i] && header[i] != 0x80))
            return false;
        ready |= header[i] != 0;
    }
    return ready;
}

/* 1 with the length of the volume that the device begins with, 0 without, or -1. */
static int await_volume(struct guest_memory *m, uint64_t address, uint64_t *length,
                        struct failure *f)
{
    struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    uint8_t header[FV_HEADER_MIN];
    int others = 0;

    for (int i = 0; i < EXTRACT_WAITS_MAX && others < EXTRACT_READS_MAX; i++) {
        if (m->read(m, address, header, sizeof header, f) != 0)
            return -1;
        if (fv_begins_nv(header, length))
            return 1;
        if (fv_begins_code(header))
            return 0;
        others += !is_status(header);
        nanosleep(&pause, NULL);
    }
    if (others == EXTRACT_READS_MAX)
        return 0;
    fail(f, "%s: the guest writes to its flash device at 0x%" PRIx64 " all the time", m->name,
         address);
    return fail_hint(f, "Try again while it runs; its store can be read when the write has ended.");
}

static int examine_flash(struct guest_memory *m, uint64_t address, uint64_t room,
                         struct extracted *h, struct failure *f)
{
    struct flash_image volume = {0};
    uint8_t behind[FV_HEADER_MIN];
    uint64_t length;
    bool code = false;
    int there = await_volume(m, address, &length, f);

    if (there <= 0)
        return there;
    if (!varstore_layout_of(length, 0) || length > room) {
        pass(h, address, "a volume of an unknown length (0x%" PRIx64 ") in flash", length);
        return 0;
    }
    if (room - length >= FV_HEADER_MIN) {
        if (m->read(m, address + length, behind, sizeof behind, f) != 0)
            return -1;
        code = fv_begins_code(behind);
    }
    /* Twice the same status is no content. */
    for (int i = 0; i < EXTRACT_READS_MAX && !volume.has_store; i++) {
        uint64_t again;

        flash_close(&volume);
        there = await_volume(m, address, &again, f);
        if (there < 0 || (there && again != length))
            return there < 0 ? -1
                             : fail(f, "%s: its flash device at 0x%" PRIx64 " became another",
                                    m->name, address);
        uint8_t *bytes = xmalloc((size_t)length);
        if (read_still(m, address, bytes, (size_t)length, &h->reads, f) != 0) {
            free(bytes);
            return -1;
        }
        flash_take(m->name, bytes, (size_t)length, &volume);
    }
    take_flash(h, address, room, code, &volume);
    flash_close(&volume);
    return 0;
}

/* --- RAM ---------------------------------------------------------------------------------- */

/* 1 when the memory is there, 0 when it is not, or -1. */
static int read_header(struct guest_memory *m, uint64_t address, uint8_t header[FV_HEADER_MIN],
                       struct failure *f)
{
    if (!memory_map_has(&m->map, address, FV_HEADER_MIN))
        return 0;
    return m->read(m, address, header, FV_HEADER_MIN, f) == 0 ? 1 : -1;
}

/* A volume that was cleaned up has a copy of itself, now old, in its spare area
 * (FaultTolerantWriteDxe writes there first). 1, 0, or -1. */
static int is_spare_area(struct guest_memory *m, uint64_t address,
                         const struct varstore_layout *layout, struct failure *f)
{
    uint8_t header[FV_HEADER_MIN];
    uint64_t length;
    int there =
        address < layout->spare_at ? 0 : read_header(m, address - layout->spare_at, header, f);

    return there <= 0 ? there : fv_begins_nv(header, &length) && length == layout->volume_length;
}

/* The image that the guest was started from stands in its memory as well, right below 4 GiB
 * (Xen tools/firmware/hvmloader/ovmf.c, ovmf_load(); QEMU's pc.bios): what it was started
 * with. There, and in a copy of it in the page cache, code follows the store. 1, 0, or -1. */
static int is_in_image(struct guest_memory *m, uint64_t address,
                       const struct varstore_layout *layout, struct failure *f)
{
    uint8_t header[FV_HEADER_MIN];
    int there = read_header(m, address + layout->volume_length, header, f);

    return there <= 0 ? there : fv_begins_code(header);
}

static int examine(struct guest_memory *m, uint64_t address, uint64_t length, struct extracted *h,
                   struct failure *f)
{
    const struct varstore_layout *layout = varstore_layout_of(length, 0);
    struct flash_image volume;
    unsigned reads;

    if (!layout) {
        pass(h, address, "a volume of an unknown length (0x%" PRIx64 ")", length);
        return 0;
    }
    if (!memory_map_has(&m->map, address, length)) {
        pass(h, address, "a truncated volume");
        return 0;
    }
    int spare = is_spare_area(m, address, layout, f), image = is_in_image(m, address, layout, f);
    if (spare < 0 || image < 0)
        return -1;
    if (image) {
        pass(h, address, "the store of a combined image: code follows it");
        return 0;
    }
    if (spare) {
        pass(h, address, "the spare area of the volume at 0x%" PRIx64, address - layout->spare_at);
        return 0;
    }
    uint8_t *bytes = xmalloc((size_t)length);
    if (read_still(m, address, bytes, (size_t)length, &reads, f) != 0) {
        free(bytes);
        return -1;
    }
    if (m->lacks && m->lacks(m, address, length)) {
        free(bytes);
        pass(h, address, "a truncated volume");
        return 0;
    }
    flash_take(m->name, bytes, (size_t)length, &volume);
    bool had = h->found;
    take(h, address, &volume, layout);
    if (h->found && !had)
        h->reads = reads;
    flash_close(&volume);
    return 0;
}

/* Looks at the pages of [from, to), the highest first. */
static int search_window(struct guest_memory *m, uint64_t from, uint64_t to, uint8_t *window,
                         struct extracted *h, struct failure *f)
{
    uint64_t page = (to - 1) & ~(uint64_t)(MEMORY_PAGE - 1), length;

    if (m->is_hole && m->is_hole(m, from, (size_t)(to - from)))
        return 0;
    if (m->read(m, from, window, (size_t)(to - from), f) != 0)
        return -1;
    for (; page >= from && page < to; page -= MEMORY_PAGE) {
        const uint8_t *bytes = window + (page - from);

        if (to - page >= FV_HEADER_MIN && fv_begins_nv(bytes, &length) &&
            examine(m, page, length, h, f) != 0)
            return -1;
        if ((h->found && m->runs) || page < MEMORY_PAGE)
            return 0;
    }
    return 0;
}

int extract_store(struct guest_memory *m, struct extracted *h, struct failure *f)
{
    uint8_t *window = xmalloc(m->at_once);
    int result = 0;

    *h = (struct extracted){0};
    for (size_t i = 0; i < m->flash.count && result == 0 && !h->found; i++)
        result = examine_flash(m, m->flash.list[i].address, m->flash.list[i].length, h, f);
    for (size_t i = h->found ? 0 : m->map.count; i > 0 && result == 0; i--) {
        const struct memory_range *r = &m->map.ranges[i - 1];
        uint64_t to = r->address + r->length;

        while (result == 0 && to > r->address && !(h->found && m->runs)) {
            /* Windows end where whole ones do, so that no header is cut in two. */
            uint64_t from = (to - 1) / m->at_once * m->at_once;

            if (from < r->address)
                from = r->address;
            result = search_window(m, from, to, window, h, f);
            to = from;
        }
    }
    free(window);
    if (result != 0)
        extracted_free(h);
    return result;
}

void extracted_free(struct extracted *h)
{
    flash_close(&h->volume);
    converted_free(&h->store);
    *h = (struct extracted){0};
}
