/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libromcompat: which ROM file, and how long a RAM block, does a guest of this
 * machine type expect?
 *
 * QEMU gives the option ROM of a PCI device a RAM block whose length is the ROM
 * file's size rounded up to a power of two, the ROM's bucket. A guest that was
 * started with one length cannot be resumed with another. Compat maps say which
 * machine types must go on seeing which bucket; this library reads them and
 * answers. The format is described in romcompat-map(5).
 *
 *     struct romcompat *maps;
 *     struct romcompat_rule rule;
 *     struct romcompat_decision decision;
 *
 *     romcompat_open(&maps);                               once, at start-up
 *     if (romcompat_find(maps, "pc-i440fx-7.2", "efi-virtio.rom", &rule) == ROMCOMPAT_OK) {
 *         code = romcompat_decide(rule.bucket, size of efi-virtio.rom,
 *                                 size of rule.compat_file, flags, &decision);
 *         if (code != ROMCOMPAT_OK)
 *             romcompat_explain(&rule, "pc-i440fx-7.2", sizes..., text, sizeof text);
 *     }
 *     romcompat_close(maps);
 *
 * Conventions, the same for every function:
 * - Sizes, lengths and buckets are in bytes. Lines count from 1; 0 is "no line".
 * - Strings are NUL-terminated unless a length is given with them. Every string that
 *   the library returns is printable ASCII, except file names that the file
 *   system or the caller supplied: those are returned as they are.
 * - Everything reached through a struct romcompat (names, lines, problems) belongs
 *   to it and is valid until romcompat_close(). Strings passed in are not kept.
 * - A function that can fail returns an enum romcompat_code as an int. On failure
 *   its outputs are untouched. No pointer may be NULL unless it says so: for one
 *   that is, the answer is ROMCOMPAT_E_ARGUMENT.
 * - Nothing is printed, no process is ended, no signal is touched, no global
 *   variable is written, errno is not part of any answer. Once open, a struct
 *   romcompat never changes: any number of threads may ask it at the same time.
 *   romcompat_close() must be the last call on it.
 *
 * Every function is there since version 0.1.0 unless it says otherwise.
 */
#ifndef ROMCOMPAT_H
#define ROMCOMPAT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- limits --------------------------------------------------------------
 * What lies beyond one of these is refused with ROMCOMPAT_E_LIMIT (a name that is
 * too long: ROMCOMPAT_E_NAME), so that memory and time stay bounded whatever the
 * maps contain. romcompat-map(5) lists them too. */

#define ROMCOMPAT_FORMAT 1                /* the `romcompat-map` version that is understood */
#define ROMCOMPAT_MAX_FILE_SIZE 4194304   /* bytes of one map */
#define ROMCOMPAT_MAX_TOTAL_SIZE 67108864 /* bytes of all maps of one collection */
#define ROMCOMPAT_MAX_LINE 1024           /* bytes of one line, its newline not counted */
#define ROMCOMPAT_MAX_NAME 255            /* bytes of a machine type, ROM, set or package name */
#define ROMCOMPAT_MAX_FOLDERS 16          /* directories of one collection */
#define ROMCOMPAT_MAX_FILES 4096          /* maps of one collection */
#define ROMCOMPAT_MAX_SETS 65536          /* sets of one collection */
#define ROMCOMPAT_MAX_RULES 262144        /* machine lines times rom lines, summed over all sets */
#define ROMCOMPAT_MAX_RANGES 64           /* ranges of one family for one ROM */
#define ROMCOMPAT_MIN_BUCKET 2048         /* edk2 does not see a smaller ROM BAR */
#define ROMCOMPAT_MAX_BUCKET 2147483648u  /* QEMU refuses a larger ROM */

/* The search path of romcompat_open(), most important directory first. */
#define ROMCOMPAT_FOLDER_LOCAL "/etc/qemu/romcompat.d"
#define ROMCOMPAT_FOLDER_SYSTEM "/usr/share/qemu/romcompat.d"

/* ---- codes --------------------------------------------------------------- */

