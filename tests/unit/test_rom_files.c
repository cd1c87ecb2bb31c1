/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixtures/pack.h"
#include "inputs/rom_files.h"
#include "tap.h"

/* What a walk reported, one line each: "NAME SIZE", "! PROBLEM", "# NOTE". */
static char log_text[16384];
static size_t log_size;
static int stop_after;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (log_size < sizeof log_text)
        log_size +=
            (size_t)vsnprintf(log_text + log_size, sizeof log_text - log_size, format, args);
    va_end(args);
}

static int on_rom(void *arg, const struct rom_file *rom)
{
    (void)arg;
    say("%s %zu\n", rom->name, rom->size);
    return stop_after && --stop_after == 0 ? 7 : 0;
}

static void on_problem(void *arg, const struct failure *f)
{
    (void)arg;
    say("! %s\n", f->what);
}

static void on_note(void *arg, const char *text)
{
    (void)arg;
    say("# %s\n", text);
}

static int walk(const char *first, const char *second)
{
    static const struct rom_files_visitor visitor = {
        .rom = on_rom, .problem = on_problem, .note = on_note};
    char *operands[] = {(char *)first, (char *)second};

    log_size = 0;
    log_text[0] = '\0';
    return rom_files_walk(operands, second ? 2 : 1, &visitor);
}

static void walk_is(const char *operand, int result, const char *log, const char *behaviour)
{
    is_int(walk(operand, NULL), result, "%s", behaviour);
    is_text(log_text, log, "%s: what is seen there is right", behaviour);
}

/* --- what stands in the temporary directory ------------------------------------------ */

static void file(const char *path, const void *bytes, size_t size)
{
    struct pack p = {0};

    pack_bytes(&p, bytes, size);
    if (!pack_save(&p, path))
        ok(false, "%s can be written: %s", path, strerror(errno));
    pack_free(&p);
}

static void rom(const char *path)
{
    file(path, "\x55\xaa\x01ROM", 6);
}

static void must(int result)
{
    if (result != 0)
        ok(false, "the directory can be set up: %s", strerror(errno));
}

static void deb(const char *path, size_t cut)
{
    struct pack data = {0}, p = {0};

    tar_add(&data, &(struct tar_entry){.name = "./usr/", .type = '5'});
    tar_add(&data, &(struct tar_entry){.name = "./usr/a.rom",
                                       .data = "\x55\xaa"
                                               "12"});
    tar_add(&data, &(struct tar_entry){.name = "./usr/copyright", .data = "text"});
    tar_add(&data, &(struct tar_entry){.name = "./usr/b.rom", .type = '2', .target = "a.rom"});
    tar_add(&data,
            &(struct tar_entry){.name = "./usr/c.rom", .type = '1', .target = "./usr/a.rom"});
    tar_add(&data, &(struct tar_entry){.name = "./usr/one", .data = "\x55"});
    tar_add(&data, &(struct tar_entry){.name = "../d.rom",
                                       .data = "\x55\xaa"
                                               "345"});
    tar_end(&data);
    /* Not taken for a ROM of the package: control files are no content. */
    pack_deb(&p, "\x55\xaa", &data, "xz", ".xz");
    p.size -= cut;
    if (!pack_save(&p, path))
        ok(false, "%s can be written: %s", path, strerror(errno));
    pack_free(&data);
    pack_free(&p);
}

/* --- behaviours ----------------------------------------------------------------- */

