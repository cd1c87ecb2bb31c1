/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as what another program prints: apt, dpkg-query or rpm, a QEMU binary, Xen's xl. No process is started:
 * the functions below stand for outputs/child, and give each call the next part of the input,
 * which ends at a NUL. One that begins with 01 is what a program that fails says.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inputs/apt.h"
#include "inputs/apt_hook.h"
#include "inputs/dnf_hook.h"
#include "inputs/guard_conf.h"
#include "inputs/rpm_files.h"
#include "inputs/zypp_hook.h"
#include "inputs/apt_install.h"
#include "inputs/package_owner.h"
#include "inputs/qemu_binary.h"
#include "inputs/qemu_types.h"
#include "inputs/xl.h"
#include "outputs/child.h"
#include "target.h"

static const uint8_t *rest;
static size_t left;

int child_run(const struct child *child, struct child_result *result, struct failure *f)
{
    const uint8_t *nul = left ? memchr(rest, '\0', left) : NULL;
    size_t n = nul ? (size_t)(nul - rest) : left;

    *result = (struct child_result){0};
    if (!left || n > child->output_max) {
        errno = left ? 0 : ENOENT;
        return fail(f, "%s: not there", child->argv ? child->argv[0] : "work");
    }
    if (n && *rest == 1) {
        result->status = 1;
        memcpy(result->message, rest + 1,
               n - 1 < CHILD_MESSAGE_MAX ? n - 1 : CHILD_MESSAGE_MAX - 1);
        result->output = (uint8_t *)strdup("");
    } else {
        result->output = (uint8_t *)strndup((const char *)rest, n);
        result->size = n;
    }
    rest += n + (nul != NULL);
    left -= n + (nul != NULL);
    return 0;
}

int child_succeed(const struct child *child, struct child_result *result, struct failure *f)
{
    if (child_run(child, result, f) != 0)
        return -1;
    if (result->status == 0)
        return 0;
    fail(f, "%s: %.*s", child->argv ? child->argv[0] : "work", (int)strcspn(result->message, "\n"),
         result->message);
    child_result_free(result);
    return -1;
}

/* Of root's, whose packages are where apt says. */
uid_t geteuid(void)
{
    return 0;
}

void child_set_cage(const struct cage *cage)
{
    (void)cage;
}

void child_result_free(struct child_result *result)
{
    free(result->output);
    *result = (struct child_result){0};
}

char *child_output(const char *const *argv, size_t output_max, unsigned seconds, struct failure *f)
{
    struct child child = {.argv = argv, .output_max = output_max, .seconds = seconds};
    struct child_result result;

    return child_succeed(&child, &result, f) == 0 ? (char *)result.output : NULL;
}

static void begin(const uint8_t *data, size_t size)
{
    rest = data;
    left = size;
}

static void ask_for_owners(void)
{
    static const char *const paths[] = {"/usr/lib/ipxe/qemu/efi-virtio.rom", "/a", "/a*b", "/b"};
    enum { COUNT = sizeof paths / sizeof *paths };
    struct package_owner owners[COUNT] = {0};

    package_owners(paths, COUNT, false, owners);
    for (size_t i = 0; i < COUNT; i++) {
        if (owners[i].version && !owners[i].package)
            abort();
        package_owner_free(&owners[i]);
    }
}

static void ask_apt(void)
{
    struct apt_mirrors mirrors = {0};

    apt_mirrors_ask("", &mirrors);
    for (size_t i = 0; i < mirrors.count; i++) {
        if (!mirrors.list[i] || !strchr(mirrors.list[i], ':'))
            abort();
    }
    apt_mirrors_free(&mirrors);
    free(apt_proxy_ask("", "http://example.org/"));
}

