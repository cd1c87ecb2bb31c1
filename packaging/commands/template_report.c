/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/template_report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "commands/maps.h"
#include "outputs/json.h"

char *plain_root(const char *root)
{
    size_t length = root ? strlen(root) : 0;

    while (length && root[length - 1] == '/')
        length--;
    return length ? xstrndup(root, length) : NULL;
}

/* The absolute name of the code, as the root has it. */
static char *absolute(const char *name, const char *root)
{
    size_t length = root ? strlen(root) : 0;

    if (root && strncmp(name, root, length) == 0 && name[length] == '/')
        return xstrdup(name + length);
    if (name[0] == '/')
        return xstrdup(name);
    char *directory = root ? xstrdup("") : getcwd(NULL, 0);
    char *path = xasprintf("%s/%s", directory ? directory : "", name);
    free(directory);
    return path;
}

int choose_template(const char *name, const char *root, const char *list,
                    struct chosen_template *chosen, struct failure *f)
{
    char *below = plain_root(root), *code = absolute(name, below);
    int result = template_search(code, below, list, &chosen->search, f);

    chosen->code_file = NULL;
    chosen->file = NULL;
    if (result == 0) {
        const struct template_search *s = &chosen->search;

        chosen->code_file = template_file(below, code);
        if (s->count && s->answers[0].filename)
            chosen->file = template_file(below, s->answers[0].filename);
    }
    free(code);
    free(below);
    return result;
}

void chosen_template_free(struct chosen_template *chosen)
{
    template_search_free(&chosen->search);
    free(chosen->code_file);
    free(chosen->file);
    *chosen = (struct chosen_template){0};
}

const char *template_source_text(const struct template_answer *answer)
{
    if (answer->where)
        return answer->where;
    return answer->source == TEMPLATE_DEFAULT ? "libvirt's default list" : "--libvirt-nvram";
}

struct json_object *template_object(const struct template_answer *answer)
{
    struct json_object *o = json_new();

    json_add_text(o, "template", answer->filename);
    json_add_text(o, "format", answer->format);
    json_add_text(o, "source", template_source_name(answer->source));
    json_add_text(o, "file", answer->where);
    json_add_text(o, "matched", answer->code);
    json_add_flag(o, "by_link", answer->by_link);
    return o;
}
