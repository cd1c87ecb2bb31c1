/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/cache.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/apt.h"
#include "inputs/sha256.h"
#include "outputs/file.h"

#define SHA256_DIGITS (SHA256_TEXT_SIZE - 1)
#define SUFFIX_MAX 8                      /* "deb", "xz": longer ones are not kept */
#define PART_KEEP_SECONDS (7 * 24 * 3600) /* then nobody will go on with it */
#define LOCK_WAIT_MS 600000
#define LOCK_POLL_MS 100
/* So many new bytes make an attempt one that brought something. */
#define PROGRESS_MIN (64 * 1024)

/* One address to try. */
struct candidate {
    char *url;
    char *proxy;   /* that apt is configured for, or NULL */
    bool dead;     /* it cannot work: 404, wrong sum... */
    bool wrong;    /* it sent something else than we want */
    char *failure; /* of the last attempt, or NULL */
};

/* What is known while one file is on its way. */
struct job {
    const struct fetch_request *request;
    char *name; /* as it may be shown: an address may hold a password */
    struct patience patience;
    char *dir, *path, *part;
    int fd; /* of the locked .part, or -1 */
    struct candidate *list;
    size_t count, capacity;
    char *apt_note;
};

/* --- names ------------------------------------------------------------------- */

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static char *cache_directory(const char *wanted, struct failure *f)
{
    const char *base;

    if (wanted)
        return xstrdup(wanted);
    if ((base = environment("ROMCOMPAT_CACHE")))
        return xstrdup(base);
    /* A relative XDG_CACHE_HOME is to be ignored, says the XDG specification. */
    if ((base = environment("XDG_CACHE_HOME")) && base[0] == '/')
        return xasprintf("%s/romcompat", base);
    if ((base = environment("HOME")))
        return xasprintf("%s/.cache/romcompat", base);
    fail(f, "no directory for the cache: HOME is not set");
    fail_hint(f, "ROMCOMPAT_CACHE or --cache names one.");
    return NULL;
}

/* ".deb" of ".../x_1_all.deb" and of ".../x.deb?a=b"; ".file" where there is none. */
static char *suffix_of(const char *address)
{
    size_t end = strcspn(address, "?#"), at = end, length;

    while (at && isalnum((unsigned char)address[at - 1]))
        at--;
    length = end - at;
    if (!at || address[at - 1] != '.' || !length || length > SUFFIX_MAX ||
        (length == 4 && strncmp(address + at, "part", 4) == 0))
        return xstrdup(".file");
    return xasprintf(".%.*s", (int)length, address + at);
}

/* A path from a romset becomes part of an address: nothing in it may lead out of
 * the mirror or mean anything else there. */
static bool pool_path_is_safe(const char *path)
{
    for (const char *p = path; *p;) {
        size_t length = strcspn(p, "/");

        if (!length || (p[0] == '.' && (length == 1 || (length == 2 && p[1] == '.'))))
            return false;
        p += length + (p[length] == '/');
    }
    return path[0] && path[strlen(path) - 1] != '/';
}

static char *encode(const char *path)
{
    char *text = xmalloc(3 * strlen(path) + 1), *to = text;

    for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
        if (isalnum(*p) || strchr("/-._~+,:=@!$&'()*;", *p))
            *to++ = (char)*p;
        else
            to += sprintf(to, "%%%02X", *p);
    }
    *to = '\0';
    return text;
}

/* --- where it may lie --------------------------------------------------------- */

static void add_candidate(struct job *j, char *url)
{
    /* A file: address needs no network. */
    if (j->request->offline && strncasecmp(url, "file:", 5) != 0) {
        free(url);
        return;
    }
    APPEND(j->list, j->count, j->capacity, (struct candidate){.url = url});
}

static void add_mirror(struct job *j, const char *mirror, const char *path)
{
    size_t length = strlen(mirror);

    while (length && mirror[length - 1] == '/')
        length--;
    add_candidate(
        j, xasprintf("%s%.*s/%s", mirror[0] == '/' ? "file://" : "", (int)length, mirror, path));
}

/* The variables are libcurl's affair, and take precedence over apt's configuration. It does not
 * look at HTTP_PROXY: a web server would set that for a "Proxy:" header. */
