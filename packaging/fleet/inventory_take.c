/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_taking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/file.h"
#include "inputs/package_owner.h"

/* --- packages ---------------------------------------------------------------------------- */

struct asking {
    char **paths;
    struct inventory_package **packages; /* where the answers go */
    size_t count, capacity;
};

static void ask_for(struct asking *a, char *path, struct inventory_package *package)
{
    a->paths = xgrow(a->paths, a->count, &a->capacity, sizeof *a->paths);
    a->packages = xreallocarray(a->packages, a->capacity, sizeof *a->packages);
    a->packages[a->count] = package;
    a->paths[a->count++] = path;
}

/* One question for all files. */
static void take_packages(struct taking *t)
{
    struct asking a = {0};

    for (size_t i = 0; i < t->inv.qemus->count; i++)
        ask_for(&a, xstrdup(t->inv.qemus->list[i].path), &t->inv.qemus->list[i].package);
    for (size_t i = 0; i < t->inv.directories->count; i++) {
        struct inventory_directory *directory = &t->inv.directories->list[i];

        for (size_t k = 0; k < directory->rom_count; k++)
            ask_for(&a, xasprintf("%s/%s", directory->path, directory->roms[k].name),
                    &directory->roms[k].package);
    }
    for (size_t i = 0; i < t->inv.firmware->count; i++)
        ask_for(&a, xstrdup(t->inv.firmware->list[i].path), &t->inv.firmware->list[i].package);

    struct package_owner *owners = xcalloc(a.count + 1, sizeof *owners);
    package_owners((const char *const *)a.paths, a.count, t->request->runs_nothing, owners);
    for (size_t i = 0; i < a.count; i++) {
        *a.packages[i] = (struct inventory_package){owners[i].package, owners[i].version};
        free(a.paths[i]);
    }
    free(owners);
    free(a.paths);
    free(a.packages);
}

/* --- the host ---------------------------------------------------------------------------- */

/* ID=debian and VERSION_ID="12" of os-release(5) as "debian 12". */
char *system_of_text(const char *data, size_t size)
{
    char *id = NULL, *version = NULL, *rest = NULL, *system = NULL;
    char *text = xstrndup(data, size);

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *value = strchr(line, '=');

        if (!value || !is_printable(line))
            continue;
        *value++ = '\0';
        value += strspn(value, "\"'");
        value[strcspn(value, "\"'")] = '\0';
        if (strcmp(line, "ID") == 0)
            id = value;
        else if (strcmp(line, "VERSION_ID") == 0)
            version = value;
    }
    if (id)
        system = xasprintf("%s%s%s", id, version ? " " : "", version ? version : "");
    free(text);
    return system;
}

static char *take_system(struct taking *t)
{
    enum { OS_RELEASE_MAX = 64 * 1024 };
    struct failure f;
    uint8_t *data;
    size_t size;

    if (access("/etc/os-release", F_OK) != 0 && errno == ENOENT)
        return NULL;
    if (read_file("/etc/os-release", OS_RELEASE_MAX, &data, &size, &f) != 0) {
        taking_unread(t, &f);
        return NULL;
    }
    char *system = system_of_text((const char *)data, size);
    free(data);
    return system;
}

int inventory_take(const struct inventory_request *request, struct inventory *inv,
                   struct failure *f)
{
    struct taking t = {.request = request};
    struct utsname name;

    if (uname(&name) != 0)
        return fail(f, "uname: %s", strerror(errno));
    t.inv.host = xstrdup_or_null(request->host);
    t.inv.architecture = xstrdup(name.machine);
    t.inv.system = take_system(&t);
    /* What /proc and /sys say is of this machine. */
    if (!request->is_at_rest)
        confidential_ask_kvm("/", t.inv.kvm);
    t.inv.swtpm = swtpm_here();
    if (take_qemus(&t, f) != 0 || take_maps(&t, f) != 0) {
        inventory_free(&t.inv);
        return -1;
    }
    take_directories(&t);
    take_firmware(&t);
    take_guests(&t);
    take_firmware_of_guests(&t);
    take_stores(&t);
    take_packages(&t);
    *inv = t.inv;
    return 0;
}
