/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/xl.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "inputs/json.h"
#include "outputs/child.h"

/* Of what xl wrote to standard error, of which we have the beginning: it begins with what it does,
 * and goes on with how the first error became the next. */
static const char *error_line(char *message)
{
    char *error = strstr(message, "error"), *begin = message, *end;

    while ((end = strchr(begin, '\n')) && (error ? end < error : end[1] != '\0'))
        begin = end + 1;
    if (end)
        *end = '\0';
    return begin;
}

/* Its standard output, to be freed, or NULL. */
static char *run_xl(const struct child *child, struct failure *f)
{
    struct child_result r;

    if (child_run(child, &r, f) != 0)
        return NULL;
    if (r.status == 0)
        return (char *)r.output;
    fail(f, "xl: exit status %d: %s", r.status, *r.message ? error_line(r.message) : "no message");
    child_result_free(&r);
    return NULL;
}

static char *ask(const char *const *argv, struct failure *f)
{
    struct child child = {.argv = argv, .output_max = XL_ANSWER_MAX, .seconds = XL_ANSWER_SECONDS};

    return run_xl(&child, f);
}

/* The domain's device model, and xl's own process that follows its events, are to stay. */
static int order(const char *const *argv, struct failure *f)
{
    struct child child = {.argv = argv,
                          .output_max = XL_ANSWER_MAX,
                          .seconds = XL_CREATE_SECONDS,
                          .is_left_alone = true};
    char *said = run_xl(&child, f);

    free(said);
    return said ? 0 : -1;
}

/* --- a configuration -------------------------------------------------------------------------- */

/* What is not in the answer has the default of libxl, which is to destroy (libxl_types.idl). */
static int take_action(const char *path, struct json_object *config, const char *key,
                       enum xl_action *action, struct failure *f)
{
    static const char *const names[] = {
        [XL_DESTROY] = "destroy", [XL_RESTART] = "restart", [XL_PRESERVE] = "preserve"};
    const char *text = json_member_text(config, key);

    *action = XL_DESTROY;
    for (size_t i = 0; text && i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            *action = (enum xl_action)i;
            return 0;
        }
    }
    return !text
               ? 0
               : fail(f,
                      "%s: %s has an unsupported value (found \"%s\", expected destroy, restart or "
                      "preserve)",
                      path, key, text);
}

static int take_kind(const char *path, struct json_object *config, struct xl_config *c,
                     struct failure *f)
{
    struct json_object *build = json_member(config, "b_info", json_type_object);
    struct json_object *hvm = build ? json_member(build, "type.hvm", json_type_object) : NULL;
    const char *bios = hvm ? json_member_text(hvm, "bios") : NULL;
    const char *firmware = hvm ? json_member_text(hvm, "system_firmware") : NULL;

    if (!bios || strcmp(bios, "ovmf") != 0) {
        fail(f, "%s: not a domain with UEFI variables", path);
        return fail_hint(f, "These have type = \"hvm\" and bios = \"ovmf\".");
    }
    c->firmware = xstrdup_or_null(firmware);
    return 0;
}

static int take_config(const char *path, struct json_object *config, struct xl_config *c,
                       struct failure *f)
{
    struct json_object *info = json_member(config, "c_info", json_type_object);
    const char *name = info ? json_member_text(info, "name") : NULL;
    const char *uuid = info ? json_member_text(info, "uuid") : NULL;

    if (!name || !uuid || !xl_uuid_read(uuid, c->uuid))
        return fail(f, "%s: its configuration, as xl reads it, has no name or no UUID", path);
    c->name = xstrdup(name);
    if (take_kind(path, config, c, f) != 0 ||
        take_action(path, config, "on_poweroff", &c->on_poweroff, f) != 0 ||
        take_action(path, config, "on_reboot", &c->on_reboot, f) != 0 ||
        take_action(path, config, "on_crash", &c->on_crash, f) != 0)
        return -1;
    return take_action(path, config, "on_watchdog", &c->on_watchdog, f);
}

