/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/enroll_journal.h"
#include "commands/varstore_enroll.h"
#include "flash/variables_json.h"
#include "inputs/file.h"
#include "inputs/lock.h"
#include "inputs/sha256.h"
#include "outputs/block_device.h"
#include "outputs/dated_copy.h"
#include "outputs/file.h"
#include "outputs/json.h"
#include "outputs/qemu_img.h"

#define TPM_NOTE                                                                                  \
    "it has, or had, a TPM: what is sealed to the state of Secure Boot (BitLocker) asks for its " \
    "recovery key at the next start"

/* What came of one store. */
struct result {
    const char *store, *word;       /* "enrolled", "complete", "lacks", "would-change", ... */
    const struct enroll_plan *plan; /* or NULL */
    char *copy;                     /* of the old one, or NULL */
    size_t garbage;                 /* bytes that were reclaimed */
    struct stat before;             /* of the file, before it was read */
};

/* --- what is said -------------------------------------------------------------------------- */

static void print_list(const char *store, enum key_list which, const struct enroll_list *list)
{
    struct text text;
    FILE *to = text_begin(&text);

    for (size_t i = 0; i < list->name_count; i++)
        fprintf(to, "%s%s", i ? ", " : "", list->names[i]);
    if (list->hashes)
        fprintf(to, "%s%zu %s", list->name_count ? ", " : "", list->hashes,
                list->hashes == 1 ? "hash" : "hashes");
    text_end(&text);
    if (which == LIST_PK && list->before)
        print_line("%s: PK replaced, new: %s", store, text.at);
    else
        print_line("%s: %s %zu -> %zu entries, new: %s", store, key_list_name(which), list->before,
                   list->after, text.at);
    free(text.at);
}

static const char *result_text(const char *word)
{
    return strcmp(word, "noted") == 0          ? "done before, according to the journal"
           : strcmp(word, "undone") == 0       ? "restored"
           : strcmp(word, "lacks") == 0        ? "lacks entries"
           : strcmp(word, "would-change") == 0 ? "would be changed"
                                               : word;
}

static void print_result(const struct result *r)
{
    if (!r->plan || !r->plan->changes) {
        print_line("%s: %s", r->store, result_text(r->word));
        return;
    }
    for (int i = 0; i < KEY_LISTS; i++) {
        if (r->plan->lists[i].data)
            print_list(r->store, (enum key_list)i, &r->plan->lists[i]);
    }
    print_line("%s: %s%s%s", r->store, result_text(r->word), r->copy ? "; the old store is " : "",
               r->copy ? r->copy : "");
    if (r->garbage)
        print_line("%s: reclaimed %zu bytes of deleted variables", r->store, r->garbage);
    if (r->plan->state == SECURE_BOOT_SETUP && !r->plan->lists[LIST_PK].data)
        print_line("%s: note: it has no PK: Secure Boot stays in setup mode", r->store);
    if (r->plan->has_tpm)
        print_line("%s: note: %s", r->store, TPM_NOTE);
}

static struct json_object *list_object(const struct enroll_list *list)
{
    struct json_object *o = json_new();

    json_add_number(o, "before", list->before);
    json_add_number(o, "after", list->after);
    json_add(o, "certificates", json_strings(list->names, list->name_count));
    json_add_number(o, "hashes", list->hashes);
    return o;
}

static struct json_object *result_object(const struct result *r, const char *error)
{
    struct json_object *o = json_new(), *lists = json_new();

    json_add_text(o, "store", r->store);
    json_add_text(o, "result", r->word);
    json_add_text(o, "error", error);
    for (int i = 0; r->plan && i < KEY_LISTS; i++) {
        if (r->plan->lists[i].data)
            json_add(lists, key_list_name((enum key_list)i), list_object(&r->plan->lists[i]));
    }
    json_add(o, "lists", lists);
    json_add_text(o, "old_store", r->copy);
    json_add_number(o, "reclaimed", r->garbage);
    json_add_flag(o, "tpm", r->plan && r->plan->has_tpm);
    return o;
}

static void say(struct enroll_run *run, const struct result *r)
{
    if (run->json)
        json_append(run->report, result_object(r, NULL));
    else
        print_result(r);
}

static int say_failed(struct enroll_run *run, const char *store, const struct failure *f)
{
    const struct result r = {.store = store, .word = "failed"};

    count_bar_clear(&run->bar);
    if (run->json)
        json_append(run->report, result_object(&r, f->what));
    return report(f);
}

int say_noted(struct enroll_run *run, const char *store)
{
    say(run, &(struct result){.store = store, .word = "noted"});
    return STATUS_YES;
}

/* --- the new file -------------------------------------------------------------------------- */

