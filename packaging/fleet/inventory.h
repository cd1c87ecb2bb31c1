/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host has that decides which guests it can take: its QEMU binaries, the ROM files
 * that they find, the compat maps that they read, and what guests there are. The document
 * is described in romcompat-inventory(5).
 *
 * An inventory is made of lists. Those that a reader hands out (inventory_read.h) belong to
 * the reader, so that a thousand hosts which have the same share one; those of
 * inventory_take() belong to the inventory.
 */
#ifndef FLEET_INVENTORY_H
#define FLEET_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "flash/confidential.h"
#include "flash/expected_store.h"
#include "flash/secure_boot.h"
#include "formats/qemu_versions.h"
#include "inputs/swtpm.h"
#include "romcompat.h"

#define INVENTORY_FORMAT "romcompat-inventory"
#define INVENTORY_VERSION 1

/* Limits of a document; the manual has them. */
#define INVENTORY_DOCUMENT_MAX ((size_t)16 << 20) /* bytes */
#define INVENTORY_LIST_MAX 20000                  /* entries of any list */
#define INVENTORY_TEXT_MAX 4096                   /* bytes of any text */

struct inventory_package {
    char *name, *version; /* NULL: none owns the file, or that is not known */
};

struct inventory_alias {
    char *name, *machine;
};

struct inventory_qemu {
    char *path;
    char *architecture; /* of its guests: "x86_64" */
    unsigned major, minor, micro;
    struct inventory_package package;
    bool reads_maps;
    char **directories; /* where it looks for ROM files, in its order */
    size_t directory_count;
    char **map_directories; /* those where maps are, or would be; most important first */
    size_t map_directory_count;
    char **machines; /* in its order, without aliases */
    size_t machine_count;
    char **deprecated; /* of these, those that a later QEMU will not have */
    size_t deprecated_count;
    struct inventory_alias *aliases;
    size_t alias_count;
    enum confidential_qemu encrypted[KVM_ENCRYPTIONS]; /* of guests with encrypted memory */
};

struct inventory_qemus {
    struct inventory_qemu *list;
    size_t count;
};

struct inventory_rom {
    char *name;
    uint64_t size;      /* of the file, bytes */
    uint64_t chain_end; /* where its last image ends; 0: it holds none */
    uint64_t bucket;    /* the size rounded up to a power of two; 0: empty, or above 2 GiB */
    struct inventory_package package;
};

struct inventory_directory {
    char *path;
    struct inventory_rom *roms; /* by name */
    size_t rom_count;
};

struct inventory_directories {
    struct inventory_directory *list;
    size_t count;
};

/* One line `machine` or `rom` of a map: romcompat-map(5). */
struct inventory_machine_rule {
    char *name, *first, *last; /* first and last are NULL for one machine type; "-": open */
};

struct inventory_rom_rule {
    char *rom;
    uint64_t bucket;
    char *compat_file;
};

struct inventory_set {
    char *name, *package, *map; /* package: NULL where the map names none */
    struct inventory_machine_rule *machines;
    size_t machine_count;
    struct inventory_rom_rule *roms;
    size_t rom_count;
};

/* The maps of one list of directories, as the resolver loads them: without those that are
 * broken or contradict an earlier one, which are among the problems. */
struct inventory_maps {
    char **directories;
    size_t directory_count;
    struct inventory_set *sets;
    size_t set_count;
    char **problems;
    size_t problem_count;
};

struct inventory_map_lists {
    struct inventory_maps *list;
    size_t count;
};

struct inventory_firmware {
    char *path;
    uint64_t size;   /* of the file, bytes */
    uint64_t length; /* of the disk in it, where that is another: of a qcow2 image; else 0 */
    char *kind;      /* "code", "store", "combined", "bios"...: romcompat-inventory(5) */
    char *sha256;
    char *layout;        /* of the store that code expects, or that a store has; NULL: not known */
    uint64_t store_size; /* of the file that code expects, bytes; 0: not known */
    char **features;     /* what it can do, as flash_feature_names has it */
    size_t feature_count;
    struct inventory_package package;
};