int xl_config_take(const char *path, const uint8_t *answer, size_t size, struct xl_config *config,
                   struct failure *f)
{
    struct json_object *root;

    *config = (struct xl_config){0};
    if (json_tree_parse(path, answer, size, &root, f) != 0)
        return -1;
    int result = take_config(path, root, config, f);
    json_object_put(root);
    if (result != 0)
        xl_config_free(config);
    return result;
}

void xl_config_free(struct xl_config *config)
{
    free(config->name);
    free(config->firmware);
    *config = (struct xl_config){0};
}

static int ask_config(const char *path, struct xl_config *config, struct failure *f)
{
    const char *const argv[] = {"xl", "-N", "create", path, NULL};
    char *answer = ask(argv, f);

    if (!answer)
        return -1;
    int result = xl_config_take(path, (const uint8_t *)answer, strlen(answer), config, f);
    free(answer);
    return result;
}

int xl_config_read(const char *path, struct xl_config *config, struct failure *f)
{
    struct xl_config again;

    if (ask_config(path, config, f) != 0)
        return -1;
    if (ask_config(path, &again, f) != 0) {
        xl_config_free(config);
        return -1;
    }
    bool same = strcmp(config->uuid, again.uuid) == 0;
    xl_config_free(&again);
    if (same)
        return 0;
    fail(f, "%s: no UUID, under which the domain's variables are kept", path);
    fail_hint(f, "Write this line into it: uuid = \"%s\"", config->uuid);
    xl_config_free(config);
    return -1;
}

/* --- domains ---------------------------------------------------------------------------------- */

char *xl_list(struct failure *f)
{
    const char *const argv[] = {"xl", "list", "-v", NULL};

    return ask(argv, f);
}

bool xl_list_find(const char *list, const char *uuid, struct xl_domain *domain)
{
    while (xl_list_next(&list, domain)) {
        if (strcmp(domain->uuid, uuid) == 0)
            return true;
    }
    return false;
}

/* A string of xl.cfg(5) in which nothing is special; false when it cannot be one. */
static bool is_plain(const char *text)
{
    return !text[strcspn(text, "\"'\\\n")];
}

int xl_create(const char *path, const char *firmware, struct failure *f)
{
    if (!is_plain(firmware))
        return fail(f, "%s: a path with a quote or a backslash, which xl.cfg cannot express",
                    firmware);
    char *override = xasprintf("bios_path_override=\"%s\"", firmware);
    /* The last one counts (Xen tools/libs/util/libxlu_cfg.c, xlu_cfg_get_string()). */
    const char *const argv[] = {"xl",
                                "create",
                                path,
                                override,
                                "on_poweroff=\"preserve\"",
                                "on_reboot=\"preserve\"",
                                "on_crash=\"preserve\"",
                                "on_watchdog=\"preserve\"",
                                NULL};
    int result = order(argv, f);

    free(override);
    return result;
}

static int order_of(const char *verb, const char *option, unsigned id, struct failure *f)
{
    char *number = xasprintf("%u", id);
    const char *const argv[] = {"xl", verb, option ? option : number, option ? number : NULL, NULL};
    int result = order(argv, f);

    free(number);
    return result;
}

int xl_destroy(unsigned id, struct failure *f)
{
    return order_of("destroy", NULL, id, f);
}

int xl_shutdown(unsigned id, struct failure *f)
{
    return order_of("shutdown", "-F", id, f);
}

void xl_await_end(unsigned seconds)
{
    /* The first event only says that the watch is there. */
    const char *const argv[] = {"xenstore-watch", "-n", "2", "@releaseDomain", NULL};
    struct child child = {.argv = argv, .output_max = 4096, .seconds = seconds};
    struct timespec pause = {.tv_sec = 2};
    struct child_result r;
    struct failure f;
    time_t began = time(NULL);

    if (child_run(&child, &r, &f) == 0) {
        bool heard = r.status == 0;

        child_result_free(&r);
        if (heard)
            return;
    }
    /* Without the program there is nothing better than to look now and then. */
    if (time(NULL) - began < pause.tv_sec)
        nanosleep(&pause, NULL);
}
