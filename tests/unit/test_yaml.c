/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tap.h"

static struct yaml_node *parses(const char *text)
{
    struct yaml_node *root = NULL;
    struct failure f = {0};

    if (!ok(yaml_tree_parse("f.yaml", (const uint8_t *)text, strlen(text), &root, &f) == 0,
            "a document of %zu bytes that begins with '%.*s' is read", strlen(text),
            (int)strcspn(text, "\n"), text))
        printf("# %s\n", f.what);
    return root;
}

static void refuses_bytes(const char *text, size_t size, const char *what, const char *why)
{
    struct yaml_node *root = (void *)&root;
    struct failure f = {0};

    ok(yaml_tree_parse("f.yaml", (const uint8_t *)text, size, &root, &f) == -1, "%s is refused",
       why);
    ok(root == (void *)&root, "%s leaves the result alone", why);
    is_text(f.what, what, "%s is named with its place", why);
}

static void refuses(const char *text, const char *what, const char *why)
{
    refuses_bytes(text, strlen(text), what, why);
}

/* `count` copies of `part` between `before` and `after`. */
static char *repeat(const char *before, const char *part, size_t count, const char *after)
{
    size_t length = strlen(part);
    char *text = xmalloc(strlen(before) + count * length + strlen(after) + 1), *to = text;

    to = stpcpy(to, before);
    for (size_t i = 0; i < count; i++)
        to = stpcpy(to, part);
    stpcpy(to, after);
    return text;
}

static void good_documents(void)
{
    struct yaml_node *root = parses("a: 1\nb:\n  - x\n  - {c: d}\n");

    is_int(root->kind, YAML_MAP, "the root is a map");
    is_int(root->count, 2, "... with two keys");
    is_text(root->keys[1]->text, "b", "... in their order");
    is_int(root->values[1]->kind, YAML_LIST, "a list is a list");
    is_int(root->values[1]->values[1]->line, 4, "a node knows its line");
    is_int(root->values[1]->values[1]->column, 5, "a node knows its column");
    is_text(root->values[1]->values[1]->values[0]->text, "d", "flow style is read as well");
    yaml_tree_free(root);

    root = parses("- \"2.10\"\n- 2.10\n- yes\n- ~\n- ''\n");
    is_text(root->values[1]->text, "2.10", "a number keeps its text: 2.10 is not 2.1");
    is_text(root->values[2]->text, "yes", "yes is the text yes");
    is_text(root->values[3]->text, "~", "~ is the text ~");
    is_text(root->values[4]->text, "", "an empty text is a text");
    yaml_tree_free(root);
}

static void bad_documents(void)
{
    refuses("", "f.yaml:1:1: the document is empty", "an empty file");
    refuses("# only a comment\n", "f.yaml:2:1: the document is empty", "a file of comments");
    refuses("a: 1\na: 2\n", "f.yaml:2:1: duplicate key 'a'", "a duplicate key");
    refuses("a: &x 1\n", "f.yaml:1:4: anchors (&name) are not supported", "an anchor");
    refuses("a: *x\n", "f.yaml:1:4: aliases (*name) are not supported", "an alias");
    refuses("a: !!int 1\n", "f.yaml:1:4: tags (!name) are not supported", "a tag");
    refuses("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document begins (expected one)",
            "a second document");
    refuses("? [a]\n: 1\n", "f.yaml:1:3: a key must be text (found a list)", "a list as a key");
    refuses("a: \"b\\0c\"\n", "f.yaml:1:4: value contains a NUL byte", "a NUL in a value");
    refuses_bytes("a: 1\nb: \xff\xfe\n", 10, "f.yaml:2:4: invalid leading UTF-8 octet",
                  "text that is not UTF-8");
    refuses("a: [1, 2\n",
            "f.yaml:2:1: did not find expected ',' or ']' while parsing a flow sequence",
            "a list without end");
    refuses("&a [&b [&c [&d [*a, *b, *c]]]]\n", "f.yaml:1:1: anchors (&name) are not supported",
            "a billion laughs");

    char *text = repeat("", "[", 17, "");
    refuses(text, "f.yaml:1:17: nested too deeply (limit 16)", "a list 17 deep");
    free(text);
    text = repeat("", "[", 500000, "");
    refuses(text, "f.yaml:1:17: nested too deeply (limit 16)", "a list half a million deep");
    free(text);
    text = repeat("a: ", "x", YAML_SCALAR_MAX + 1, "\n");
    refuses(text, "f.yaml:1:4: value is too long (found 4097 bytes, limit 4096)",
            "a value one byte too long");
    free(text);
    text = repeat("a: ", "x", YAML_SCALAR_MAX, "\n");
    yaml_tree_free(parses(text));
    free(text);
    text = repeat("a: ", "x", 1 << 20, "\n");
    refuses(text, "f.yaml: file is too large (found 1048580 bytes, limit 1048576)",
            "a value of 1 MiB");
    free(text);
    text = repeat("[", "a,", YAML_NODES_MAX, "a]\n");
    refuses(text, "f.yaml:1:200000: too many values (limit 100000)", "a list of 100001 values");
    free(text);
}

static void too_many_keys(void)
{
    char *text = xmalloc(20000), *to = text;

    for (int i = 0; i <= YAML_KEYS_MAX; i++)
        to += sprintf(to, "k%d: v\n", i);
    refuses(text, "f.yaml:1001:1: too many keys in one map (limit 1000)", "a map of 1001 keys");
    free(text);
}

int main(void)
{
    good_documents();
    bad_documents();
    too_many_keys();
    return tap_done();
}
