/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/guard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/check.h"
#include "fleet/hook_files.h"
#include "fleet/inventory_taking.h"
#include "formats/rom_devices.h"
#include "outputs/escape.h"
#include "romset/shipped_romsets.h"

static struct guard_guest *add(struct guard *g, const char *name, enum guard_state state)
{
    g->list = xgrow(g->list, g->count, &g->capacity, sizeof *g->list);
    g->list[g->count] = (struct guard_guest){.name = xstrdup(name), .state = state};
    return &g->list[g->count++];
}

static void guest_release(struct guard_guest *guest)
{
    free(guest->name);
    free(guest->why);
    free(guest->snapshot);
    guest_after_free(&guest->after);
}

/* Whether the code of a guest's firmware is another one afterwards. */
static bool has_other_code(const struct inventory *before, const struct inventory *after,
                           const char *loader)
{
    const struct inventory_firmware *old = inventory_find_firmware(before, loader),
                                    *new = inventory_find_firmware(after, loader);

    return old && new && !(old->sha256 && new->sha256 &&strcmp(old->sha256, new->sha256) == 0);
}

/* It starts, and has less than it had: why, or NULL. */
static const char *loss_of(const struct flash_check *check, const struct inventory_guest *guest)
{
    if (check->loses_secure_boot)
        return "it starts, and without Secure Boot: its firmware has none any more";
    if (check->loses_smm)
        return "it starts, and its firmware does not keep its variables in SMM any more: it can "
               "write to those of Secure Boot";
    if (check->loses_tpm && guest->has_tpm)
        return "it starts, and its firmware does not know its TPM any more: disks sealed to it do "
               "not open";
    return NULL;
}

static void set_starts(struct guest_after *v, enum qemu_answer answer, const char *why)
{
    char *copy = xstrdup_or_null(why);

    free(v->starts_why);
    v->starts = answer;
    v->starts_why = copy;
}

/* Of a guest whose firmware is another afterwards: does it start with its own store, and as it
 * was? What preflight leaves open for a host whose files it does not have. */
static void judge_store(const struct upgrade *u, const struct inventory_guest *guest,
                        struct guest_after *v)
{
    struct flash_image code = {0}, store = {0}, old = {0};
    struct flash_check check;
    struct failure f;
    size_t size;
    const uint8_t *bytes = upgrade_image(u, guest->loader, &size);

    if (!bytes || flash_open(guest->nvram, &store, &f) != 0)
        return;
    uint8_t *copy = xmalloc(size + 1);
    memcpy(copy, bytes, size);
    flash_take(guest->loader, copy, size, &code);
    bool has_old = flash_open(guest->loader, &old, &f) == 0;
    flash_check(&code, &store, has_old ? &old : NULL, &check);
    const char *loss = loss_of(&check, guest);
    if (check.cold_boot.answer == FLASH_NO) {
        set_starts(v, QEMU_NO, check.cold_boot.text);
        if (check.cold_boot.fix[0] && !v->fix_when) {
            v->fix_when = xstrdup("For its variable store:");
            v->fix = xstrdup(check.cold_boot.fix);
        }
    } else if (check.cold_boot.answer != FLASH_YES) {
        set_starts(v, QEMU_NOT_KNOWN, check.cold_boot.text);
    } else if (loss) {
        set_starts(v, QEMU_NO, loss);
    } else if (check.needs_smm) {
        set_starts(v, QEMU_NOT_KNOWN,
                   "its firmware needs SMM, which it did not before: whether the guest has it is "
                   "not known");
    } else {
        set_starts(v, QEMU_YES, NULL);
    }
    flash_close(&code);
    flash_close(&store);
    if (has_old)
        flash_close(&old);
}

struct judging {
    const struct guard_request *r;
    struct guard *g;
    enum qemu_answer hook_now, hook_after; /* whether libvirt runs romcompat's hook */
    const char *daemon;                    /* of libvirt's, where that is not known */
    const char **disks; /* those that were looked at; sorted by nobody, and there are few */
    size_t disk_count, disk_capacity, saved_count;
};

static void left_out(const struct judging *j, const struct failure *f)
{
    j->g->is_partial = true;
    if (j->r->problems->problem)
        j->r->problems->problem(j->r->problems->arg, f);
}