static void files(void)
{
    rom("a.rom");
    walk_is("a.rom", 0, "a.rom 6\n", "a ROM file is a ROM");
    file("text", "no ROM", 6);
    walk_is("text", 0, "text 6\n", "a file that is named is read whatever is in it");
    file("empty", "", 0);
    walk_is("empty", 0, "empty 0\n", "an empty file that is named is read");
    file("zeros", (char[2048]){0}, 2048);
    walk_is("zeros", 0, "zeros 2048\n", "or only zeros, which tar might have written");
    must(symlink("a.rom", "link"));
    walk_is("link", 0, "link 6\n", "a link to a ROM that is named is read");

    must(symlink("nowhere", "dangling"));
    walk_is("dangling", -1, "! dangling: No such file or directory\n",
            "a dangling link is a problem");
    must(mkfifo("fifo", 0600));
    walk_is("fifo", -1, "! fifo: not a regular file (found a FIFO)\n",
            "a FIFO is a problem at once");
    walk_is("/dev/zero", -1, "! /dev/zero: not a regular file (found a device)\n",
            "so is a device");
    walk_is("missing", -1, "! missing: No such file or directory\n", "so is what is not there");
    file("large", "\x55\xaa", 2);
    must(truncate("large", (off_t)ROM_FILE_MAX));
    is_int(walk("large", NULL), 0, "a ROM as large as the limit is read");
    must(truncate("large", (off_t)ROM_FILE_MAX + 1));
    walk_is("large", -1,
            "! large: file is too large (found 16777217 bytes, expected at most 16777216)\n",
            "a byte more is a problem");

    is_int(walk("missing", "a.rom"), -1, "... after a problem");
    ok(strstr(log_text, "\na.rom 6\n") != NULL, "... the next operand is read all the same");
    is_int(walk("a.rom", "missing"), -1, "a problem after a ROM counts as well");
    stop_after = 1;
    is_int(walk("a.rom", "text"), 7, "rom() can end the walk");
    is_text(log_text, "a.rom 6\n", "... and then nothing more is read");
}

static void archives(void)
{
    deb("x.deb", 0);
    walk_is("x.deb", 0, "x.deb: usr/a.rom 4\nx.deb: ../d.rom 5\n",
            "of an archive, the files that begin with 55 AA");
    stop_after = 1;
    is_int(walk("x.deb", NULL), 7, "rom() can end the walk within an archive");
    deb("cut.deb", 40);
    is_int(walk("cut.deb", NULL), -1, "an archive that is cut off is a problem");
    ok(strstr(log_text, "! cut.deb: ") != NULL, "... once, and named: %s", log_text);

    struct pack p = {0};
    tar_add(&p, &(struct tar_entry){.name = "text", .data = "text"});
    tar_end(&p);
    pack_save(&p, "none.tar");
    walk_is("none.tar", -1, "! none.tar: no option ROM in it (no file that begins with 55 AA)\n",
            "an archive without a ROM is a problem");
    pack_free(&p);

    uint8_t *large = calloc(1, ROM_FILE_MAX + 1);
    large[0] = 0x55;
    large[1] = 0xaa;
    tar_add(&p,
            &(struct tar_entry){.name = "large", .data = (char *)large, .size = ROM_FILE_MAX + 1});
    tar_add(&p, &(struct tar_entry){.name = "b.rom", .data = "\x55\xaa"});
    tar_end(&p);
    pack_save(&p, "large.tar");
    walk_is("large.tar", -1,
            "! large.tar: entry large: too large (found 16777217 bytes, limit 16777216)\n"
            "large.tar: b.rom 2\n",
            "a ROM in an archive above the limit is a problem, and the next is read");
    pack_free(&p);
    free(large);

    /* The last of several names has the bytes, as in every .rpm. */
    /* clang-format off */
    static const char newc[] =
        "070701" "00000001" "000081a4" "00000000" "00000000" "00000002" "00000000" "00000000"
        "00000000" "00000000" "00000000" "00000000" "00000006" "00000000" "a.rom\0"
        "070701" "00000001" "000081a4" "00000000" "00000000" "00000002" "00000000" "00000004"
        "00000000" "00000000" "00000000" "00000000" "00000006" "00000000" "b.rom\0" "\x55\xaa" "12"
        "070701" "00000000" "00000000" "00000000" "00000000" "00000001" "00000000" "00000000"
        "00000000" "00000000" "00000000" "00000000" "0000000b" "00000000" "TRAILER!!!\0\0\0";
    /* clang-format on */
    file("x.cpio", newc, sizeof newc);
    walk_is("x.cpio", 0, "x.cpio: b.rom 4\n", "of a hard link in cpio, the name with the bytes");
}

