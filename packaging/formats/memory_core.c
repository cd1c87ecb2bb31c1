/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/memory_core.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

enum { ELF_CORE = 4, LOAD = 1, PN_XNUM = 0xffff };

/* Offsets in ELF headers, of 32 and of 64 bits. */
struct elf_form {
    size_t header, phoff, shoff, phentsize, shnames;
    size_t segment, p_offset, p_address, p_file_size, p_size;
    size_t section, s_offset, s_size, s_info;
};
static const struct elf_form elf_forms[2] = {
    {52, 28, 32, 42, 50, 32, 4, 12, 16, 20, 40, 16, 20, 28},
    {64, 32, 40, 54, 62, 56, 8, 24, 32, 40, 64, 24, 32, 44},
};

struct elf {
    const struct core_source *source;
    const struct elf_form *form;
    bool is_64;
    uint64_t phoff, shoff;
    uint32_t phnum, shnum, names;
};

static int read_at(const struct core_source *s, uint64_t offset, void *to, size_t n,
                   const char *what, struct failure *f)
{
    if (offset > s->size || n > s->size - offset)
        return fail(f, "%s: past the end of the file (found offset 0x%" PRIx64 ")", what, offset);
    return s->read(s->context, offset, to, n, f);
}

static uint64_t load_word(const struct elf *e, const uint8_t *p)
{
    return e->is_64 ? load_le64(p) : load_le32(p);
}

/* As much of it as the file has. False when there are too many. */
static bool add_range(struct core *core, const struct core_source *s, uint64_t address,
                      uint64_t length, uint64_t offset)
{
    uint64_t there = offset < s->size ? s->size - offset : 0;

    if (length > there) {
        core->cut = true;
        length = there;
    }
    return memory_map_add(&core->map, address, length, offset);
}

static int too_many(struct failure *f)
{
    return fail(f, "more ranges of memory than are read (expected at most %" PRIu64 ")",
                (uint64_t)MEMORY_RANGES_MAX);
}

/* --- ELF ------------------------------------------------------------------------------------ */

static int read_elf_header(const struct core_source *source, struct elf *e, struct failure *f)
{
    uint8_t h[64] = {0};

    if (read_at(source, 0, h, sizeof h < source->size ? sizeof h : (size_t)source->size,
                "ELF header", f) != 0)
        return -1;
    *e = (struct elf){.source = source, .is_64 = h[4] == 2};
    if (h[4] != 1 && h[4] != 2)
        return fail(f, "ELF header: class %u is not valid (expected 1 or 2)", h[4]);
    e->form = &elf_forms[e->is_64];
    if (source->size < e->form->header)
        return fail(f, "ELF header: cut off (found %" PRIu64 " bytes)", source->size);
    if (h[5] != 1)
        return fail(f, "ELF header: not little-endian (found byte order %u, expected 1)", h[5]);
    if (load_le16(h + 16) != ELF_CORE)
        return fail(f, "ELF header: not a core (found type %u, expected %d)", load_le16(h + 16),
                    ELF_CORE);
    e->phoff = load_word(e, h + e->form->phoff);
    e->shoff = load_word(e, h + e->form->shoff);
    const uint8_t *counts = h + e->form->phentsize;
    e->phnum = load_le16(counts + 2);
    e->shnum = load_le16(counts + 6);
    e->names = load_le16(h + e->form->shnames);
    if (e->phnum && load_le16(counts) != e->form->segment)
        return fail(f, "ELF header: wrong length of a program header (found %u, expected %zu)",
                    load_le16(counts), e->form->segment);
    if (e->shnum && load_le16(counts + 4) != e->form->section)
        return fail(f, "ELF header: wrong length of a section header (found %u, expected %zu)",
                    load_le16(counts + 4), e->form->section);
    return 0;
}

static int check_count(const char *what, uint32_t count, struct failure *f)
{
    if (count > CORE_HEADERS_MAX)
        return fail(f, "more %s than are read (found %u, expected at most %d)", what, count,
                    CORE_HEADERS_MAX);
    return 0;
}

/* The number of program headers when 16 bits do not hold it (QEMU dump/dump.c,
 * write_elf_header()). */
static int read_real_count(struct elf *e, struct failure *f)
{
    uint8_t section[64];

    if (e->phnum != PN_XNUM)
        return 0;
    if (read_at(e->source, e->shoff, section, e->form->section, "section header 0", f) != 0)
        return -1;
    e->phnum = load_le32(section + e->form->s_info);
    return 0;
}

