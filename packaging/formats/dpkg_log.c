/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/dpkg_log.h"

#include <stdbool.h>
#include <string.h>

#include "base/date.h"

/* DATE TIME ACTION PACKAGE:ARCH OLD NEW; "<none>" is no version. */
enum { DAY, TIME, ACTION, PACKAGE, OLD, NEW, WORDS };

static bool split(char *line, char *words[WORDS])
{
    char *rest = line;
    int64_t day;
    int n = 0;

    for (; n < WORDS && (words[n] = strsep(&rest, " ")) && *words[n]; n++)
        ;
    return n == WORDS && !rest && date_parse(words[DAY], &day);
}

static const char *version_of(const char *word)
{
    return strcmp(word, "<none>") == 0 ? NULL : word;
}

/* dpkg src/main/: unpack.c ("install" also where a package that was removed left its conffiles, whose
 * version is logged as the old one), remove.c; "disappear": other packages have all of its files. */
static const struct action {
    const char *word;
    bool was_there, is_there;
} actions[] = {
    {"install", false, true},
    {"upgrade", true, true},
    {"remove", true, false},
    {"disappear", true, false},
};

static const struct action *action_of(const char *word)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(word, actions[i].word) == 0)
            return &actions[i];
    return NULL;
}

void dpkg_log_read(char *text, void (*take)(void *arg, const struct dpkg_log_entry *entry),
                   void *arg)
{
    char *words[WORDS];

    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        const struct action *action = split(line, words) ? action_of(words[ACTION]) : NULL;

        if (!action)
            continue;
        words[PACKAGE][strcspn(words[PACKAGE], ":")] = '\0';
        const struct dpkg_log_entry entry = {
            words[DAY], words[PACKAGE], action->was_there ? version_of(words[OLD]) : NULL,
            action->is_there ? version_of(words[NEW]) : NULL};

        take(arg, &entry);
    }
}