static void ask_apt_to_install(const uint8_t *data, size_t size)
{
    struct apt_install install = {0};
    char *text = strndup((const char *)data, size);

    apt_install_read(text, "/cache", &install);
    for (size_t i = 0; i < install.file_count; i++)
        if (strncmp(install.files[i], "/cache/", 7) != 0 || strchr(install.files[i] + 7, '/'))
            abort();
    free(text);
    text = strndup((const char *)data, size);
    apt_install_read_uris(text, &install);
    for (size_t i = 0; i < install.file_count; i++)
        if (install.files[i][0] != '/')
            abort();
    apt_install_free(&install);
    free(text);

    static const char *const names[] = {"ovmf", "seabios=1.16.2-1"};
    struct failure why = {0};
    begin(data, size);
    if (apt_install_ask(names, 2, "/nonexistent", &install, &why) == 0)
        apt_install_free(&install);
    else if (!why.what[0])
        abort();

    struct transaction hook;
    struct failure f;
    apt_hook_read((const char *)data, size, &hook, &f);
    for (size_t i = 0; i < hook.count; i++)
        if (!hook.packages[i].name[0] || !hook.packages[i].file[0])
            abort();
    transaction_free(&hook);
}

static void check_transaction(struct transaction *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (!t->packages[i].name[0] || (t->packages[i].file && t->packages[i].file[0] != '/'))
            abort();
    transaction_free(t);
}

static void take_rpm_file(void *arg, const char *package, char *path)
{
    (void)arg;
    if (!package || path[0] != '/')
        abort();
}

static void ask_package_managers(const uint8_t *data, size_t size)
{
    static const char *const packages[] = {"a", "b"};
    char *text = strndup((const char *)data, size), *policy, *command, *body;
    FILE *frames = fmemopen((void *)data, size ? size : 1, "r");
    struct transaction t;
    struct failure f;

    free(dnf_hook_cache(text, strlen(text)));
    dnf_hook_read((const char *)data, size, NULL, &t, &f);
    check_transaction(&t);
    for (int i = 0; frames && i < 10 && zypp_frame_read(frames, &command, &body, &f) > 0; i++) {
        zypp_hook_read(body, &t, &f);
        check_transaction(&t);
        free(command);
        free(body);
    }
    if (frames)
        fclose(frames);
    guard_conf_parse("x", text, strlen(text), &policy, &f);
    free(policy);
    free(text);
    begin(data, size);
    rpm_files_of(packages, 2, take_rpm_file, NULL, &f);
}

static void ask_qemu(void)
{
    struct qemu_machine *machines = NULL;
    struct qemu_types types = {0};
    struct qemu_binary q = {0};
    struct failure f = {0};
    size_t count = 0;

    if (qemu_types_ask("/bin/true", &types, &f) == 0)
        qemu_types_free(&types);
    free(qemu_target_ask("/bin/true"));
    if (qemu_machines_ask("/bin/true", &machines, &count, &f) == 0) {
        for (size_t i = 0; i < count; i++) {
            if (!machines[i].name || !machines[i].name[0])
                abort();
        }
        qemu_machines_free(machines, count);
    }
    if (qemu_binary_ask("/bin/true", &q, &f) == 0)
        qemu_binary_free(&q);
}

static void ask_xl(void)
{
    struct xl_config config;
    struct xl_domain d;
    struct failure f = {0};
    char *list = xl_list(&f), uuid[XL_UUID_SIZE];

    if (list && xl_list_find(list, "6b1fdb55-7a0a-4a31-a9bb-4b6e0c2f0d17", &d) && !d.name_length)
        abort();

    for (const char *at = list; at && xl_list_next(&at, &d);) {
        if (!d.name_length || d.name < list || d.name + d.name_length > at ||
            !xl_uuid_read(d.uuid, uuid))
            abort();
    }
    free(list);
    if (xl_config_read("x", &config, &f) == 0) {
        if (!config.name || !xl_uuid_read(config.uuid, uuid))
            abort();
        xl_config_free(&config);
    } else if (!f.what[0]) {
        abort();
    }
    xl_shutdown(1, &f);
    xl_create("x", "/f", &f);
}

int try_input(const uint8_t *data, size_t size)
{
    begin(data, size);
    ask_for_owners();
    begin(data, size);
    ask_apt();
    ask_apt_to_install(data, size);
    ask_package_managers(data, size);
    begin(data, size);
    ask_qemu();
    begin(data, size);
    ask_xl();
    return 0;
}
