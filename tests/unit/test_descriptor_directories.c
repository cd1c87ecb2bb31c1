/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which firmware descriptors are in effect: precedence of directories, order, what hides what. */
#include "inputs/descriptor_directories.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "tap.h"

#define GOOD                                                                                    \
    "{\"description\":\"d\",\"interface-types\":[\"uefi\"],\"mapping\":{\"device\":\"memory\"," \
    "\"filename\":\"/b\"},\"targets\":[],\"features\":[],\"tags\":[]}"

static char root[] = "/tmp/test_descriptor_directories.XXXXXX";
static struct firmware_descriptors all;
static struct failure f;

static void put(const char *path, const char *text)
{
    char *file = xasprintf("%s/%s", root, path);
    FILE *out = fopen(file, "w");

    fputs(text, out);
    fclose(out);
    free(file);
}

static void take_away(const char *path)
{
    char *file = xasprintf("%s/%s", root, path);

    unlink(file);
    free(file);
}

static void point(const char *path, const char *target)
{
    char *file = xasprintf("%s/%s", root, path);

    if (symlink(target, file) != 0)
        perror(file);
    free(file);
}

/* The paths in effect, without the root; then each note's kind and path. */
static void are(const char *expected, const char *name)
{
    char found[1024] = "";

    if (firmware_descriptors_read(root, &all, &f) != 0) {
        is_text(f.what, expected, "%s", name);
        return;
    }
    for (size_t i = 0; i < all.count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s ",
                 all.list[i].path + strlen(root));
    for (size_t i = 0; i < all.note_count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s:%s ", all.notes[i].what,
                 all.notes[i].path + strlen(root));
    is_text(found, expected, "%s", name);
    firmware_descriptors_free(&all);
}

int main(void)
{
    static const char *const directories[] = {"usr",
                                              "usr/share",
                                              "usr/share/qemu",
                                              "etc",
                                              "etc/qemu",
                                              DESCRIPTOR_DIRECTORY_PACKAGES,
                                              DESCRIPTOR_DIRECTORY_ADMIN};

    if (!mkdtemp(root))
        return 1;
    are("", "a host without the directories has no descriptor");
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        char *directory = xasprintf("%s/%s", root, directories[i]);

        mkdir(directory, 0755);
        free(directory);
    }
    are("", "nor has one with empty directories");
    put(DESCRIPTOR_DIRECTORY_PACKAGES "/60-a.json", GOOD);
    put(DESCRIPTOR_DIRECTORY_PACKAGES "/40-b.json", GOOD);
    put(DESCRIPTOR_DIRECTORY_ADMIN "/50-c.json", GOOD);
    put(DESCRIPTOR_DIRECTORY_ADMIN "/.50-hidden.json", GOOD);
    are("/usr/share/qemu/firmware/40-b.json /etc/qemu/firmware/50-c.json "
        "/usr/share/qemu/firmware/60-a.json ",
        "they are sorted by file name over all directories");
    put(DESCRIPTOR_DIRECTORY_ADMIN "/60-a.json", GOOD);
    are("/usr/share/qemu/firmware/40-b.json /etc/qemu/firmware/50-c.json "
        "/etc/qemu/firmware/60-a.json hidden:/usr/share/qemu/firmware/60-a.json ",
        "the administrator's file hides the package's");
    put(DESCRIPTOR_DIRECTORY_ADMIN "/60-a.json", "");
    are("/usr/share/qemu/firmware/40-b.json /etc/qemu/firmware/50-c.json "
        "masked:/usr/share/qemu/firmware/60-a.json ",
        "an empty one masks it");
    take_away(DESCRIPTOR_DIRECTORY_ADMIN "/60-a.json");
    point(DESCRIPTOR_DIRECTORY_ADMIN "/60-a.json", "/dev/null");
    are("/usr/share/qemu/firmware/40-b.json /etc/qemu/firmware/50-c.json "
        "/usr/share/qemu/firmware/60-a.json skipped:/etc/qemu/firmware/60-a.json ",
        "a link to /dev/null hides nothing, as with libvirt");
    take_away(DESCRIPTOR_DIRECTORY_ADMIN "/60-a.json");
    take_away(DESCRIPTOR_DIRECTORY_PACKAGES "/60-a.json");
    point(DESCRIPTOR_DIRECTORY_ADMIN "/50-d.json", "50-c.json");
    point(DESCRIPTOR_DIRECTORY_ADMIN "/70-e.json", "nowhere");
    put(DESCRIPTOR_DIRECTORY_ADMIN "/80-f.json", "{");
    are("/usr/share/qemu/firmware/40-b.json /etc/qemu/firmware/50-c.json "
        "/etc/qemu/firmware/50-d.json unreadable:/etc/qemu/firmware/70-e.json "
        "unreadable:/etc/qemu/firmware/80-f.json ",
        "links are followed; what cannot be read is told");

    char *clean = xasprintf("rm -r %s", root);
    int r = system(clean);
    free(clean);
    return tap_done() | r;
}