static bool has_proxy_variable(const char *url)
{
    if (environment("all_proxy") || environment("ALL_PROXY"))
        return true;
    if (strncasecmp(url, "https:", 6) == 0)
        return environment("https_proxy") || environment("HTTPS_PROXY");
    return environment("http_proxy");
}

static int find_candidates(struct job *j, struct failure *f)
{
    const struct fetch_request *r = j->request;

    for (size_t i = 0; i < r->url_count; i++)
        add_candidate(j, xstrdup(r->urls[i]));
    if (!r->pool_path)
        return 0;
    if (!pool_path_is_safe(r->pool_path))
        return fail(f, "%s: '%s' is not a path below a mirror", j->name, r->pool_path);
    char *path = encode(r->pool_path);
    for (size_t i = 0; i < r->mirror_count; i++)
        add_mirror(j, r->mirrors[i], path);
    if (!r->mirror_count) {
        struct apt_mirrors m;
        const char *root = r->apt_root ? r->apt_root : environment("ROMCOMPAT_APT_ROOT");

        apt_mirrors_ask(root ? root : "", &m);
        for (size_t i = 0; i < m.count; i++) {
            size_t before = j->count;

            add_mirror(j, m.list[i], path);
            if (j->count > before && !has_proxy_variable(m.list[i]))
                j->list[before].proxy = apt_proxy_ask(root ? root : "", m.list[i]);
        }
        j->apt_note = m.note;
        m.note = NULL;
        apt_mirrors_free(&m);
    }
    free(path);
    return 0;
}

/* --- the directory --------------------------------------------------------------- */

static int name_another(struct failure *f)
{
    return fail_hint(f, "ROMCOMPAT_CACHE or --cache names another directory for the cache.");
}

static int cannot_write(const char *path, struct failure *f)
{
    fail(f, "%s: %s", path, strerror(errno));
    return name_another(f);
}

/* Whether the file at `path` is there with the right sum. */
static bool is_good(const char *path, const char *sha256, uint64_t *size)
{
    char found[SHA256_TEXT_SIZE];
    struct stat st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           sha256_of_file(path, found, size, NULL) == 0 && strcmp(found, sha256) == 0;
}