/* Where nothing better is known: the package that has its firmware image stays as it is. */
static void keep_package(const struct judging *j, const char *loader, struct guard_guest *guest)
{
    const struct inventory_firmware *image =
        loader && j->r->upgrade ? inventory_find_firmware(j->r->before, loader) : NULL;

    if (guest->kind != AFTER_STRANDED || guest->after.fix || !image || !image->package.name)
        return;
    guest->after.fix_when =
        xstrdup("The package that has its firmware image as it is, until no guest needs it "
                "('romcompat varstore convert' makes stores for other firmware):");
    const char *const rpm[] = {"dnf", "versionlock", "add", image->package.name, NULL},
                      *const deb[] = {"apt-mark", "hold", image->package.name, NULL};
    char *command = shell_command(upgrade_is_rpm(j->r->upgrade) ? rpm : deb);
    guest->after.fix = xasprintf("%s\n", command);
    free(command);
}

static void conclude(const struct judging *j, struct guard_guest *guest,
                     const struct guest_after *now, const char *loader)
{
    const struct guest_after *before = j->r->upgrade ? now : NULL;
    bool is_off = guest->state == GUARD_OFF;
    const char *why = guest_after_why(&guest->after, is_off);

    guest->kind = guest_after_kind(&guest->after, is_off);
    guest->was_so = before && guest_after_kind(before, is_off) >= guest->kind;
    guest->why = xstrdup_or_null(why);
    keep_package(j, loader, guest);
}

/* --- guests that run or are off ---------------------------------------------------------------- */