enum romcompat_code {
    ROMCOMPAT_OK = 0,
    /* A question could not be put: */
    ROMCOMPAT_E_ARGUMENT = 1, /* an argument is NULL or outside its documented values */
    ROMCOMPAT_E_MEMORY = 2,   /* no memory was left */
    /* The answer to a question is no: */
    ROMCOMPAT_E_NO_RULE = 3, /* no map claims this machine type and ROM; use QEMU's own default */
    ROMCOMPAT_E_NO_FILE = 4, /* a rule applies, but no ROM file there fits the bucket */
    /* What can be wrong with a map, a directory, or a name: */
    ROMCOMPAT_E_READ = 5,     /* it cannot be opened or read */
    ROMCOMPAT_E_TYPE = 6,     /* it is not a regular file (or not a directory) */
    ROMCOMPAT_E_LIMIT = 7,    /* it is beyond one of the limits above */
    ROMCOMPAT_E_BYTE = 8,     /* a NUL, a control byte, or a byte above 0x7e outside a comment */
    ROMCOMPAT_E_FORMAT = 9,   /* no `romcompat-map` line first, or a version not understood */
    ROMCOMPAT_E_SYNTAX = 10,  /* unknown directive, one in the wrong place, wrong number of words */
    ROMCOMPAT_E_NAME = 11,    /* not a bare file name, machine type, family, set or package name */
    ROMCOMPAT_E_BUCKET = 12,  /* not a power of two between the smallest and the largest bucket */
    ROMCOMPAT_E_VERSION = 13, /* not a version, or a range whose first is above its last */
    ROMCOMPAT_E_DUPLICATE = 14, /* a set name twice in one map, or `package` twice in one set */
    ROMCOMPAT_E_EMPTY = 15,     /* a set without a machine or without a rom */
    ROMCOMPAT_E_CONFLICT = 16   /* two sets give one machine type and ROM different answers */
};

/* What a code means, in a few words, lower case, no full stop: "no rule applies".
 * Never NULL: "unknown code" for any other number. */
const char *romcompat_strerror(int code);

/* The version of the library that runs, such as "0.1.0". */
const char *romcompat_library_version(void);

/* ---- opening -------------------------------------------------------------- */

/* A collection of maps: opaque, made by one of the open functions. */
struct romcompat;

/* Opens every `*.map` of ROMCOMPAT_FOLDER_LOCAL, then of ROMCOMPAT_FOLDER_SYSTEM.
 * A directory that does not exist is an empty one: with neither, the collection is
 * empty and every lookup misses.
 *
 * In each directory the maps are taken in byte order of their names; names that start
 * with a dot are not maps. A file in an earlier directory hides the same name in every
 * later one, whatever it contains.
 *
 * A map is checked completely. One that is broken, cannot be read, is not a regular
 * file, or gives an answer that contradicts a map taken before it, is left out as
 * a whole and described as a problem (below); the others serve. So the return value is
 * ROMCOMPAT_OK also when there are problems, and the codes are:
 *   ROMCOMPAT_OK          *maps is to be freed with romcompat_close()
 *   ROMCOMPAT_E_ARGUMENT  `maps` is NULL
 *   ROMCOMPAT_E_MEMORY    nothing was opened */
int romcompat_open(struct romcompat **maps);

/* The same for `count` directories, most important first; none make an empty
 * collection. A directory that does not exist is a problem here: somebody named it.
 *   ROMCOMPAT_E_ARGUMENT  also for a NULL directory
 *   ROMCOMPAT_E_LIMIT     more than ROMCOMPAT_MAX_FOLDERS; nothing was opened */
int romcompat_open_folders(const char *const *folders, size_t count, struct romcompat **maps);

/* The same for `count` map files in the given order, whatever their names; none
 * hides another. Codes as romcompat_open(), and
 *   ROMCOMPAT_E_ARGUMENT  also for a NULL file name
 *   ROMCOMPAT_E_LIMIT     more than ROMCOMPAT_MAX_FILES; nothing was opened */
int romcompat_open_files(const char *const *files, size_t count, struct romcompat **maps);

/* The same for one map in memory: `size` bytes at `data` (copied; NULL is allowed
 * when size is 0). `name` is used as the file name in problems and rules. */
int romcompat_open_buffer(const void *data, size_t size, const char *name, struct romcompat **maps);

/* Frees a collection and every string reached through it. NULL is allowed. */
void romcompat_close(struct romcompat *maps);

/* ---- problems: maps that were left out ------------------------------------- */

struct romcompat_problem {
    int code;         /* ROMCOMPAT_E_READ .. ROMCOMPAT_E_CONFLICT */
    uint32_t line;    /* of `file`; 0 where the file as a whole is meant */
    const char *file; /* the map or directory, as it was opened: "/etc/qemu/romcompat.d/x.map" */
    const char *text; /* one line, complete: "FILE:LINE: what is wrong", "FILE: ..." for line 0 */
    const void *reserved[2];
};