struct inventory_firmwares {
    struct inventory_firmware *list;
    size_t count;
};

struct inventory_device {
    char *type; /* as in -device: "virtio-net-pci" */
    char *file; /* of its ROM, where the guest's configuration names one; NULL: the default */
    bool off;   /* no ROM: rombar=0, or none by configuration */
};

/* What the variable store of a guest holds, as far as a fleet is asked about it. */
struct inventory_store {
    char *file;        /* that its path leads to; NULL: it is not there */
    char *problem;     /* why nothing of it is known; then nothing else is, but for `file` */
    char *format;      /* of the file: "raw", "qcow2" or "json" */
    char *secure_boot; /* "on", "off" or "setup" */
    bool known[KNOWN_CERTIFICATES]; /* certificates of Microsoft's that it has */
    char *kek_until;           /* the day on which KEK's last certificate expires, of Microsoft's
                                    * where it has any; NULL: it has none */
    char *template;            /* of its firmware on that host; NULL: none, or unreadable */
    uint64_t lacks[KEY_LISTS]; /* entries of KEK, db and dbx that only the template has */
    bool has_room;             /* it has a size: it is in flash */
    uint64_t after_reclaim, largest; /* struct varstore_room; bytes */
};

struct inventory_guest {
    char *name;
    char *machine; /* never an alias */
    char *architecture;
    char *emulator;
    /* "bios": the machine's default BIOS. "efi": UEFI, in `loader`, where that is known. NULL
     * and no loader: which firmware it has is not known. */
    char *firmware;
    char *loader, *loader_type;       /* as in libvirt's XML; "pflash" or "rom" */
    char *nvram;                      /* its variable store */
    struct inventory_store *store;    /* what is in that; NULL: it has none, or nobody looked */
    struct inventory_device *devices; /* those that have a ROM */
    size_t device_count;
    char *source;    /* what describes it: "libvirt", "process"...: romcompat-inventory(5) */
    bool is_running; /* a QEMU of it was seen */
    bool has_tpm;
    enum swtpm_need swtpm; /* of its TPM */
    char *template; /* of which its manager makes `nvram` where that is not there; NULL: not said */
    bool has_uefi_vars; /* QEMU's uefi-vars device keeps its variables, in `nvram` */
    char *encryption;   /* of its memory (formats/guest_encryption.h); NULL: none */
    char *doubt;        /* one line: what of it is not known; NULL: nothing */

    /* The rest is not in the document. */
    /* The reader's guest that this one differs from in nothing but its name, nvram and the store's
     * file: all other texts are that one's. NULL: all of them are its own. */
    const struct inventory_guest *like;
    long pid;     /* of the QEMU that was seen */
    char **disks; /* files, without what backs them */
    size_t disk_count;
    /* The guest as it runs, where that is another description: its next start is by the first. */
    struct inventory_guest *live;
    bool runs_other; /* its program is no longer the file of that path, or is of another system */
    /* Why it may run as another than it is described here; NULL: it does not. The document has it as
     * the doubt, where there is none. Belongs to `live`, or to nobody. */
    const char *running_doubt;
};

struct inventory_guests {
    struct inventory_guest *list;
    size_t count;
};

struct inventory {
    char *host;   /* NULL: not said */
    char *system; /* "debian 12"; NULL: not known */
    char *architecture;
    enum kvm_state kvm[KVM_ENCRYPTIONS];
    enum swtpm_state swtpm;
    struct inventory_qemus *qemus;
    struct inventory_directories *directories;
    struct inventory_map_lists *maps;
    struct inventory_firmwares *firmware;
    struct inventory_guests *guests;
    /* An empty list of images says that there are none: it had some before an upgrade. Not in the
     * document. */
    bool lost_firmware;
    char **lost_files; /* that an upgrade took away: what its guests name, programs of swtpm */
    size_t lost_file_count;
    bool is_partial;   /* ROM files or firmware images could not be read; not in the document */
    bool lacks_qemus;  /* one did not answer; not in the document */
    bool lacks_guests; /* what describes one could not be read; not in the document */
};