static bool same_file(int fd, const char *path)
{
    struct stat a, b;

    return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static void sleep_ms(unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

static void show_note(const struct job *j, const char *note, bool ended)
{
    struct download_state s = {.name = j->name, .note = note, .ended = ended};

    if (j->request->progress)
        j->request->progress(j->request->progress_state, &s);
}

/* Opens and locks the .part. The one who held the lock before us may have renamed
 * or removed the file, then our lock is on a file without a name: once more. */
static int open_part(struct job *j, struct failure *f)
{
    for (unsigned waited = 0;;) {
        int fd = open(j->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0)
            return cannot_write(j->part, f);
        bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
        if (locked && same_file(fd, j->part)) {
            j->fd = fd;
            return 0;
        }
        int error = errno;
        close(fd);
        if (!locked && error != EWOULDBLOCK && error != EINTR) {
            errno = error;
            return cannot_write(j->part, f);
        }
        if (waited >= LOCK_WAIT_MS)
            return fail(f, "%s: locked by another run for more than %d s", j->part,
                        LOCK_WAIT_MS / 1000);
        show_note(j, "another run is fetching it", false);
        sleep_ms(LOCK_POLL_MS);
        waited += LOCK_POLL_MS;
    }
}

static bool is_part_name(const char *name)
{
    for (size_t i = 0; i < SHA256_DIGITS; i++) {
        if (!isxdigit((unsigned char)name[i]))
            return false;
    }
    return strcmp(name + SHA256_DIGITS, ".part") == 0;
}

/* Downloads that were cut off and never asked for again must not pile up. */
static void remove_old_parts(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    struct stat st;

    while (d && (entry = readdir(d))) {
        if (!is_part_name(entry->d_name) ||
            fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            time(NULL) - st.st_mtime < PART_KEEP_SECONDS)
            continue;
        int fd = openat(dirfd(d), entry->d_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            unlinkat(dirfd(d), entry->d_name, 0);
        if (fd >= 0)
            close(fd);
    }
    if (d)
        closedir(d);
}

/* --- the download --------------------------------------------------------------- */

static uint64_t size_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* One address, once; DOWNLOAD_DONE when the .part is whole and right. */
static enum download_result try_candidate(struct job *j, struct candidate *c, unsigned *wait_ms,
                                          struct failure *f)
{
    struct download d = {
        .url = c->url,
        .proxy = c->proxy,
        .name = j->name,
        .fd = j->fd,
        .path = j->part,
        .patience = &j->patience,
        .progress = j->request->progress,
        .progress_state = j->request->progress_state,
    };
    char found[SHA256_TEXT_SIZE];

    /* Twice, because bytes that an earlier attempt left may be the wrong ones. */
    for (;;) {
        bool resumed = size_of(j->fd) > 0;
        uint64_t size;
        enum download_result r = download_once(&d, wait_ms, f);

        if (r != DOWNLOAD_DONE)
            return r;
        if (sha256_of_file(j->part, found, &size, f) != 0)
            return DOWNLOAD_LOCAL;
        if (strcmp(found, j->request->sha256) == 0)
            return DOWNLOAD_DONE;
        if (ftruncate(j->fd, 0) != 0)
            return cannot_write(j->part, f), DOWNLOAD_LOCAL;
        if (resumed)
            continue;
        char *shown = url_for_display(c->url);
        fail(f, "%s: wrong SHA-256 (found %s in %llu bytes, expected %s)", shown, found,
             (unsigned long long)size, j->request->sha256);
        free(shown);
        c->wrong = true;
        return DOWNLOAD_NEVER;
    }
}

/* Every address has failed: one line that says how, and one what may help. */
static int no_candidate_left(struct job *j, unsigned rounds, struct failure *f)
{
    char text[sizeof f->what];
    size_t length = 0;
    bool wrong = false, unreachable = false;

    text[0] = '\0';
    /* A wrong sum is what must be known, so it comes first. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < j->count; i++) {
            const struct candidate *c = &j->list[i];

            if (c->wrong != (pass == 0) || !c->failure)
                continue;
            wrong |= c->wrong;
            unreachable |= !c->dead;
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s",
                                       length ? "; " : "", c->failure);
            if (length >= sizeof text)
                length = sizeof text - 1;
        }
    }
    /* The name of a url: source is its address, which is there already. */
    if (strncmp(text, j->name, strlen(j->name)) == 0)
        fail(f, "%s", text);
    else
        fail(f, "%s: %s", j->name, text);
    if (unreachable && rounds > 1 && length < sizeof text - 64)
        fail(f, "%s (tried %u times)", f->what, rounds);
    if (wrong)
        fail_hint(f, "Nothing of it was kept. If the new content is meant, put its SHA-256 into "
                     "the romset.");
    else if (unreachable)
        fail_hint(f, "Check the network and http_proxy, https_proxy, no_proxy%s",
                  j->request->pool_path ? "; --mirror URL uses another mirror." : ".");
    else if (j->request->pool_path)
        fail_hint(f, "A mirror drops old versions; --mirror URL takes one that keeps them "
                     "(a snapshot mirror).");
    return -1;
}

static int download_part(struct job *j, struct failure *f)
{
    uint64_t most = size_of(j->fd);
    unsigned rounds = 0, fruitless = 0, pause = j->patience.pause_ms;

    for (;;) {
        unsigned wait = 0;
        bool any = false;

        for (size_t i = 0; i < j->count; i++) {
            struct candidate *c = &j->list[i];
            unsigned asked = 0;

            if (c->dead)
                continue;
            switch (try_candidate(j, c, &asked, f)) {
            case DOWNLOAD_DONE:
                return 0;
            case DOWNLOAD_LOCAL:
                /* A full disk gets its space back; free_job() removes the rest. */
                (void)!ftruncate(j->fd, 0);
                return -1;
            case DOWNLOAD_NEVER:
                c->dead = true;
                break;
            case DOWNLOAD_AGAIN:
                any = true;
                break;
            }
            free(c->failure);
            c->failure = xstrdup(f->what);
            wait = asked > wait ? asked : wait;
        }
        rounds++;
        fruitless++;
        if (size_of(j->fd) >= most + PROGRESS_MIN) {
            most = size_of(j->fd);
            fruitless = 0;
            pause = j->patience.pause_ms;
        }
        if (!any || fruitless >= j->patience.tries)
            return no_candidate_left(j, rounds, f);
        wait = wait > pause ? wait : pause;
        char note[64];
        snprintf(note, sizeof note, "failed, retrying in %u s", (wait + 999) / 1000);
        show_note(j, note, false);
        sleep_ms(wait);
        pause = pause > DOWNLOAD_PAUSE_MAX_MS / 2 ? DOWNLOAD_PAUSE_MAX_MS : 2 * pause;
    }
}

static int publish(struct job *j, struct failure *f)
{
    if (fsync(j->fd) != 0 || rename(j->part, j->path) != 0)
        return cannot_write(j->path, f);
    return sync_directory_of(j->path) != 0 ? say_stands(j->path, f) : 0;
}

static int fetch_into_cache(struct job *j, struct fetched *file, struct failure *f)
{
    const char *sha256 = j->request->sha256;
    char found[SHA256_TEXT_SIZE];

    if (make_directories_above(j->part, 0700, f) != 0)
        return name_another(f);
    if (open_part(j, f) != 0)
        return -1;
    remove_old_parts(j->dir);
    /* Another run may have finished it while we waited for the lock. */
    file->was_cached = is_good(j->path, sha256, &file->size);
    if (file->was_cached)
        return 0;
    /* Only under the lock: a file that rotted, and not one that another run put there. */
    unlink(j->path);
    /* A kill between the last byte and the name leaves a .part that is whole. */
    bool whole = size_of(j->fd) && sha256_of_file(j->part, found, NULL, NULL) == 0 &&
                 strcmp(found, sha256) == 0;
    int r = whole ? 0 : download_part(j, f);
    show_note(j, NULL, true);
    if (r == 0)
        r = publish(j, f);
    file->size = size_of(j->fd);
    return r;
}

/* --- all together --------------------------------------------------------------- */

static int nothing_to_try(const struct job *j, struct failure *f)
{
    const struct fetch_request *r = j->request;

    if (r->offline) {
        fail(f, "%s: not in the cache %s (SHA-256 %s), and --offline forbids fetching it", j->name,
             j->dir, r->sha256);
        return fail_hint(f, "'romcompat fetch' without --offline puts it there.");
    }
    fail(f, "%s: apt knows no mirror that can be used%s%s%s", j->name, j->apt_note ? " (" : "",
         j->apt_note ? j->apt_note : "", j->apt_note ? ")" : "");
    return fail_hint(f, "--mirror URL names one.");
}

static void free_job(struct job *j)
{
    if (j->fd >= 0) {
        /* Without content there is nothing to go on with. */
        if (same_file(j->fd, j->part) && size_of(j->fd) == 0)
            unlink(j->part);
        close(j->fd);
    }
    for (size_t i = 0; i < j->count; i++) {
        free(j->list[i].url);
        free(j->list[i].proxy);
        free(j->list[i].failure);
    }
    free(j->list);
    free(j->apt_note);
    free(j->part);
    free(j->path);
    free(j->dir);
    free(j->name);
}

static int run_job(struct job *j, struct fetched *file, struct failure *f)
{
    const struct fetch_request *r = j->request;

    if (!sha256_is_text(r->sha256))
        return fail(f, "%s: '%.80s' is not a SHA-256", j->name, r->sha256);
    if (patience_read(&j->patience, f) != 0 || !(j->dir = cache_directory(r->cache_dir, f)))
        return -1;
    char *suffix = suffix_of(r->pool_path ? r->pool_path : r->url_count ? r->urls[0] : "");
    j->path = xasprintf("%s/%s%s", j->dir, r->sha256, suffix);
    j->part = xasprintf("%s/%s.part", j->dir, r->sha256);
    free(suffix);
    if (is_good(j->path, r->sha256, &file->size)) {
        file->was_cached = true;
        return 0;
    }
    if (find_candidates(j, f) != 0)
        return -1;
    if (!j->count)
        return nothing_to_try(j, f);
    return fetch_into_cache(j, file, f);
}

int cache_fetch(const struct fetch_request *request, struct fetched *file, struct failure *f)
{
    struct job j = {.request = request, .name = url_for_display(request->name), .fd = -1};
    struct fetched result = {0};
    struct failure why;

    /* Attempts that fail on the way to success must not show in the caller's. */
    int r = run_job(&j, &result, &why);
    if (r == 0) {
        result.path = j.path;
        j.path = NULL;
        *file = result;
    } else if (f) {
        *f = why;
    }
    free_job(&j);
    return r;
}