/* How many; a map has at most one, the first that is wrong with it. */
size_t romcompat_problem_count(const struct romcompat *maps);

/* Problem `index`, counted from 0 in the order of the search path.
 *   ROMCOMPAT_E_ARGUMENT  no such index */
int romcompat_problem_at(const struct romcompat *maps, size_t index,
                         struct romcompat_problem *problem);

/* ---- the question ----------------------------------------------------------- */

struct romcompat_rule {
    const char *set;         /* name of the set that applies */
    const char *package;     /* package that installs the compat ROM; NULL if the map names none */
    const char *rom;         /* ROM file name, the one that was asked for */
    const char *compat_file; /* bare name of the compat ROM; may equal `rom` */
    const char *map;         /* the map file, as it was opened */
    uint32_t bucket;         /* ROM BAR size and RAM-block length: a power of two */
    uint32_t rom_line;       /* line of the `rom` that applies, in `map` */
    uint32_t machine_line;   /* line of the `machine` that applies, in `map` */
    uint32_t exact; /* 1: that line names this machine type; 0: it is a range of a family */
    const void *reserved[4];
};

/* The rule for a machine type (the class name, `pc-i440fx-7.2`; never an alias such
 * as `pc`) and a ROM (a bare file name, `efi-virtio.rom`). A `+suffix` of the machine
 * type is dropped first. A line that names the machine type beats a range; among
 * several lines that apply (they then agree on bucket and compat file) the first in
 * the order of the maps and lines is named. It costs one lookup in a table: no I/O,
 * no memory, safe in any thread.
 *   ROMCOMPAT_OK          *rule is filled; its strings live as long as `maps`
 *   ROMCOMPAT_E_NO_RULE   no line applies; also for names that no map could contain
 *   ROMCOMPAT_E_ARGUMENT  a pointer is NULL */
int romcompat_find(const struct romcompat *maps, const char *machine, const char *rom,
                   struct romcompat_rule *rule);

/* ---- the decision ------------------------------------------------------------ */

/* A file size that says: there is no such file. Any negative number does. */
#define ROMCOMPAT_MISSING (-1)

/* Flags of romcompat_decide(). */
#define ROMCOMPAT_INCOMING 1u /* the guest's memory comes with a migration stream (-incoming) */
#define ROMCOMPAT_READS_INCOMING 2u /* this QEMU reads ROM files even then: QEMU before 8.1 */

enum romcompat_file {
    ROMCOMPAT_FILE_INSTALLED = 1, /* load the default ROM file */
    ROMCOMPAT_FILE_COMPAT = 2,    /* load rule.compat_file in its place */
    ROMCOMPAT_FILE_NONE = 3       /* load nothing: the stream brings the content */
};

struct romcompat_decision {
    int file;         /* an enum romcompat_file */
    uint32_t romsize; /* length to give the RAM block (QEMU's `romsize`): the bucket */
};

/* What a device with its DEFAULT ROM gets when a rule applies. Pure: depends on the
 * arguments alone. A file fits when it has at least 1 and at most `bucket` bytes: an
 * empty file is no ROM (QEMU: "romfile is empty"), one of exactly `bucket` bytes fits.
 *
 *   installed fits | compat fits | INCOMING and not READS_INCOMING | answer
 *   yes            | any         | any                             | FILE_INSTALLED
 *   no             | yes         | any                             | FILE_COMPAT
 *   no             | no          | yes                             | FILE_NONE
 *   no             | no          | no                              | ROMCOMPAT_E_NO_FILE
 *
 * In every answer but the last romsize is the bucket.
 * Loading a snapshot (-loadvm, loadvm) is not INCOMING: there QEMU reads the files.
 *   ROMCOMPAT_E_ARGUMENT  `bucket` is not a bucket, an unknown flag, or `decision` is NULL */
int romcompat_decide(uint32_t bucket, int64_t installed_size, int64_t compat_size,
                     unsigned int flags, struct romcompat_decision *decision);

/* The message for ROMCOMPAT_E_NO_FILE: one line that names the machine type, the ROM, the
 * bucket, what is wrong with each of the two files, and the package to install.
 * Written as snprintf() does: at most `size` bytes with the NUL (nothing at size 0,
 * where `text` may be NULL); returns the length of the whole message. Control
 * bytes of `machine` come out as '?', and no more than ROMCOMPAT_MAX_NAME of it. A NULL
 * `rule` or `machine` makes an empty message. */
size_t romcompat_explain(const struct romcompat_rule *rule, const char *machine,
                         int64_t installed_size, int64_t compat_size, char *text, size_t size);