static int read_segments(const struct elf *e, struct core *core, struct failure *f)
{
    uint8_t p[56];

    if (check_count("program headers", e->phnum, f) != 0)
        return -1;
    for (uint32_t i = 0; i < e->phnum; i++) {
        uint64_t at = (uint64_t)i * e->form->segment;

        if (at > UINT64_MAX - e->phoff)
            return fail(f, "program headers: past the end of the file");
        if (read_at(e->source, e->phoff + at, p, e->form->segment, "program headers", f) != 0)
            return -1;
        if (load_le32(p) != LOAD)
            continue;
        if (load_word(e, p + e->form->p_size) > load_word(e, p + e->form->p_file_size))
            core->kind = CORE_PARTIAL;
        if (!add_range(core, e->source, load_word(e, p + e->form->p_address),
                       load_word(e, p + e->form->p_file_size), load_word(e, p + e->form->p_offset)))
            return too_many(f);
    }
    return 0;
}

/* --- Xen's sections ------------------------------------------------------------------------- */

struct section_place {
    bool present;
    uint64_t offset, size;
};
struct xen_sections {
    struct section_place notes, pages, frames, frames_of_pv;
};

static int read_section(const struct elf *e, uint32_t index, uint32_t *name,
                        struct section_place *place, struct failure *f)
{
    uint8_t s[64];
    uint64_t at = (uint64_t)index * e->form->section;

    if (at > UINT64_MAX - e->shoff)
        return fail(f, "section headers: past the end of the file");
    if (read_at(e->source, e->shoff + at, s, e->form->section, "section headers", f) != 0)
        return -1;
    *name = load_le32(s);
    *place = (struct section_place){true, load_word(e, s + e->form->s_offset),
                                    load_word(e, s + e->form->s_size)};
    return 0;
}

static int find_sections(const struct elf *e, struct xen_sections *x, struct failure *f)
{
    char names[CORE_NAMES_MAX + 1];
    struct section_place place;
    uint32_t name;

    *x = (struct xen_sections){0};
    if (read_section(e, e->names, &name, &place, f) != 0)
        return -1;
    size_t size = place.size < CORE_NAMES_MAX ? (size_t)place.size : CORE_NAMES_MAX;
    if (read_at(e->source, place.offset, names, size, "section names", f) != 0)
        return -1;
    names[size] = '\0';
    for (uint32_t i = 0; i < e->shnum; i++) {
        if (read_section(e, i, &name, &place, f) != 0)
            return -1;
        if (name >= size)
            continue;
        if (strcmp(names + name, ".note.Xen") == 0)
            x->notes = place;
        else if (strcmp(names + name, ".xen_pages") == 0)
            x->pages = place;
        else if (strcmp(names + name, ".xen_pfn") == 0)
            x->frames = place;
        else if (strcmp(names + name, ".xen_p2m") == 0)
            x->frames_of_pv = place;
    }
    return 0;
}

/* The page size, out of the header note. */
static int read_page_size(const struct elf *e, const struct section_place *notes,
                          uint64_t *page_size, struct failure *f)
{
    enum { NOTE_HEADER = 12, NAME = 4, DUMPCORE_HEADER = 0x2000001, DESCRIPTOR = 32, PAGE_AT = 24 };
    uint8_t note[NOTE_HEADER + NAME + DESCRIPTOR];
    uint64_t at = 0;

    if (notes->size > CORE_NOTES_MAX)
        return fail(f,
                    ".note.Xen: longer than is read (found %" PRIu64 " bytes, expected at most %u)",
                    notes->size, CORE_NOTES_MAX);
    while (notes->size - at >= sizeof note) {
        if (notes->offset > UINT64_MAX - at ||
            read_at(e->source, notes->offset + at, note, sizeof note, ".note.Xen", f) != 0)
            return -1;
        uint64_t name = ((uint64_t)load_le32(note) + 3) & ~UINT64_C(3);
        uint64_t descriptor = ((uint64_t)load_le32(note + 4) + 3) & ~UINT64_C(3);

        if (load_le32(note + 8) == DUMPCORE_HEADER && name == NAME && descriptor == DESCRIPTOR &&
            memcmp(note + NOTE_HEADER, "Xen", 4) == 0) {
            *page_size = load_le64(note + NOTE_HEADER + NAME + PAGE_AT);
            if (*page_size != MEMORY_PAGE)
                return fail(f, ".note.Xen: wrong page size (found %" PRIu64 ", expected %d)",
                            *page_size, MEMORY_PAGE);
            return 0;
        }
        if (NOTE_HEADER + name + descriptor > notes->size - at)
            break;
        at += NOTE_HEADER + name + descriptor;
    }
    return fail(f, ".note.Xen: without the note that has the page size");
}

static int read_frames(const struct elf *e, const struct xen_sections *x, uint64_t page_size,
                       struct core *core, struct failure *f)
{
    enum { FRAME = 8, AT_ONCE = 1024 };
    uint8_t frames[FRAME * AT_ONCE];
    uint64_t count = x->pages.size / page_size;