/* access() asks for the real user, who may have fewer rights. */
static bool is_missing(const char *path)
{
    struct stat st;

    return stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static bool is_lost(const struct inventory *after, const char *path)
{
    for (size_t i = 0; i < after->lost_file_count; i++)
        if (strcmp(after->lost_files[i], path) == 0)
            return true;
    return false;
}

/* Of swtpm. */
static const char *lost_program(const struct inventory *after)
{
    for (size_t i = 0; i < after->lost_file_count; i++)
        if (upgrade_is_swtpm(after->lost_files[i]))
            return after->lost_files[i];
    return NULL;
}

/* Files without which it does not start. */
static void judge_lost(const struct judging *j, const struct inventory_guest *guest,
                       struct guest_after *v)
{
    for (size_t i = 0; i < guest->device_count; i++) {
        const struct inventory_device *d = &guest->devices[i];

        if (d->off || !d->file || !is_lost(j->r->after, d->file))
            continue;
        char *why = xasprintf("its ROM file %s is not there any more", d->file);
        set_starts(v, QEMU_NO, why);
        free(why);
        return;
    }
    if (guest->template && is_lost(j->r->after, guest->template) &&
        (!guest->nvram || is_missing(guest->nvram))) {
        char *why = xasprintf("it has no variable store yet, and the template %s is not there any "
                              "more",
                              guest->template);
        set_starts(v, QEMU_NO, why);
        free(why);
        return;
    }
    const char *program = guest->swtpm == SWTPM_NEEDED ? lost_program(j->r->after) : NULL;
    if (!program)
        return;
    char *why = xasprintf("its TPM is emulated by %s, which is not there any more", program);
    set_starts(v, QEMU_NO, why);
    free(why);
    if (!v->block && !upgrade_is_rpm(j->r->upgrade)) {
        free(v->fix_when);
        free(v->fix);
        v->fix_when = xstrdup("The package that emulates its TPM, as it is:");
        v->fix = xasprintf("apt-mark hold %s\n", upgrade_swtpm_package(base_name(program)));
    }
}

/* The next start of a guest, which is off or as it is defined. */
static void judge_start(const struct judging *j, const struct inventory_guest *guest,
                        struct guest_after *now, struct guest_after *v)
{
    const struct inventory *before = j->r->before, *after = j->r->after;

    judge_lost(j, guest, v);
    if (!j->r->upgrade || !guest->loader || !guest->nvram || v->starts != QEMU_NOT_KNOWN ||
        !has_other_code(before, after, guest->loader) || is_missing(guest->nvram))
        return;
    judge_store(j->r->upgrade, guest, v);
    /* Today it starts, or so it is taken: what is not known after that is news. */
    if (now->starts == QEMU_NOT_KNOWN)
        now->starts = QEMU_YES;
}

/* What is said of the next start comes from how the guest is defined, where it runs as another. */
static void take_start(struct guest_after *to, struct guest_after *from)
{
    to->starts = from->starts;
    free(to->starts_why);
    to->starts_why = from->starts_why;
    from->starts_why = NULL;
    if (!to->fix) {
        free(to->fix_when);
        to->fix_when = from->fix_when;
        to->fix = from->fix;
        from->fix_when = from->fix = NULL;
    }
    guest_after_free(from);
}

/* The lengths of a guest that was started with other files, and that nobody could ask, may be
 * others than those that are derived from today's. */
static void doubt_lengths(struct guest_after *v)
{
    if (v->arrives != QEMU_YES)
        return;
    v->arrives = QEMU_NOT_KNOWN;
    free(v->arrives_why);
    v->arrives_why = xstrdup("a ROM file or firmware image is newer than its process, and how long "
                             "its RAM blocks are could not be asked");
}

static void judge_listed(struct judging *j, const struct inventory_guest *guest)
{
    const struct inventory *before = j->r->before, *after = j->r->after;
    const char *blocks = guest->is_running ? live_guests_blocks(j->r->live, guest->pid) : NULL;
    const struct inventory_guest *runs = guest->live ? guest->live : guest;
    struct guard_guest *made = add(j->g, guest->name ? guest->name : "a guest without a name",
                                   guest->is_running ? GUARD_RUNNING : GUARD_OFF);
    struct guest_after now;

    made->has_lengths = blocks != NULL;
    guest_after_judge_listed(before, runs, blocks, before, &now);
    guest_after_judge_listed(before, runs, blocks, after, &made->after);
    if (guest->is_running && !blocks && live_guests_is_older(j->r->live, guest->pid)) {
        doubt_lengths(&now);
        doubt_lengths(&made->after);
    }
    if (runs != guest) {
        struct guest_after started, starts;

        guest_after_judge_listed(before, guest, NULL, before, &started);
        guest_after_judge_listed(before, guest, NULL, after, &starts);
        judge_start(j, guest, &started, &starts);
        take_start(&now, &started);
        take_start(&made->after, &starts);
    } else {
        judge_start(j, guest, &now, &made->after);
    }
    conclude(j, made, &now, guest->loader);
    guest_after_free(&now);
}

/* --- guests that are saved ---------------------------------------------------------------------- */

/* The romset that comes with the program and has the ROM of the block that is in the way. */
static bool find_romset(const struct guest_after *v, const char *machine,
                        struct shipped_romset *found)
{
    const struct rom_device *device = NULL;

    return v->block && v->length && ram_block_kind_of(v->block, &device) == RAM_BLOCK_ROM &&
           shipped_romset_find(device->rom, v->length, machine, found);
}

/* Of a guest that libvirt restores: the compat set of its ROMs, which the hook gives it. */
static void fix_by_set(const struct saved_guest *saved, enum qemu_answer hook, const char *daemon,
                       struct guest_after *v)
{
    struct shipped_romset set;

    if (hook == QEMU_NO || v->arrives != QEMU_NO || !find_romset(v, saved->machine, &set))
        return;
    const char *const build[] = {"romcompat", "build", "--deb", "-o", "compat-set", set.path, NULL};
    char *command = shell_command(build),
         *restart =
             hook == QEMU_NOT_KNOWN ? xasprintf("systemctl restart %s\n", daemon) : xstrdup("");
    free(v->fix_when);
    free(v->fix);
    v->fix_when =
        xstrdup("The compat package of the ROMs that it was saved with, before the others "
                "or together with them; romcompat's hook of libvirt then restores it:");
    v->fix = xasprintf("%s\n%sapt install ./compat-set/*.deb\n", command, restart);
    free(command);
    free(restart);
    shipped_romset_free(&set);
}

/* `hook`: whether libvirt runs romcompat's, when it restores the guest. */
static void judge_comes(struct saved_guest *saved, const char *architecture,
                        const struct inventory *there, enum qemu_answer hook, const char *daemon,
                        struct guest_after *v)
{
    struct guest_after with;

    guest_after_judge(saved, architecture, there,
                      saved->kind == SAVED_SNAPSHOT ? COMES_LOADED : COMES_ARRIVING, v);
    if (hook == QEMU_NO || v->arrives != QEMU_NO)
        return;
    fix_by_set(saved, hook, daemon, v);
    guest_after_judge(saved, architecture, there, COMES_BY_HOOK, &with);
    if (with.arrives == QEMU_YES && hook == QEMU_YES) {
        guest_after_free(v);
        *v = with;
        return;
    }
    if (with.arrives == QEMU_YES) {
        free(v->arrives_why);
        v->arrives = QEMU_NOT_KNOWN;
        v->arrives_why = xstrdup("it is restored where libvirt runs romcompat's hook, and libvirt "
                                 "was started before that was installed");
        free(v->fix_when);
        free(v->fix);
        v->fix_when = xstrdup("Restart libvirt, which then finds the hook; guests that run go on:");
        v->fix = xasprintf("systemctl restart %s\n", daemon);
    }
    guest_after_free(&with);
}

/* `name`: of the guest, or NULL where the file says. `snapshot`: of the qcow2 image, or NULL. `as`:
 * what the snapshot is called; NULL: it is none. */
static void judge_saved(struct judging *j, const char *path, const char *snapshot, const char *name,
                        const char *as)
{
    struct saved_guest saved;
    struct guest_after now;
    struct failure f;
    enum guard_state state = as ? GUARD_SNAPSHOT : GUARD_SAVED;

    if (j->saved_count++ == GUARD_SAVED_MAX) {
        fail(&f, "more than %d saved guests and snapshots: the others are left out",
             GUARD_SAVED_MAX);
        left_out(j, &f);
        return;
    }
    if (j->saved_count > GUARD_SAVED_MAX)
        return;
    if (saved_guest_read(path, snapshot, &saved, &f) != 0) {
        struct guard_guest *unread = add(j->g, name ? name : path, state);

        unread->snapshot = xstrdup_or_null(as);
        unread->has_lengths = true;
        unread->kind = AFTER_UNKNOWN;
        unread->why = xstrdup(f.what);
        return;
    }
    const struct domain_xml *xml = saved.domain;
    const char *arch = xml ? xml->arch : NULL;
    struct guard_guest *made = add(j->g, name ? name : xml && xml->name ? xml->name : path, state);
    bool by_libvirt = state == GUARD_SAVED && saved.kind == SAVED_LIBVIRT;

    made->snapshot = xstrdup_or_null(as);
    made->has_lengths = true;
    judge_comes(&saved, arch, j->r->before, by_libvirt ? j->hook_now : QEMU_NO, j->daemon, &now);
    judge_comes(&saved, arch, j->r->after, by_libvirt ? j->hook_after : QEMU_NO, j->daemon,
                &made->after);
    conclude(j, made, &now, xml ? xml->loader : NULL);
    guest_after_free(&now);
    saved_guest_free(&saved);
}

/* Calls visit() for each file of a directory whose name has that end, with its path. */
static void each_file(struct judging *j, const char *directory, const char *end,
                      void (*visit)(struct judging *j, const char *path, void *arg), void *arg)
{
    struct taking t = {.request = j->r->problems};
    size_t count;
    char **names = names_in(&t, directory, &count);

    j->g->is_partial |= t.inv.is_partial;
    for (size_t i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", directory, names[i]);

        if (ends_with(names[i], end))
            visit(j, path, arg);
        free(path);
        free(names[i]);
    }
    free(names);
}

static void visit_save(struct judging *j, const char *path, void *arg)
{
    (void)arg;
    judge_saved(j, path, NULL, NULL, NULL);
}

/* A <domainsnapshot>: its memory may be in a file of its own. Where that is gone, no upgrade takes
 * it away. */
static void visit_snapshot(struct judging *j, const char *path, void *arg)
{
    const char *guest = arg;
    struct domain_xml xml;
    struct failure f;

    if (domain_xml_read(path, &xml, &f) != 0) {
        left_out(j, &f);
        return;
    }
    if (xml.memory_file && !is_missing(xml.memory_file)) {
        char *as = xasprintf("%.*s, memory in %s", (int)(strlen(base_name(path)) - strlen(".xml")),
                             base_name(path), xml.memory_file);

        judge_saved(j, xml.memory_file, NULL, guest, as);
        free(as);
    }
    domain_xml_free(&xml);
}

static void visit_snapshots(struct judging *j, const char *path, void *arg)
{
    (void)arg;
    each_file(j, path, ".xml", visit_snapshot, (void *)base_name(path));
}

/* False for a disk that was looked at before, as that of another guest. */
static bool is_new(struct judging *j, const char *path)
{
    for (size_t i = 0; i < j->disk_count; i++)
        if (strcmp(j->disks[i], path) == 0)
            return false;
    j->disks = xgrow(j->disks, j->disk_count, &j->disk_capacity, sizeof *j->disks);
    j->disks[j->disk_count++] = path;
    return true;
}

/* The snapshots in a disk, of which the guest's memory is one part; frees the names. */
static void judge_snapshots(struct judging *j, const char *guest, const char *path, char **names,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *as = xasprintf("%s, in %s", names[i], path);

        judge_saved(j, path, names[i], guest, as);
        free(as);
        free(names[i]);
    }
    free(names);
}

