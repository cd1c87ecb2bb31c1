/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The side that a guest is to come to: its QEMU, its machine types, its files, its maps. One
 * struct for this host, a QEMU binary, directories, and (fleet/inventory_destination.h) an
 * inventory. Every file is looked at once, however often it is asked for.
 */
#ifndef GUEST_DESTINATION_H
#define GUEST_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "formats/qemu_versions.h"
#include "inputs/qemu_binary.h"
#include "inputs/reader.h"
#include "inputs/swtpm.h"
#include "romcompat.h"

/* A file of the destination, as its QEMU finds it. */
struct rom_file {
    char *name;         /* as it was asked for: a bare name, or a path */
    char *path;         /* NULL: it is not there */
    int64_t size;       /* bytes; ROMCOMPAT_MISSING: QEMU does not find it, or cannot use it */
    const char *fault;  /* why not, where `path` is not NULL: "is not a regular file" */
    bool is_unreadable; /* for the user that QEMU runs as */
    /* What was read of it; of a file on this machine alone. */
    bool was_read, is_sound;
    bool has_ids; /* it has an image for BIOS; then those of the first */
    uint32_t ids; /* vendor << 16 | device */
};

/* What the destination's configuration gives a block: a file, firmware or `romfile=`; or the
 * length of a ROM, `romsize=`. */
struct given_file {
    const char *block; /* its whole name */
    const char *path;  /* NULL: `romsize` is given */
    uint64_t romsize;
    const char *format; /* "raw", "qcow2"; NULL: as the file looks */
    bool elsewhere;     /* the path is of a host whose files cannot be looked at */
};

struct expected_store;    /* flash/expected_store.h */
struct confidential_host; /* flash/confidential.h */

/* How another machine than this one is asked. */
struct destination_source {
    /* The file of that name, or of that path where it has a slash: its size and its path, which
     * is freed; or ROMCOMPAT_MISSING, and the path NULL where it is not there. */
    int64_t (*find)(void *arg, const char *name, char **path);
    /* Whether a path that `find` does not have is known not to be there. May be NULL: none is. */
    bool (*lists)(void *arg, const char *path);
    /* Of the file of that path, 64 hexadecimal digits, which live as long as `arg`; NULL: not
     * known. May be NULL. */
    const char *(*sha256)(void *arg, const char *path);
    /* Which store the firmware image of that path expects; its texts live as long as `arg`. May be
     * NULL: not known. */
    void (*expected)(void *arg, const char *path, struct expected_store *store);
    /* "ipxe-qemu 1.0.0+git-...", the package that has that file, which is freed; NULL: not known.
     * May be NULL. */
    char *(*owner)(void *arg, const char *name);
    /* QEMU_YES with the machine type's own name, an alias followed. May be NULL: not known. */
    enum qemu_answer (*machine)(void *arg, const char *name, const char **type);
    /* Of a type that `machine` gave. May be NULL: not known. */
    bool (*is_deprecated)(void *arg, const char *type);
    /* What is known of its KVM and its QEMU; NULL: nothing. */
    const struct confidential_host *(*confidential)(void *arg);
    void (*close)(void *arg); /* may be NULL */
};

struct destination {
    char *label;            /* for people */
    char *qemu;             /* its binary; NULL: not known */
    char *host;             /* the name of another host; NULL: not known, or this machine */
    enum swtpm_state swtpm; /* of another host: destination_swtpm() */
    struct qemu_version version;
    bool reads_maps;    /* its QEMU is linked with libromcompat */
    char **directories; /* where its QEMU looks for ROM files, in its order */
    size_t directory_count;
    struct reader reader;           /* whom its QEMU runs as */
    struct romcompat *maps;         /* that its QEMU reads; NULL: none */
    const struct given_file *given; /* the caller's */
    size_t given_count;
    const struct destination_source *source; /* NULL: this machine */
    void *source_arg;
    struct rom_file **files;
    size_t file_count, file_capacity;
    struct qemu_machine *machines; /* of the binary, once it was asked */
    size_t machine_count;
};

/* Directories with ROM files, and a QEMU of which nothing is known. 0 or -1; free it with
 * destination_close(), as those below. */
int destination_of_directories(struct destination *to, const char *const *directories, size_t count,
                               struct failure *f);

/* A QEMU binary of this machine; `directories` come before its own, as with -L. */
int destination_of_qemu(struct destination *to, const char *binary, const char *const *directories,
                        size_t count, struct failure *f);

/* The QEMU that would run a guest of this machine type (NULL: any) on this machine. 1: there is
 * none, and *to is the directories in which Debian's QEMU looks. */
int destination_of_this_host(struct destination *to, const char *machine, struct failure *f);

void destination_close(struct destination *to);

/* Where Debian's QEMU looks for ROM files (its FIRMWARE_PATH), in its order. */
extern const char *const destination_default_directories[];
enum { DESTINATION_DEFAULT_DIRECTORIES = 3 };

/* As QEMU's qemu_find_file(): the first directory that has a file of that name which its user can
 * read decides; a name with a slash is a path. The result belongs to *to. */
const struct rom_file *destination_file(struct destination *to, const char *name);

/* The file of a path: it is not looked for in directories. */
const struct rom_file *destination_given(struct destination *to, const struct given_file *given);

/* Forgets every file: some may have been made. What destination_file() gave ends here. */
void destination_forget(struct destination *to);

/* How long the disk image at a path is for a guest: the virtual size of a qcow2 image, the size
 * of a block device, else that of the file. Below 1: it cannot be used, and *fault, which the
 * caller frees, says why; 0 where only QEMU may be able to. */
int64_t destination_image_size(struct destination *to, const struct given_file *given,
                               char **fault);

/* Whether SeaBIOS would run the ROM for a device of these ids: it looks at the first image for
 * BIOS (src/optionroms.c, map_pcirom()); UEFI does not compare ids. False where it cannot be
 * read: of another machine nothing can. */
bool destination_rom_names(struct destination *to, const struct rom_file *file, uint32_t ids);

/* "PACKAGE VERSION" of the file, which the caller frees; NULL: not known, also on this machine,
 * of which package_owners() knows. */
char *destination_owner(struct destination *to, const struct rom_file *file);

/* Asks the binary, once, for its machine types. 0 or -1. */
int destination_ask_machines(struct destination *to, struct failure *f);

/* Whether its QEMU has the machine type, whose own name is then in *type, an alias followed and
 * Proxmox's +suffix kept. QEMU_NOT_KNOWN where no QEMU can be asked; f->what says why where a
 * QEMU was asked and did not answer, and is "" otherwise. */
enum qemu_answer destination_machine(struct destination *to, const char *machine, const char **type,
                                     struct failure *f);

/* Of a type that destination_machine() gave; false where that is not known. */
bool destination_machine_is_deprecated(const struct destination *to, const char *type);

/* Whether swtpm is there. */
enum swtpm_state destination_swtpm(const struct destination *to);
/* What the host is called: its name, or "this host"; it lives as long as *to. */
const char *destination_host(const struct destination *to);

/* Opens the maps of `directories` or, where `count` is 0, those that a QEMU with the library reads
 * there: its configuration directory, then romcompat.d in each of its own. 0 or -1; maps
 * that are left out are problems of *maps, which the caller closes or puts into to->maps. */
int destination_open_maps(const struct destination *to, const char *const *directories,
                          size_t count, struct romcompat **maps, struct failure *f);

#endif