    if (count > x->frames.size / FRAME)
        return fail(f,
                    ".xen_pfn: shorter than .xen_pages needs (found %" PRIu64 " bytes, expected "
                    "%" PRIu64 ")",
                    x->frames.size, count * FRAME);
    for (uint64_t i = 0; i < count; i++) {
        if (i % AT_ONCE == 0) {
            size_t n = count - i < AT_ONCE ? (size_t)(count - i) : AT_ONCE;

            if (x->frames.offset > UINT64_MAX - i * FRAME ||
                read_at(e->source, x->frames.offset + i * FRAME, frames, n * FRAME, ".xen_pfn",
                        f) != 0)
                return -1;
        }
        uint64_t frame = load_le64(frames + i % AT_ONCE * FRAME);
        /* A frame of ones has no page behind it (Xen tools, XC_CORE_INVALID_PFN). */
        if (frame >= MEMORY_TOP / page_size || x->pages.offset > UINT64_MAX - i * page_size)
            continue;
        if (!add_range(core, e->source, frame * page_size, page_size,
                       x->pages.offset + i * page_size))
            return too_many(f);
    }
    return 0;
}

static int read_xen(const struct elf *e, struct core *core, struct failure *f)
{
    struct xen_sections x;
    uint64_t page_size = 0;

    if (check_count("sections", e->shnum, f) != 0 || find_sections(e, &x, f) != 0)
        return -1;
    if (!x.pages.present || !x.notes.present)
        return fail(f, "an ELF core without memory: neither program headers nor Xen's sections");
    if (!x.frames.present)
        return fail(f, x.frames_of_pv.present
                           ? "the core of a paravirtualized Xen guest, which has no such firmware"
                           : "a core of Xen without .xen_pfn: which page is which is not known");
    core->kind = CORE_XEN;
    if (read_page_size(e, &x.notes, &page_size, f) != 0)
        return -1;
    return read_frames(e, &x, page_size, core, f);
}

static int read_elf(const struct core_source *source, struct core *core, struct failure *f)
{
    struct elf e;

    core->kind = CORE_ELF;
    if (read_elf_header(source, &e, f) != 0 || read_real_count(&e, f) != 0)
        return -1;
    return e.phnum ? read_segments(&e, core, f) : read_xen(&e, core, f);
}

/* --- all of it ------------------------------------------------------------------------------ */

/* What RAM does not begin with, and what makes a core of it. */
static const struct {
    const char *magic, *name, *fix;
} others[] = {
    {"KDUMP   ", "a compressed kdump core",
     "Make it with --format elf, or dump-guest-memory without format."},
    {"DISKDUMP", "a compressed kdump core",
     "Make it with --format elf, or dump-guest-memory without format."},
    {"makedumpfile", "a flattened kdump core",
     "Make it with --format elf, or dump-guest-memory without format."},
    {"PAGEDU", "a Windows crash dump",
     "Make it with --format elf, or dump-guest-memory without format."},
    {"LibvirtQemud", "a saved guest of libvirt",
     "virsh dump --memory-only makes a core of a running guest."},
    {"QEVM", "a migration stream of QEMU", "dump-guest-memory makes a core of a running guest."},
};

static int refuse_others(const uint8_t *head, struct failure *f)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (memcmp(head, others[i].magic, strlen(others[i].magic)) == 0) {
            fail(f, "not a core that is read here (found %s)", others[i].name);
            return fail_hint(f, "%s", others[i].fix);
        }
    }
    return 0;
}

int core_read(const struct core_source *source, struct core *core, struct failure *f)
{
    uint8_t head[16] = {0};
    size_t n = source->size < sizeof head ? (size_t)source->size : sizeof head;

    *core = (struct core){.kind = CORE_RAW};
    if (read_at(source, 0, head, n, "the first bytes", f) != 0 || refuse_others(head, f) != 0)
        return -1;
    int result = 0;
    if (memcmp(head, "\177ELF", 4) == 0)
        result = read_elf(source, core, f);
    else if (!add_range(core, source, 0, source->size, 0))
        result = too_many(f);
    if (result != 0)
        core_free(core);
    else
        memory_map_finish(&core->map);
    return result;
}

void core_free(struct core *core)
{
    memory_map_free(&core->map);
    *core = (struct core){.kind = CORE_RAW};
}

const char *core_kind_name(enum core_kind kind)
{
    static const char *const names[] = {
        [CORE_RAW] = "raw memory",
        [CORE_ELF] = "ELF core",
        [CORE_PARTIAL] = "ELF core without all of its memory, as one made with paging is",
        [CORE_XEN] = "ELF core of Xen",
    };

    return names[kind];
}