/* ---- everything in the maps, for tools ----------------------------------------- */

struct romcompat_set {
    const char *name;
    const char *package; /* NULL if the map names none */
    const char *map;     /* the map file, as it was opened */
    uint32_t line;       /* of the `set` */
    uint32_t machines;   /* how many `machine` lines */
    uint32_t roms;       /* how many `rom` lines */
    const void *reserved[2];
};

struct romcompat_machine_rule {
    const char *name;  /* exact: the machine type; else the family */
    const char *first; /* first version of the range, as written; NULL: open, or exact */
    const char *last;  /* last version of the range, as written; NULL: open, or exact */
    uint32_t line;
    uint32_t exact; /* 1: one machine type; 0: a range of a family */
    const void *reserved[2];
};

struct romcompat_rom {
    const char *file;        /* ROM file name that QEMU's device asks for */
    const char *compat_file; /* what replaces it when it does not fit */
    uint32_t bucket;
    uint32_t line;
    const void *reserved[2];
};

/* Sets are counted from 0 in the order of the maps and lines; the machine and rom
 * lines of a set likewise. Sets of maps that were left out are not among them.
 *   ROMCOMPAT_E_ARGUMENT  no such set or line, or a NULL pointer
 * romcompat_set_count() and romcompat_problem_count() of NULL are 0. */
size_t romcompat_set_count(const struct romcompat *maps);
int romcompat_set_at(const struct romcompat *maps, size_t set, struct romcompat_set *out);
int romcompat_machine_rule_at(const struct romcompat *maps, size_t set, size_t index,
                              struct romcompat_machine_rule *out);
int romcompat_rom_at(const struct romcompat *maps, size_t set, size_t index,
                     struct romcompat_rom *out);

/* ---- machine type names and versions -------------------------------------------- */

#define ROMCOMPAT_VERSION_PARTS 4 /* at most; `rhel9.4.0` has three */

/* Two to four numbers from 0 to 65535; parts that were not written are 0. */
struct romcompat_version {
    uint32_t parts; /* how many were written */
    uint16_t part[ROMCOMPAT_VERSION_PARTS];
};

/* Parses the `length` bytes at `text` as a version: two to four decimal numbers with
 * dots between them, without leading zeros, each at most 65535: `2.4`, `4.0.1`.
 *   ROMCOMPAT_E_VERSION  it is not one */
int romcompat_version_parse(const char *text, size_t length, struct romcompat_version *version);

/* Below 0, 0 or above 0 as `a` is lower than, equal to, or higher than `b`: number by
 * number, never as text (2.10 > 2.9), and what was not written counts as 0, so
 * 4.0 = 4.0.0 < 4.0.1 < 4.1. A range holds both its ends and what is between: the
 * range 4.0 to 4.0 holds 4.0 and not 4.0.1; 4.0 to 4.1 holds 4.0.1. Neither
 * pointer may be NULL. */
int romcompat_version_compare(const struct romcompat_version *a, const struct romcompat_version *b);

/* A machine type name taken apart. `name` points into the string that was parsed. */
struct romcompat_machine {
    const char *name;                 /* not terminated: see name_length */
    size_t name_length;               /* without a `+suffix` */
    size_t family_length;             /* the family is the first family_length bytes of `name`;
                                       * 0: the name has no version and only an exact line applies */
    struct romcompat_version version; /* all 0 where family_length is 0 */
};

/* Takes a machine type name apart: drops what starts at the first `+`, and splits a
 * version off the end. One '-' between family and version belongs to neither.
 *
 *   pc-q35-4.0.1            family pc-q35, 4.0.1
 *   pc-1.0                  family pc, 1.0
 *   pc-q35-9.2+pve1         family pc-q35, 9.2
 *   s390-ccw-virtio-7.2     family s390-ccw-virtio, 7.2
 *   pc-q35-rhel9.4.0        family pc-q35-rhel, 9.4.0
 *   rhel6.6.0               family rhel, 6.6.0
 *   pc-i440fx-focal         no version: codenames have no arithmetic
 *   pseries-2.12-sxxm       no version: what follows one makes it another machine
 *   microvm, isapc, none    no version
 *
 *   ROMCOMPAT_E_NAME  nothing is left, more than ROMCOMPAT_MAX_NAME bytes, or a byte that
 *                     no map can contain in a name (blank, control, above 0x7e, '#', '/') */
int romcompat_machine_parse(const char *text, struct romcompat_machine *machine);

#ifdef __cplusplus
}
#endif

#endif
