/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/deb_changes.h"

#include <stdbool.h>
#include <string.h>

static const char field[] = "Checksums-Sha256:";

struct word {
    const char *text;
    size_t length;
};

/* The line at *offset, without its end; *offset then stands behind it. */
static struct word next_line(const char *text, size_t size, size_t *offset)
{
    const char *start = text + *offset;
    const char *end = memchr(start, '\n', size - *offset);
    struct word line = {start, end ? (size_t)(end - start) : size - *offset};

    *offset += line.length + (end != NULL);
    if (line.length && line.text[line.length - 1] == '\r')
        line.length--;
    return line;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct word next_word(struct word *line)
{
    struct word word;

    while (line->length && is_blank(*line->text)) {
        line->text++;
        line->length--;
    }
    word = (struct word){line->text, 0};
    while (line->length && !is_blank(*line->text)) {
        line->text++;
        line->length--;
        word.length++;
    }
    return word;
}

static bool is_sum(const struct word *word)
{
    if (word->length != 64)
        return false;
    for (size_t i = 0; i < word->length; i++) {
        if (!strchr("0123456789abcdef", word->text[i]) || !word->text[i])
            return false;
    }
    return true;
}

/* It becomes a path beside the .changes: nothing that leads elsewhere. */
static bool is_bare_name(const struct word *word)
{
    if (!word->length || word->length >= DEB_CHANGES_NAME_SIZE || word->text[0] == '.')
        return false;
    for (size_t i = 0; i < word->length; i++) {
        if (word->text[i] <= ' ' || word->text[i] > '~' || word->text[i] == '/')
            return false;
    }
    return true;
}

int deb_changes_next(const char *path, const char *text, size_t size, size_t *offset,
                     struct deb_changes_file *file, struct failure *f)
{
    if (*offset == 0) {
        bool found = false;

        while (!found && *offset < size) {
            struct word line = next_line(text, size, offset);

            found = line.length >= sizeof field - 1 &&
                    strncasecmp(line.text, field, sizeof field - 1) == 0;
        }
        if (!found)
            return fail(f, "%s: not a .changes file (found no field '%s')", path, field);
    }
    if (*offset >= size || !is_blank(text[*offset]))
        return 0;
    struct word line = next_line(text, size, offset);
    struct word sum = next_word(&line), length = next_word(&line), name = next_word(&line);
    if (!is_sum(&sum) || !length.length || !is_bare_name(&name) || next_word(&line).length)
        return fail(f, "%s: a line of '%s' is not CHECKSUM SIZE NAME (found '%.*s')", path, field,
                    (int)(name.length < 100 ? name.length : 100), name.text);
    memcpy(file->sha256, sum.text, sum.length);
    file->sha256[sum.length] = '\0';
    memcpy(file->name, name.text, name.length);
    file->name[name.length] = '\0';
    return 1;
}
