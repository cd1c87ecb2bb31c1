/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/deb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/file.h"
#include "outputs/child.h"
#include "outputs/gzip.h"

#define WRAP 79

enum { DPKG_DEB_ANSWER_MAX = 64 * 1024, DPKG_DEB_SECONDS = 600 };

/* --- what it is -------------------------------------------------------------------- */

/* "+compat1" sorts after the source's version and before its next one. */
static char *pick_version(const char *given, const struct source *source,
                          const struct romset_source *wanted)
{
    const char *version = source->version ? source->version : wanted->version;

    if (given)
        return xstrdup(given);
    return xasprintf("%s+compat1", version ? version : "0");
}

int deb_describe(struct deb_package *p, const struct source *source,
                 const struct romset_source *wanted, const char *version, const char *maintainer,
                 const char *date, struct failure *f)
{
    if (output_date(date, source->newest, &p->date, f) < 0)
        return -1;
    p->maintainer = maintainer ? maintainer : source->maintainer;
    p->source_package = xstrdup_or_null(source->package);
    p->source_version = xstrdup_or_null(source->version);
    p->version = pick_version(version, source, wanted);
    return 0;
}

void deb_package_free(struct deb_package *p)
{
    for (size_t i = 0; i < p->document_count; i++)
        free(p->documents[i].path);
    free(p->deb.path);
    free(p->version);
    free(p->source_package);
    free(p->source_version);
    *p = (struct deb_package){0};
}

/* An epoch is in no file name. */
static char *file_name(const struct deb_package *p)
{
    const char *colon = strchr(p->version, ':');

    return xasprintf("%s_%s_all.deb", p->name, colon ? colon + 1 : p->version);
}

const char *deb_made_from(const struct deb_package *p, const struct romset_source *source)
{
    return p->source_package ? p->source_package : source->name;
}

const char *deb_made_from_version(const struct deb_package *p, const struct romset_source *source)
{
    return p->source_version ? p->source_version : source->version ? source->version : "";
}

/* --- documents ------------------------------------------------------------------------ */

/* "usr/share/doc/PACKAGE/NAME". Free it. */
static char *deb_doc_path(const struct deb_package *p, const char *name)
{
    return xasprintf("usr/share/doc/%s/%s", p->name, name);
}

static int add_at(struct output *o, struct deb_package *p, char *path, const void *data,
                  size_t size)
{
    int result = output_add(o, path, data, size, &p->documents[p->document_count]);

    if (result == 0)
        p->document_count++;
    free(path);
    return result;
}

int deb_add_document(struct output *o, struct deb_package *p, const char *name, const void *data,
                     size_t size)
{
    return add_at(o, p, deb_doc_path(p, name), data, size);
}

static char *changelog_text(const struct deb_package *p)
{
    char date[64];
    struct tm tm;
    time_t when = (time_t)p->date;

    gmtime_r(&when, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
    return xasprintf("%s (%s) unstable; urgency=medium\n\n  * %s\n\n -- %s  %s\n", p->name,
                     p->version, p->change, p->maintainer, date);
}

static int add_changelog(struct output *o, struct deb_package *p)
{
    char *text = changelog_text(p);
    size_t size;
    uint8_t *packed = gzip_bytes(text, strlen(text), &size);
    /* A version without a revision is a native package: Debian Policy 12.7. */
    bool native = !strchr(p->version, '-');
    int result =
        deb_add_document(o, p, native ? "changelog.gz" : "changelog.Debian.gz", packed, size);

    free(packed);
    free(text);
    return result;
}

static int add_overrides(struct output *o, struct deb_package *p)
{
    char *text = xasprintf(
        "# Debian 12's lintian is older than the field (Debian Policy 7.8, dpkg 1.21.3).\n"
        "%s: unknown-field Static-Built-Using\n",
        p->name);
    int result =
        add_at(o, p, xasprintf("usr/share/lintian/overrides/%s", p->name), text, strlen(text));

    free(text);
    return result;
}

int deb_add_documents(struct output *o, struct deb_package *p, const struct source *source)
{
    if (source->copyright &&
        deb_add_document(o, p, "copyright", source->copyright, source->copyright_size) < 0)
        return -1;
    if (!p->maintainer)
        return 0;
    if (add_changelog(o, p) < 0)
        return -1;
    return p->source_package ? add_overrides(o, p) : 0;
}

/* --- control ------------------------------------------------------------------------ */

/* Debian Policy 5.6.13: every line of the extended description begins with a space,
 * an empty one is " .". Words are set anew; a line that begins with a space stays. */
static void write_description(FILE *to, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t length = strcspn(text, " \n");

        if (length) {
            if (column && column + 1 + length > WRAP) {
                putc('\n', to);
                column = 0;
            }
            fprintf(to, " %.*s", (int)length, text);
            column += 1 + length;
            text += length;
        } else if (text[0] == '\n' && text[1] == '\n') {
            fputs(column ? "\n .\n" : " .\n", to);
            column = 0;
            text += strspn(text, "\n");
        } else {
            text++;
        }
    }
    if (column)
        putc('\n', to);
}

/* As dpkg-gencontrol counts: each file rounded up to 1 KiB, 1 KiB for each directory. */
static uint64_t installed_kib(const char *const *paths, const uint64_t *sizes)
{
    uint64_t kib = 0;

    for (size_t i = 0; paths[i]; i++) {
        kib += (sizes[i] + 1023) / 1024;
        for (const char *slash = strchr(paths[i], '/'); slash; slash = strchr(slash + 1, '/')) {
            size_t length = (size_t)(slash - paths[i]);
            bool counted = false;

            for (size_t k = 0; k < i && !counted; k++)
                counted = strncmp(paths[k], paths[i], length + 1) == 0;
            kib += !counted;
        }
    }
    return kib + 1; /* the root */
}

