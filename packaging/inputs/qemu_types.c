/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qemu_types.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/json.h"
#include "inputs/qemu_binary.h"
#include "outputs/child.h"

static void take(struct json_object *list, struct qemu_types *types)
{
    size_t count = json_object_array_length(list);

    types->list = xcalloc(count ? count : 1, sizeof *types->list);
    for (size_t i = 0; i < count; i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        const char *name = json_member_text(o, "name");

        if (name)
            types->list[types->count++] = (struct qemu_type){xstrdup(name)};
    }
    SORT_BY(types->list, types->count, name);
}

/* One message a line: a greeting, two answers, an event; the list is the only array. */
static int read_answer(const char *binary, char *text, struct qemu_types *types, struct failure *f)
{
    char *rest = NULL;

    for (char *line = strtok_r(text, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
        struct json_object *o, *list;

        if (json_tree_parse(binary, (const uint8_t *)line, strlen(line), &o, f) != 0)
            return -1;
        list = json_member(o, "return", json_type_array);
        if (list)
            take(list, types);
        json_object_put(o);
        if (types->count)
            return 0;
    }
    return fail(f, "%s: no list of device types in its answer", binary);
}

/* 0 or -1; the answers are r->output, which child_result_free() frees. */
static int ask(const char *binary, const char *questions, struct child_result *r, struct failure *f)
{
    /* Whichever accelerator it was built with: none starts anything here. */
    const char *const argv[] = {binary,
                                "-machine",
                                "none,accel=tcg:kvm",
                                "-nodefaults",
                                "-no-user-config",
                                "-display",
                                "none",
                                "-S",
                                "-qmp",
                                "stdio",
                                NULL};
    struct child child = {.argv = argv,
                          .input = questions,
                          .output_max = QEMU_TYPES_ANSWER_MAX,
                          .seconds = QEMU_ANSWER_SECONDS};

    *r = (struct child_result){0};
    return child_succeed(&child, r, f);
}

int qemu_types_ask(const char *binary, struct qemu_types *types, struct failure *f)
{
    static const char questions[] = "{\"execute\": \"qmp_capabilities\"}\n"
                                    "{\"execute\": \"qom-list-types\", \"arguments\": "
                                    "{\"implements\": \"pci-device\", \"abstract\": true}}\n"
                                    "{\"execute\": \"quit\"}\n";
    struct qemu_types found = {0};
    struct child_result r;
    int result = ask(binary, questions, &r, f);

    if (result == 0)
        result = read_answer(binary, (char *)r.output, &found, f);

    child_result_free(&r);
    if (result == 0)
        *types = found;
    else
        qemu_types_free(&found);
    return result;
}

char *qemu_target_ask(const char *binary)
{
    static const char questions[] = "{\"execute\": \"qmp_capabilities\"}\n"
                                    "{\"execute\": \"query-target\"}\n"
                                    "{\"execute\": \"quit\"}\n";
    struct child_result r;
    struct failure f;
    char *rest = NULL, *target = NULL;

    if (ask(binary, questions, &r, &f) == 0)
        for (char *line = strtok_r((char *)r.output, "\r\n", &rest); line && !target;
             line = strtok_r(NULL, "\r\n", &rest)) {
            struct json_object *o;

            if (json_tree_parse(binary, (const uint8_t *)line, strlen(line), &o, &f) != 0)
                break;
            target = xstrdup_or_null(
                json_member_text(json_member(o, "return", json_type_object), "arch"));
            json_object_put(o);
        }
    child_result_free(&r);
    return target;
}

void qemu_types_free(struct qemu_types *types)
{
    for (size_t i = 0; i < types->count; i++)
        free(types->list[i].name);
    free(types->list);
    *types = (struct qemu_types){0};
}

const struct qemu_type *qemu_types_find(const struct qemu_types *types, const char *name)
{
    return FIND_BY(types->list, types->count, name, name);
}
