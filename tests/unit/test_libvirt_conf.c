/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of strings in libvirt's configuration files. */
#include "formats/libvirt_conf.h"

#include <stdlib.h>

#include "tap.h"

#define WORDS 4

static struct libvirt_word words[WORDS];
static size_t count;
static unsigned line;
static char *copy;

static enum libvirt_conf_result list(const char *text)
{
    free(copy);
    copy = malloc(strlen(text) + !*text); /* no NUL behind it: ASan sees who reads one */
    memcpy(copy, text, strlen(text));
    return libvirt_conf_list(copy, strlen(text), "nvram", words, WORDS, &count, &line);
}

/* The words with a bar between them. */
static void is_list(const char *text, const char *expected)
{
    char joined[256] = "";
    enum libvirt_conf_result r = list(text);

    for (size_t i = 0; i < count; i++)
        snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%.*s", i ? "|" : "",
                 (int)words[i].length, words[i].text);
    is_text(r == LIBVIRT_CONF_LIST ? joined : "no list", expected,
            "the list in libvirt's configuration is read: %.*s", (int)strcspn(text, "#\n"), text);
}

static void is_broken(const char *text, unsigned where)
{
    ok(list(text) == LIBVIRT_CONF_BROKEN && line == where, "broken in line %u: %.*s", where,
       (int)strcspn(text, "#\n"), text);
}

int main(void)
{
    is_list("nvram = [ \"a:b\", \"c:d\" ]", "a:b|c:d");
    is_list("nvram=[\"a:b\",]", "a:b");
    is_list("nvram = 'a:b'", "a:b");
    is_list("nvram = \"\"\"a\nb\"\"\"", "a\nb");
    is_list("nvram = [\n  \"a\", # not \"b\"\n  'c'\n]\n", "a|c");
    is_list("# nvram = [ \"no\" ]\nuser = \"u\"\nmax = 7\nnvram = [\"a\"]\nnvram = [\"b\"]", "b");
    is_list("nvram = []", "");
    is_list("nvram_other = [\"a\"]\n nvram = [\"b\"]", "b");
    ok(list("") == LIBVIRT_CONF_NONE, "an empty file sets nothing");
    ok(list("user = \"nvram\"\n#nvram = [\"a\"]") == LIBVIRT_CONF_NONE,
       "neither does a comment, or another name's value");
    is_broken("nvram = [ \"a\"\nuser = 1", 2);
    is_broken("nvram = [ \"a ]\n", 1);
    is_broken("\n\nnvram \"a\"", 3);
    is_broken("nvram =", 1);
    is_broken("nvram = [", 1);
    is_broken("= 7", 1);
    ok(list("nvram = ['1','2','3','4','5']") == LIBVIRT_CONF_TOO_MANY, "there is a limit");
    ok(libvirt_conf_value("[ 'a', 'b' ]", 12, words, WORDS, &count, &line) == LIBVIRT_CONF_LIST &&
           count == 2,
       "a value without a name is an error");
    ok(libvirt_conf_value("'a', 'b'", 8, words, WORDS, &count, &line) == LIBVIRT_CONF_LIST &&
           count == 2,
       "also without brackets");
    ok(libvirt_conf_value("['a'] x", 7, words, WORDS, &count, &line) == LIBVIRT_CONF_BROKEN,
       "and nothing behind it");
    free(copy);
    return tap_done();
}