static void judge_disk(struct judging *j, const char *guest, const char *path)
{
    struct failure why, f;
    char **names;
    size_t count;

    if (!is_new(j, path) || is_missing(path))
        return;
    if (saved_guest_snapshots(path, &names, &count, &why) != 0) {
        fail(&f, "%s: whether there are snapshots in it is not known", why.what);
        left_out(j, &f);
    }
    judge_snapshots(j, guest, path, names, count);
}

static void judge_disks(struct judging *j, const struct inventory_guest *guest, const char *name)
{
    for (size_t i = 0; i < guest->disk_count; i++)
        judge_disk(j, name, guest->disks[i]);
    if (guest->nvram)
        judge_disk(j, name, guest->nvram);
    if (guest->live)
        judge_disks(j, guest->live, name);
}

/* A file that was named: a qcow2 image may have several snapshots. */
static void judge_named(struct judging *j, const char *path)
{
    struct failure f;
    size_t count;
    char **names;

    bool is_disk = saved_guest_snapshots(path, &names, &count, &f) == 0 && count;
    if (is_disk && is_new(j, path)) {
        judge_snapshots(j, path, path, names, count);
        return;
    }
    if (!is_disk)
        judge_saved(j, path, NULL, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* The next start of a guest that libvirt has saved is its restoration: what is off about it is said
 * there, unless it is worse. */
static void drop_saved(struct guard *g)
{
    size_t kept = 0;

    for (size_t i = 0; i < g->count; i++) {
        struct guard_guest *guest = &g->list[i];
        bool is_said = false;

        if (guest->state == GUARD_OFF && guest->kind != AFTER_FINE)
            for (size_t k = 0; k < g->count && !is_said; k++)
                is_said = g->list[k].state == GUARD_SAVED && g->list[k].kind >= guest->kind &&
                          g->list[k].was_so <= guest->was_so &&
                          strcmp(g->list[k].name, guest->name) == 0;
        if (is_said)
            guest_release(guest);
        else
            g->list[kept++] = *guest;
    }
    g->count = kept;
}

static int worst_first(const void *a, const void *b)
{
    const struct guard_guest *one = a, *other = b;

    if (one->was_so != other->was_so)
        return one->was_so ? 1 : -1;
    if (one->kind != other->kind)
        return one->kind > other->kind ? -1 : 1;
    if (one->state != other->state)
        return one->state < other->state ? -1 : 1;
    int order = strcmp(one->name, other->name);
    return order || !one->snapshot || !other->snapshot ? order
                                                       : strcmp(one->snapshot, other->snapshot);
}

void guard_judge(const struct guard_request *request, struct guard *g)
{
    const struct inventory_guests *guests = request->before->guests;
    struct judging j = {.r = request, .g = g};

    j.hook_now = hook_runs_here(NULL, &j.daemon);
    j.hook_after = hook_runs_here(request->upgrade, &j.daemon);
    *g = (struct guard){.is_partial = request->before->is_partial || request->after->is_partial};
    /* What is off now may have been so before, and nothing says what it was then. */
    for (size_t i = 0; i < guests->count; i++)
        if (request->upgrade || guests->list[i].is_running)
            judge_listed(&j, &guests->list[i]);
    each_file(&j, GUARD_SAVE_DIRECTORY, ".save", visit_save, NULL);
    for (size_t i = 0; i < request->saved_count; i++)
        judge_named(&j, request->saved[i]);
    each_file(&j, GUARD_SNAPSHOT_DIRECTORY, "", visit_snapshots, NULL);
    for (size_t i = 0; i < guests->count; i++)
        judge_disks(&j, &guests->list[i],
                    guests->list[i].name ? guests->list[i].name : "a guest without a name");
    free(j.disks);
    drop_saved(g);
    for (size_t i = 0; i < g->count; i++) {
        g->stranded += g->list[i].kind == AFTER_STRANDED && !g->list[i].was_so;
        g->unknown += g->list[i].kind == AFTER_UNKNOWN && !g->list[i].was_so;
    }
    if (g->count)
        qsort(g->list, g->count, sizeof *g->list, worst_first);
}

void guard_free(struct guard *g)
{
    for (size_t i = 0; i < g->count; i++)
        guest_release(&g->list[i]);
    free(g->list);
    *g = (struct guard){0};
}

const char *guard_state_name(enum guard_state state)
{
    static const char *const names[] = {[GUARD_RUNNING] = "running",
                                        [GUARD_SAVED] = "saved",
                                        [GUARD_SNAPSHOT] = "snapshot",
                                        [GUARD_OFF] = "off"};

    return names[state];
}