/* 1, or 0 after a line: QEMU's device has room for so many variables; or -1. */
static int json_fits(struct enroll_run *run, const char *path, const char *text, struct failure *f)
{
    struct json_variables v;

    if (variables_from_json_text(path, (const uint8_t *)text, strlen(text), &v, f) != 0)
        return -1;
    bool fits = device_storage(&v.lost.storage) <= UEFI_VARS_STORAGE_MAX;
    if (!fits) {
        count_bar_clear(&run->bar);
        complain(
            "%s: does not fit: QEMU's uefi-vars device would be out of variable memory (%" PRIu64
            " > %d)",
            path, device_storage(&v.lost.storage), UEFI_VARS_STORAGE_MAX);
    }
    json_variables_free(&v);
    return fits;
}

/* The bytes of the new file: 1; 0 where not all fits, after a line for each; or -1. */
static int make_file(struct enroll_run *run, const struct flash_image *image,
                     const struct enroll_plan *plan, uint8_t **data, size_t *size,
                     struct failure *f)
{
    struct converted c;
    int result = 1;

    if (image->kind == FLASH_JSON) {
        char *text = enroll_json(image->path, plan, f);

        result = text ? json_fits(run, image->path, text, f) : -1;
        if (result == 1) {
            *size = strlen(text);
            *data = (uint8_t *)text;
        } else {
            free(text);
        }
        return result;
    }
    if (enroll_store(image, plan, &c, f) != 0)
        return -1;
    if (!c.data) {
        count_bar_clear(&run->bar);
        for (size_t i = 0; i < c.left_count; i++)
            complain("%s: does not fit, also once deleted variables are reclaimed: %s", image->path,
                     c.left[i]);
        result = 0;
    } else if (image->qcow2) {
        if (qcow2_of_disk(image->path, c.data, c.size, data, size, f) != 0)
            result = -1;
    } else {
        *data = c.data;
        /* What is behind the store on a device is not ours. */
        *size = is_block_device(image->path) ? (size_t)c.layout->volume_length : c.size;
        c.data = NULL;
    }
    converted_free(&c);
    return result;
}

/* What the names of old copies of it begin with: its own name, or that of its path in --keep,
 * with a ! for each slash. */
static char *copy_base(const struct enroll_run *run, const char *store)
{
    if (!run->keep)
        return xstrdup(store);
    char *path = absolute_path(store);
    for (char *p = path; *p; p++)
        *p = *p == '/' && p > path ? '!' : *p;
    char *base = xasprintf("%s/%s", run->keep, path[0] == '/' ? path + 1 : path);
    free(path);
    return base;
}

/* A device is written to only where that was said, and has nothing beside it. */
static int check_device(const struct enroll_run *run, const char *store, struct failure *f)
{
    if (!is_block_device(store) || !run->writes || (run->in_place && run->keep))
        return 0;
    if (run->in_place) {
        fail(f, "%s: a block device, with no place beside it for the old store", store);
        return fail_hint(f, "--keep DIR keeps the old store in DIR.");
    }
    fail(f, "%s: a block device, which is not replaced", store);
    return fail_hint(f, "--in-place writes to its beginning, and --keep DIR keeps the old store.");
}

/* The bytes of what is written to, or of a device as many as are written. */
static int read_old(const char *store, size_t size, uint8_t **old, size_t *old_size,
                    struct failure *f)
{
    if (is_block_device(store))
        return read_disk(store, size, FLASH_FILE_MAX, old, old_size, f);
    return read_file(store, FLASH_FILE_MAX, old, old_size, f);
}

static int put(const char *store, const uint8_t *data, size_t size, struct failure *f)
{
    return is_block_device(store) ? write_block_device(store, data, size, f)
                                  : write_file_atomically(store, data, size, 0600, f);
}

/* What was read would not be what is kept. Of a device nothing says so. */
static int refuse_changed(const char *store, const struct stat *before, struct failure *f)
{
    struct stat now;

    if (stat(store, &now) == 0 &&
        (!S_ISREG(now.st_mode) ||
         (now.st_dev == before->st_dev && now.st_ino == before->st_ino &&
          now.st_size == before->st_size && now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
          now.st_mtim.tv_nsec == before->st_mtim.tv_nsec)))
        return 0;
    fail(f, "%s: something else has written to it since it was read", store);
    return fail_hint(f, "Nothing has been changed: run this again.");
}

static int replace(struct enroll_run *run, const char *store, const struct stat *before,
                   const uint8_t *data, size_t size, char **copy, struct failure *f)
{
    char sum[SHA256_TEXT_SIZE], *base = copy_base(run, store);
    const struct dated_copy kept = {.of = store, .base = base, .sum = sum, .when = run->now};
    uint8_t *old = NULL;
    size_t old_size;

    sha256_text(data, size, sum);
    int result = read_old(store, size, &old, &old_size, f);
    /* Once more, for making a qcow2 file takes a moment. */
    if (result == 0 &&
        (refuse_file_in_use(store, f) != 0 || refuse_changed(store, before, f) != 0 ||
         keep_dated_copy(&kept, old, old_size, copy, f) != 0 || put(store, data, size, f) != 0))
        result = -1;
    free(old);
    free(base);
    return result;
}