static void directories(void)
{
    must(mkdir("f", 0755));
    must(mkdir("f/sub", 0755));
    must(mkdir("f/Zub", 0755));
    rom("f/b.rom");
    rom("f/sub/c.rom");
    rom("f/Zub/d.rom");
    file("f/readme", "text", 4);
    file("f/one", "\x55", 1);
    file("f/half", "\x55\x55", 2);
    file("f/swapped", "\xaa\x55", 2);
    walk_is("f", 0, "f/Zub/d.rom 6\nf/b.rom 6\nf/sub/c.rom 6\n",
            "of a directory, the ROMs, with sub-directories, in the order of their names");
    walk_is("f/", 0, "f/Zub/d.rom 6\nf/b.rom 6\nf/sub/c.rom 6\n",
            "a slash after it changes nothing");

    must(symlink("b.rom", "f/a-link.rom"));
    must(symlink("../../a.rom", "f/sub/outside.rom"));
    must(symlink("../a.rom", "f/twice.rom"));
    walk_is("f", 0, "f/Zub/d.rom 6\nf/b.rom 6\nf/sub/c.rom 6\nf/sub/outside.rom 6\n",
            "a link to a ROM of the directory is skipped, one out of it is read once");

    must(symlink(".", "f/loop"));
    must(symlink("nowhere", "f/gone"));
    must(mkfifo("f/pipe", 0600));
    walk_is("f", 0,
            "# f/gone: a link that leads nowhere, skipped\n"
            "# f/loop: a link to a directory, not followed\n"
            "# f/pipe: not a regular file, skipped\n"
            "f/Zub/d.rom 6\nf/b.rom 6\nf/sub/c.rom 6\nf/sub/outside.rom 6\n",
            "links to directories, dangling links and FIFOs are skipped with a note");

    must(mkdir("p", 0755));
    deb("p/1.deb", 0);
    deb("p/2.deb", 40);
    file("p/3.deb", "no package", 10);
    rom("p/4.rom");
    deb("p/5.bin", 0);
    is_int(walk("p", NULL), -1, "in a directory a package that is cut off is a problem");
    ok(strstr(log_text, "p/1.deb: usr/a.rom 4\np/1.deb: ../d.rom 5\n") != NULL,
       "... but whole packages are opened");
    ok(strstr(log_text, "! p/2.deb: ") != NULL, "... the broken one is named");
    ok(strstr(log_text, "! p/3.deb: not an archive\n") != NULL, "... and one that is none");
    ok(strstr(log_text, "\np/4.rom 6\n") != NULL, "... and the walk goes on behind them");
    ok(!strstr(log_text, "5.bin"), "... what is not named like a package is not a package");

    /* As root nothing is unreadable. */
    must(mkdir("u", 0755));
    rom("u/1.rom");
    rom("u/2.rom");
    must(mkdir("u/3", 0));
    must(chmod("u/1.rom", 0));
    uid_t user = geteuid();
    if (user == 0)
        must(seteuid(65534));
    walk_is("u", -1, "! u/3: Permission denied\n! u/1.rom: Permission denied\nu/2.rom 6\n",
            "what cannot be read in a directory is a problem, and the walk goes on");
    walk_is("u/1.rom", -1, "! u/1.rom: Permission denied\n", "as it is where it was named");
    must(seteuid(user));

    must(mkdir("e", 0755));
    walk_is("e", -1, "! e: no option ROM in it (no file that begins with 55 AA)\n",
            "an empty directory is a problem");

    char deep[400] = "deep";
    must(mkdir(deep, 0755));
    for (int i = 0; i < ROM_DIRECTORY_DEPTH_MAX + 1; i++) {
        strcat(deep, "/d");
        must(mkdir(deep, 0755));
    }
    strcat(deep, "/x.rom");
    rom(deep);
    rom("deep/y.rom");
    is_int(walk("deep", NULL), -1, "directories that are too deep are a problem");
    ok(strstr(log_text, "nested too deeply (found more than 64 directories") != NULL, "... with the limit");
    ok(strstr(log_text, "deep/y.rom 6\n") != NULL, "... and what stands higher is read");
}

int main(void)
{
    char directory[] = "/tmp/romcompat-files-XXXXXX", command[64];

    if (!mkdtemp(directory) || chmod(directory, 0755) != 0 || chdir(directory) != 0)
        return 1;
    files();
    archives();
    directories();
    snprintf(command, sizeof command, "rm -r %s", directory);
    ok(system(command) == 0, "the temporary directory is removed");
    return tap_done();
}