static char *control_text(const struct deb_package *p, uint64_t kib)
{
    struct text text;
    FILE *to = text_begin(&text);

    fprintf(to,
            "Package: %s\nVersion: %s\nArchitecture: all\nMulti-Arch: foreign\n"
            "Maintainer: %s\nInstalled-Size: %" PRIu64 "\n",
            p->name, p->version, p->maintainer, kib);
    if (p->source_package)
        fprintf(to, "Static-Built-Using: %s (= %s)\n", p->source_package, p->source_version);
    fprintf(to, "Section: otherosfs\nPriority: optional\nDescription: %s\n", p->summary);
    write_description(to, p->description);
    return text_end(&text);
}

/* --- the package ---------------------------------------------------------------------- */

/* Links the files into the stage and collects their sums and sizes. */
static char *stage_files(struct tree *tree, const char *stage, const char *const *paths,
                         uint64_t *sizes, struct failure *f)
{
    struct text text;
    FILE *to = text_begin(&text);

    for (size_t i = 0; paths[i]; i++) {
        char *there = xasprintf("%s/%s", stage, paths[i]);
        char *here = xasprintf("%s/%s", tree_path(tree), paths[i]), md5[MD5_TEXT_SIZE];
        uint8_t *data;
        size_t length;
        int result = tree_link(tree, paths[i], there, f);

        if (result == 0)
            result = read_file(here, DEB_FILE_MAX, &data, &length, f);
        free(there);
        free(here);
        if (result < 0) {
            free(text_end(&text));
            return NULL;
        }
        md5_text(data, length, md5);
        sizes[i] = length;
        free(data);
        fprintf(to, "%s  %s\n", md5, paths[i]);
    }
    return text_end(&text);
}

static int add_control_file(struct tree *tree, const char *stage, const char *name,
                            const char *text, struct failure *f)
{
    char *path = xasprintf("%s/DEBIAN/%s", stage, name);
    int result = tree_add(tree, path, text, strlen(text), 0644, f);

    free(path);
    return result;
}

static int run_dpkg_deb(struct tree *tree, const struct deb_package *p, const char *stage,
                        const char *name, struct failure *f)
{
    char *from = xasprintf("%s/%s", tree_path(tree), stage);
    char *to = xasprintf("%s/%s", tree_path(tree), name);
    char *epoch = xasprintf("SOURCE_DATE_EPOCH=%" PRId64, p->date);
    /* One thread: with several, xz may cut its blocks by the number of cores. */
    const char *const argv[] = {
        "dpkg-deb", "--root-owner-group", "--threads-max=1", "-Zxz", "-z9", "--build", from, to,
        NULL};
    const char *const environment[] = {epoch, "DPKG_COLORS=never", "TZ=UTC0", NULL};

    struct child child = {.argv = argv,
                          .environment = environment,
                          .output_max = DPKG_DEB_ANSWER_MAX,
                          .seconds = DPKG_DEB_SECONDS};
    struct child_result r = {0};
    int result = child_succeed(&child, &r, f);
    child_result_free(&r);
    if (result < 0)
        fail_hint(f, "dpkg-deb is part of the package dpkg.");
    free(from);
    free(to);
    free(epoch);
    return result;
}

static int check_parts(const struct deb_package *p, struct failure *f)
{
    bool copyright = false;

    for (size_t i = 0; i < p->document_count; i++)
        copyright |= ends_with(p->documents[i].path, "/copyright");
    if (p->maintainer && copyright)
        return 0;
    fail(f, "%s: a package needs a %s, and the source has none", p->yaml,
         p->maintainer ? "copyright file" : "maintainer");
    return fail_hint(f, p->maintainer ? "Add 'copyright: PATH-IN-THE-SOURCE' to the file."
                                      : "Add 'maintainer: NAME <ADDRESS>' to the file.");
}

/* With the control files beside what is installed, as dpkg-deb wants it. */
static int pack_stage(struct output *o, const struct deb_package *p, const char *stage,
                      const char *const *paths, size_t count, const char *name)
{
    uint64_t *sizes = xcalloc(count, sizeof *sizes);
    char *sums = stage_files(o->tree, stage, paths, sizes, o->f);
    int result = -1;

    if (sums) {
        char *control = control_text(p, installed_kib(paths, sizes));

        if (add_control_file(o->tree, stage, "control", control, o->f) == 0 &&
            add_control_file(o->tree, stage, "md5sums", sums, o->f) == 0 &&
            tree_set_dates(o->tree, stage, (time_t)p->date, o->f) == 0)
            result = run_dpkg_deb(o->tree, p, stage, name, o->f);
        free(control);
    }
    free(sums);
    free(sizes);
    return result;
}

int deb_make(struct output *o, struct deb_package *p, const char *const *paths, size_t count)
{
    if (check_parts(p, o->f) < 0 || !tree_scratch(o->tree, o->f))
        return -1;
    const char **all = xcalloc(count + p->document_count + 1, sizeof *all);
    char *stage = xasprintf(TREE_SCRATCH "/%s", p->name), *name = file_name(p);

    memcpy(all, paths, count * sizeof *all);
    for (size_t i = 0; i < p->document_count; i++)
        all[count + i] = p->documents[i].path;
    int result = pack_stage(o, p, stage, all, count + p->document_count, name);
    if (result == 0)
        result = output_take(o, name, &p->deb);
    free(all);
    free(stage);
    free(name);
    return result;
}
