/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/xen_variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/extract.h"
#include "flash/inject.h"
#include "inputs/file.h"
#include "inputs/xen_memory.h"
#include "outputs/child.h"
#include "outputs/file.h"

/* What a child writes: a text of why not, or what it made. */
enum { MADE, NOT_MADE, NO_ANSWER };

static int say_why_not(int fd, const struct failure *f)
{
    return write_all(fd, f, sizeof *f) == 0 ? NOT_MADE : NO_ANSWER;
}

/* 0 with the bytes that the child made, or -1 with the failure that it had. */
static int run_child(struct child *child, struct child_result *r, struct failure *f)
{
    if (child_run(child, r, f) != 0)
        return -1;
    if (r->status == MADE)
        return 0;
    if (r->status == NOT_MADE && r->size == sizeof *f) {
        memcpy(f, r->output, sizeof *f);
        /* It is a stranger by then. */
        f->what[sizeof f->what - 1] = '\0';
        f->hint[sizeof f->hint - 1] = '\0';
    } else {
        fail(f, "no answer from the process that reads it (exit status %d)", r->status);
    }
    child_result_free(r);
    return -1;
}

/* --- out of a domain -------------------------------------------------------------------------- */

static int write_found(int fd, const struct extracted *e, const char *name)
{
    struct failure f;
    uint64_t count = e->store.count;

    if (!e->found) {
        fail(&f, "%s: no variables found in the domain's memory", name);
        fail_hint(&f, "They are there once the firmware has started.");
        return say_why_not(fd, &f);
    }
    if (!e->store.data) {
        fail(&f, "%s: %zu variable%s will not fit a store of %s", name, e->store.left_count,
             PLURAL(e->store.left_count), e->store.layout->name);
        return say_why_not(fd, &f);
    }
    return write_all(fd, &count, sizeof count) == 0 &&
                   write_all(fd, e->store.data, e->store.size) == 0
               ? MADE
               : NO_ANSWER;
}

static int read_domain(void *arg, int fd)
{
    const unsigned *id = arg;
    struct guest_memory memory;
    struct extracted e;
    struct failure f;
    char name[32];
    int status;

    snprintf(name, sizeof name, "domain %u", *id);
    if (xen_memory_begin(CHILD_KEPT, *id, name, &memory, &f) != 0)
        return say_why_not(fd, &f);
    if (extract_store(&memory, &e, &f) != 0) {
        status = say_why_not(fd, &f);
    } else {
        status = write_found(fd, &e, name);
        extracted_free(&e);
    }
    guest_memory_close(&memory);
    return status;
}

int xen_variables_read(unsigned id, struct xen_variables *v, struct failure *f)
{
    int fd = xen_memory_connect(id, f), result = -1;
    struct child child = {.work = read_domain,
                          .arg = &id,
                          .keep = {fd},
                          .is_nobody = true,
                          .output_max = sizeof v->count + FLASH_FILE_MAX,
                          .seconds = XEN_EXTRACT_SECONDS};
    struct child_result r;

    *v = (struct xen_variables){0};
    if (fd >= 0 && run_child(&child, &r, f) == 0) {
        if (r.size > sizeof v->count) {
            memcpy(&v->count, r.output, sizeof v->count);
            v->size = r.size - sizeof v->count;
            v->store = xmalloc(v->size);
            memcpy(v->store, r.output + sizeof v->count, v->size);
            result = 0;
        } else {
            fail(f, "domain %u: the process that reads it returned nothing", id);
        }
        child_result_free(&r);
    }
    if (fd >= 0)
        close(fd);
    return result;
}

/* --- into an image ---------------------------------------------------------------------------- */

struct making {
    const char *firmware_path, *store_path;
    uint8_t *firmware, *store; /* the child's copies */
    size_t firmware_size, store_size;
};

static int refuse_firmware(int fd, const struct flash_image *image)
{
    struct failure f;

    if (image->kind != FLASH_COMBINED)
        fail(&f, "%s: not a combined image of firmware (found %s)", image->path,
             flash_kind_text(image));
    else
        fail(&f,
             "%s: this firmware does not read the store inside its image: a domain that starts "
             "with it loses its variables",
             image->path);
    fail_hint(&f, "'romcompat flash inspect' shows which firmware does; --firmware, or "
                  "bios_path_override in the configuration, names it.");
    return say_why_not(fd, &f);
}

static int make_image(void *arg, int fd)
{
    struct making *m = arg;
    struct flash_image firmware, store;
    struct injected in;
    struct failure f;
    int status = MADE;

    flash_take(m->firmware_path, m->firmware, m->firmware_size, &firmware);
    if (firmware.kind != FLASH_COMBINED || !firmware.reads_own_store)
        return refuse_firmware(fd, &firmware);
    uint8_t nv_vars = firmware.nv_vars;
    if (!m->store)
        return write_all(fd, &nv_vars, sizeof nv_vars) == 0 ? MADE : NO_ANSWER;
    flash_take(m->store_path, m->store, m->store_size, &store);
    if (inject_store(&store, &firmware, &in, &f) != 0)
        return say_why_not(fd, &f);
    if (!in.image) {
        fail(&f, "%s: %zu variable%s will not fit the store of %s", m->store_path,
             in.converted.left_count, PLURAL(in.converted.left_count), m->firmware_path);
        return say_why_not(fd, &f);
    }
    if (write_all(fd, &nv_vars, sizeof nv_vars) != 0 || write_all(fd, in.image, in.size) != 0)
        status = NO_ANSWER;
    injected_free(&in);
    return status;
}

int xen_variables_image(const char *firmware, const char *path, struct xen_image *image,
                        struct failure *f)
{
    struct making m = {.firmware_path = firmware, .store_path = path};
    struct child child = {.work = make_image,
                          .arg = &m,
                          .is_nobody = true,
                          .output_max = 1 + FLASH_FILE_MAX,
                          .seconds = XEN_INJECT_SECONDS};
    struct child_result r;
    int result = -1;

    *image = (struct xen_image){0};
    if (read_file(firmware, FLASH_FILE_MAX, &m.firmware, &m.firmware_size, f) == 0 &&
        (!path || read_file(path, FLASH_FILE_MAX, &m.store, &m.store_size, f) == 0))
        result = run_child(&child, &r, f);
    free(m.firmware);
    free(m.store);
    if (result != 0)
        return -1;
    if (!r.size || (path && r.size < 2)) {
        child_result_free(&r);
        return fail(f, "%s: the process that reads it returned nothing", firmware);
    }
    image->nv_vars = r.output[0] != 0;
    image->size = r.size - 1;
    image->bytes = xmalloc(image->size + 1);
    memcpy(image->bytes, r.output + 1, image->size);
    child_result_free(&r);
    return 0;
}