/* The words of the document; [0] is NULL: not known. */
extern const char *const inventory_kvm_states[KVM_STATES];
extern const char *const inventory_qemu_answers[CONFIDENTIAL_QEMU_COUNT];

/* The keys of `lacks` in the document; NULL: a list that is not among them. */
extern const char *const inventory_lacks_keys[KEY_LISTS];

/* Each frees a list and what is in it; NULL is allowed. */
void inventory_qemus_free(struct inventory_qemus *list);
void inventory_directories_free(struct inventory_directories *list);
void inventory_map_lists_free(struct inventory_map_lists *list);
void inventory_firmwares_free(struct inventory_firmwares *list);
void inventory_guests_free(struct inventory_guests *list);
void inventory_lost_files_free(struct inventory *inv);
void inventory_store_free(struct inventory_store *store);

/* Takes out of it what names the file. */
void inventory_store_forget_file(struct inventory_store *store);
/* One whose lists are its own: that of inventory_take(). */
void inventory_free(struct inventory *inv);

/* Each frees what is in one entry, which may be zero. */
void inventory_qemu_release(struct inventory_qemu *qemu);
void inventory_rom_release(struct inventory_rom *rom);
void inventory_set_release(struct inventory_set *set);
void inventory_maps_release(struct inventory_maps *maps);
void inventory_firmware_release(struct inventory_firmware *image);
void inventory_guest_release(struct inventory_guest *guest);

/* An entry with texts of its own. */
struct inventory_package inventory_package_copy(const struct inventory_package *package);
struct inventory_qemu inventory_qemu_copy(const struct inventory_qemu *qemu);
struct inventory_rom inventory_rom_copy(const struct inventory_rom *rom);
struct inventory_set inventory_set_copy(const struct inventory_set *set);
struct inventory_firmware inventory_firmware_copy(const struct inventory_firmware *image);

/* --- what is asked of one -------------------------------------------------------------- */

/* Where packages put firmware images, descriptors name those elsewhere; ends with NULL. */
extern const char *const inventory_firmware_directories[];
/* A file name that is taken for a firmware image's in these directories. */
bool inventory_is_image_name(const char *name);

/* The names of default BIOS files; ends with NULL. */
extern const char *const inventory_bioses[];
bool inventory_is_bios(const char *name);
/* Its index among them, or that of the NULL. */
size_t inventory_bios_index(const char *name);
/* Of the file that the first QEMU of PCs which has one finds under that name; 0: none does. */
uint64_t inventory_bios_length(const struct inventory *inv, const char *name);
/* Whether it lists one. */
bool inventory_has_bios(const struct inventory *inv);
/* Whether the guest has one, by whatever name. */
bool inventory_guest_has_default_bios(const struct inventory_guest *guest);
/* The name of the default BIOS that the guest has; NULL: it has none, or may have another. */
const char *inventory_guest_bios(const struct inventory_guest *guest);
/* The image that the QEMU finds under a bare name; NULL: none is listed. */
const struct inventory_firmware *inventory_firmware_named(const struct inventory *inv,
                                                          const struct inventory_qemu *qemu,
                                                          const char *name);

/* The firmware image of that path; NULL: none is listed. */
const struct inventory_firmware *inventory_find_firmware(const struct inventory *inv,
                                                         const char *path);

/* How long it is for a guest, bytes. */
uint64_t inventory_firmware_length(const struct inventory_firmware *image);

/* Which store its code expects. */
struct expected_store inventory_expected_store(const struct inventory_firmware *image);
/* Whether the guest has, or may have, a store in flash, of which its firmware decides how it looks. */
bool inventory_guest_has_flash_store(const struct inventory_guest *guest);