/* With --dry-run up to what would be written: whether it fits is only known then. */
static int write_store(struct enroll_run *run, const struct flash_image *image, struct result *r)
{
    struct failure f;
    uint8_t *data = NULL;
    size_t size;
    int status = STATUS_NO, made = make_file(run, image, r->plan, &data, &size, &f);

    if (made < 0 || (made > 0 && run->writes &&
                     replace(run, image->path, &r->before, data, size, &r->copy, &f) != 0)) {
        status = say_failed(run, image->path, &f);
    } else if (made == 0) {
        r->word = "no-room";
        if (run->json)
            say(run, r);
    } else {
        r->word = run->writes ? "enrolled" : "would-change";
        say(run, r);
        status = STATUS_YES;
    }
    free(data);
    free(r->copy);
    return status;
}

static int enroll_image(struct enroll_run *run, const struct flash_image *image,
                        const struct stat *before)
{
    struct result r = {.store = image->path, .before = *before};
    struct enroll_plan plan;
    struct live_store live;
    struct failure f;
    int status = STATUS_YES;

    if (live_store_open(image, &live, &f) != 0)
        return say_failed(run, image->path, &f);
    if (enroll_plan(image, &live, run->sources, run->source_count, &plan, &f) != 0) {
        live_store_close(&live);
        return say_failed(run, image->path, &f);
    }
    r.plan = &plan;
    if (image->has_store && live.store->sound && plan.changes) {
        struct varstore_room room;

        varstore_room(live.store, &room);
        r.garbage = run->writes ? room.garbage : 0;
    }
    if (!plan.changes) {
        r.word = "complete";
        say(run, &r);
    } else if (run->check) {
        r.word = "lacks";
        say(run, &r);
        status = STATUS_NO;
    } else {
        status = write_store(run, image, &r);
    }
    enroll_plan_free(&plan);
    live_store_close(&live);
    return status;
}

int enroll_one(struct enroll_run *run, const char *store)
{
    struct flash_image image = {0};
    struct stat before = {0};
    struct failure f;
    int status;

    if (stat(store, &before) < 0)
        before = (struct stat){0}; /* opening it says why */
    if (check_device(run, store, &f) != 0 || (run->writes && refuse_file_in_use(store, &f) != 0) ||
        flash_open_part(store, is_block_device(store) ? run->size : 0, &image, &f) != 0)
        status = say_failed(run, store, &f);
    else if (image.kind != FLASH_STORE && image.kind != FLASH_JSON) {
        flash_refuse_store(&image, "a variable store without code", &f);
        status = say_failed(run, store, &f);
    } else {
        status = enroll_image(run, &image, &before);
    }
    flash_close(&image);
    return status;
}

/* --- undo ------------------------------------------------------------------------------------ */

/* Beside a store, or in --keep, others may write too. What was kept has the store's owner, or
 * this user. */
static int check_copy(const char *store, const char *copy, struct failure *f)
{
    struct stat of, st;

    if (stat(store, &of) < 0)
        return fail(f, "%s: %s", store, strerror(errno));
    if (lstat(copy, &st) < 0)
        return fail(f, "%s: %s", copy, strerror(errno));
    if (!S_ISREG(st.st_mode) || (st.st_uid != of.st_uid && st.st_uid != geteuid()))
        return fail(f, "%s: not kept by this program (its owner is user %u)", copy,
                    (unsigned)st.st_uid);
    return 0;
}

static int put_back(struct enroll_run *run, const char *store, const char *copy, const char *digits,
                    struct failure *f)
{
    char sum[SHA256_TEXT_SIZE];
    uint8_t *data, *now;
    size_t size, now_size;

    if (check_device(run, store, f) != 0 || refuse_file_in_use(store, f) != 0 ||
        check_copy(store, copy, f) != 0 || read_file(copy, FLASH_FILE_MAX, &data, &size, f) != 0)
        return -1;
    if (read_old(store, size, &now, &now_size, f) != 0) {
        free(data);
        return -1;
    }
    sha256_text(now, now_size, sum);
    free(now);
    if (!run->force && strncmp(sum, digits, strlen(digits)) != 0) {
        free(data);
        fail(f, "%s: has been written to since %s was kept", store, copy);
        return fail_hint(f, "--force puts that back, and what was written since is lost.");
    }
    int result = put(store, data, size, f);
    free(data);
    if (result == 0 && run->writes && unlink(copy) < 0)
        result = fail(f, "%s: cannot be removed", copy);
    return result;
}

int undo_one(struct enroll_run *run, const char *store)
{
    struct failure f;
    char *digits, *base = copy_base(run, store), *copy = latest_copy(base, &digits);
    int status = STATUS_YES;

    if (!copy)
        status = say_failed(
            run, store,
            (run->keep ? fail(&f, "%s: there is no old store of it in %s", store, run->keep)
                       : fail(&f, "%s: there is no old store beside it", store),
             &f));
    else if (!run->writes)
        say(run, &(struct result){.store = store, .word = "would-change", .copy = copy});
    else if (put_back(run, store, copy, digits, &f) != 0)
        status = say_failed(run, store, &f);
    else
        say(run, &(struct result){.store = store, .word = "undone"});
    free(digits);
    free(copy);
    free(base);
    return status;
}