/* Whether a guest's code can be in it: no variable store, no blank file, no default BIOS. */
bool inventory_is_code(const struct inventory_firmware *image);
/* Whether it lists such an image. */
bool inventory_has_code(const struct inventory *inv);

/* Whether it is in or below one of inventory_firmware_directories. */
bool inventory_has_directory(const char *path);
/* Whether an inventory lists the image of that path where it is there. */
bool inventory_lists_path(const char *path);
/* Whether this one would list the image, a default BIOS by its bare name, if it were there. One that
 * lists none at all says nothing of any, unless an upgrade took them. */
bool inventory_would_list(const struct inventory *inv, const char *image);

/* The QEMU that runs guests of this machine type: the first of the architecture (NULL: of the
 * host's own, then of any) that has it. An alias is not a machine type. NULL: none. */
const struct inventory_qemu *inventory_qemu_for(const struct inventory *inv,
                                                const char *architecture, const char *machine);

/* Whether its emulator is another QEMU of the inventory than `judged`, which inventory_qemu_for() has
 * for it (NULL: none), with other files or of another version. */
bool inventory_guest_has_other_qemu(const struct inventory *inv,
                                    const struct inventory_guest *guest,
                                    const struct inventory_qemu *judged);

/* Whether not all that decides where it can go is in the lists of a host. */
static inline bool inventory_guest_is_doubtful(const struct inventory_guest *guest)
{
    return guest->doubt || guest->encryption;
}

bool inventory_has_machine(const struct inventory_qemu *qemu, const char *machine);

static inline struct qemu_version inventory_qemu_version(const struct inventory_qemu *qemu)
{
    return (struct qemu_version){qemu->major, qemu->minor, qemu->micro};
}

bool inventory_is_deprecated(const struct inventory_qemu *qemu, const char *machine);

/* The machine type that `name` means to that QEMU: itself, or what it is an alias of. */
const char *inventory_machine(const struct inventory_qemu *qemu, const char *name);

/* The ROM file that the QEMU finds under this name; *directory, where not NULL, is the directory's
 * path. NULL: none. */
const struct inventory_rom *inventory_find_rom(const struct inventory *inv,
                                               const struct inventory_qemu *qemu, const char *name,
                                               const char **directory);

/* The ROM file of that path; NULL: none of the inventory. */
const struct inventory_rom *inventory_rom_at(const struct inventory *inv, const char *path);

/* NULL: no QEMU looks there. */
struct inventory_directory *inventory_directory_at(const struct inventory *inv, const char *path);

/* The maps that the QEMU would read, whether or not it has the patch; NULL: none. */
const struct inventory_maps *inventory_maps_of(const struct inventory *inv,
                                               const struct inventory_qemu *qemu);

/* The sets, and those of `more` (of which `more_count` are given), as the resolver opens them; set
 * number i is called "s<i>" there. Close it. -1 when the resolver takes no such map. */
int inventory_open_maps(const struct inventory_set *sets, size_t set_count,
                        const struct inventory_set *const *more, size_t more_count,
                        struct romcompat **maps, struct failure *f);

/* --- taking and writing one ------------------------------------------------------------ */

struct inventory_request {
    const char *host;         /* NULL: leave it out */
    const char *const *qemus; /* further binaries, which come first */
    size_t qemu_count;
    /* Files are read, and no program is run, as all of them may be hostile: what QEMU binaries
     * and dpkg's database say of themselves. */
    bool runs_nothing;
    bool is_at_rest; /* the processes of this machine are not of the system */
    /* Firmware images get their layout and features, for which they are decompressed: a second for
     * those of a host. */
    bool looks_into_images;
    /* Something that is there and could not be taken in; may be NULL. */
    void (*problem)(void *arg, const struct failure *f);
    void *arg;
};

/* This host's. Free with inventory_free(). */
int inventory_take(const struct inventory_request *request, struct inventory *inv,
                   struct failure *f);

/* The document, with a newline at its end; the caller frees it. `compact`: on one line. */
char *inventory_text(const struct inventory *inv, bool compact);

#endif
