/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories: order, hiding, what is not a map, and maps that contradict each other. */
#include "romcompat.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tap.h"
#include "fixtures/maps.h"

static char top[] = "/tmp/romcompat-unit-XXXXXX";

static void must(bool done)
{
    if (!done) {
        perror("test_resolver_directories");
        abort();
    }
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    must(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* A map of one set: `machine` (a whole line's words) gets `rom` as `compat`. */
static void put_map(const char *path, const char *machine, const char *rom, const char *compat)
{
    char text[512];

    snprintf(text, sizeof text, "romcompat-map 1\nset s\nmachine %s\nrom %s 262144 %s\nend\n",
             machine, rom, compat);
    put(path, text);
}

static void empty_directories(void)
{
    must(system("rm -rf a b c && mkdir a b c") == 0);
}

static struct romcompat *open_abc(void)
{
    static const char *const directories[] = {"a", "b/", "c"};
    struct romcompat *maps = NULL;

    must(romcompat_open_folders(directories, 3, &maps) == ROMCOMPAT_OK);
    return maps;
}

static int open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    must(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static const char *map_of(const struct romcompat *maps, const char *machine, const char *rom)
{
    struct romcompat_rule rule;

    return romcompat_find(maps, machine, rom, &rule) == ROMCOMPAT_OK ? rule.map : "";
}

static void precedence(void)
{
    empty_directories();
    put_map("a/20.map", "pc - 5.0", "r.rom", "a20.rom");
    put_map("a/3.map", "pc 5.1 9.0", "r.rom", "a3.rom");
    put_map("b/20.map", "pc - 5.0", "r.rom", "b20.rom");
    put_map("b/30.map", "virt - -", "r.rom", "b30.rom");
    put_map("c/30.map", "virt - -", "r.rom", "c30.rom");
    put_map("c/20.map", "pc-focal", "r.rom", "c20.rom");
    put_map("c/40.map", "pc-jammy", "r.rom", "c40.rom");
    struct romcompat *maps = open_abc();
    is_text(problem_text(maps, 0), "", "a file that is hidden contradicts nobody");
    is_int(romcompat_set_count(maps), 4, "four of the seven maps are not hidden");
    is_text(answer(maps, "pc-4.0", "r.rom"), "a20.rom",
            "a file of the first directory hides the second's");
    is_text(map_of(maps, "pc-4.0", "r.rom"), "a/20.map", "... and is named with its directory");
    is_text(answer(maps, "virt-4.0", "r.rom"), "b30.rom",
            "a file of the second directory hides the third's");
    is_text(map_of(maps, "virt-4.0", "r.rom"), "b/30.map", "... and no slash is doubled");
    is_text(answer(maps, "pc-focal", "r.rom"), "", "the first directory hides the third's too");
    is_text(answer(maps, "pc-jammy", "r.rom"), "c40.rom",
            "a name that only the third directory has serves");
    struct romcompat_set s;
    romcompat_set_at(maps, 0, &s);
    is_text(s.map, "a/20.map", "names are sorted byte for byte: 20 before 3");
    romcompat_set_at(maps, 1, &s);
    is_text(s.map, "a/3.map", "... then 3");
    romcompat_close(maps);

    put("a/30.map", "# nothing in here\nromcompat-map 1\n");
    put("a/40.map", "broken\n");
    maps = open_abc();
    is_text(answer(maps, "virt-4.0", "r.rom"), "", "a map without sets takes one out of service");
    is_text(answer(maps, "pc-jammy", "r.rom"), "", "a broken file hides as well");
    is_int(romcompat_problem_count(maps), 1, "... and is the only problem");
    is_text(problem_text(maps, 0),
            "a/40.map:1: 'broken' is not the start of a compat map (expected: romcompat-map 1)",
            "... with its path and line");
    is_text(answer(maps, "pc-4.0", "r.rom"), "a20.rom", "... while the others serve");
    romcompat_close(maps);

    empty_directories();
    put_map("a/x.map.dpkg-old", "pc - -", "r.rom", "bad.rom");
    put_map("a/.hidden.map", "pc - -", "r.rom", "bad.rom");
    put_map("a/.map", "pc - -", "r.rom", "bad.rom");
    put_map("a/xmap", "pc - -", "r.rom", "bad.rom");
    put_map("a/x.MAP", "pc - -", "r.rom", "bad.rom");
    maps = open_abc();
    is_int(romcompat_set_count(maps), 0,
           "other names than *.map, and those with a dot first, are no maps");
    is_int(romcompat_problem_count(maps), 0, "... and no problem");
    romcompat_close(maps);
}

static void conflicts(void)
{
    empty_directories();
    put_map("a/1.map", "pc - 5.0", "r.rom", "one.rom");
    put("a/2.map",
        "romcompat-map 1\nset fine\nmachine virt - -\nrom r.rom 2048 two.rom\nend\n"
        "set s\nmachine pc-focal\nmachine pc 6.0 8.0\nmachine pc 3.0 3.1\nrom q.rom 2048 q\n"
        "rom r.rom 262144 two.rom\nend\n");
    put_map("b/3.map", "pc 7.0 8.0", "r.rom", "three.rom");
    put_map("b/4.map", "virt - -", "r.rom", "four.rom");
    put_map("b/5.map", "pc-focal", "q.rom", "five.rom");
    struct romcompat *maps = open_abc();
    is_int(romcompat_problem_count(maps), 1, "one map contradicts an earlier one");
    is_text(problem_text(maps, 0),
            "a/2.map:11: r.rom for machine pc is 262144 two.rom here (machine line 9), but 262144 "
            "one.rom in a/1.map:4 (machine line 3)",
            "... which is told with both places");
    is_text(answer(maps, "pc-3.0", "r.rom"), "one.rom", "the earlier one keeps serving");
    is_text(answer(maps, "virt-7.0", "r.rom"), "four.rom",
            "the later one is left out wholly, its good sets too");
    is_text(answer(maps, "pc-7.0", "r.rom"), "three.rom", "... so that it blocks no map after it");
    is_text(answer(maps, "pc-6.0", "r.rom"), "", "... and answers nothing");
    is_text(answer(maps, "pc-focal", "q.rom"), "five.rom", "... not for names it brought first");
    is_int(romcompat_set_count(maps), 4, "... and its sets are not listed");
    for (size_t i = 0; i < romcompat_set_count(maps); i++) {
        struct romcompat_set s;
        struct romcompat_machine_rule m;
        struct romcompat_rom r;

        ok(romcompat_set_at(maps, i, &s) == ROMCOMPAT_OK && strcmp(s.map, "a/2.map") != 0 &&
               romcompat_machine_rule_at(maps, i, 0, &m) == ROMCOMPAT_OK &&
               romcompat_rom_at(maps, i, 0, &r) == ROMCOMPAT_OK,
           "set %zu is whole", i);
    }
    romcompat_close(maps);

    empty_directories();
    put_map("a/1.map", "pc - 5.0", "r.rom", "one.rom");
    put_map("b/2.map", "pc - 5.0", "r.rom", "one.rom");
    maps = open_abc();
    is_int(romcompat_problem_count(maps), 0,
           "maps that agree are no problem, nor is a set name in both");
    is_text(map_of(maps, "pc-3.0", "r.rom"), "a/1.map", "... and the first is named");
    romcompat_close(maps);
}

static void is_problem(const char *name, int code, const char *text)
{
    struct romcompat *maps = open_abc();

    is_text(problem_text(maps, 0), text, "%s is a problem", name);
    is_int(problem_code(maps, 0), code, "... %s", romcompat_strerror(code));
    is_int(romcompat_problem_count(maps), 1, "... the only one");
    is_text(answer(maps, "pc-4.0", "r.rom"), "z.rom", "... and the others serve");
    romcompat_close(maps);
    must(system("rm -rf a/x.map") == 0);
}

static void no_maps(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "a/x.map"};

    empty_directories();
    put_map("a/z.map", "pc - -", "r.rom", "z.rom");
    must(mkfifo("a/x.map", 0644) == 0);
    is_problem("a FIFO", ROMCOMPAT_E_TYPE, "a/x.map: not a regular file");
    must(mkdir("a/x.map", 0755) == 0);
    is_problem("a directory", ROMCOMPAT_E_TYPE, "a/x.map: not a regular file");
    must(symlink("nowhere", "a/x.map") == 0);
    is_problem("a dangling link", ROMCOMPAT_E_READ, "a/x.map: No such file or directory");
    must(symlink("x.map", "a/x.map") == 0);
    is_problem("a link to itself", ROMCOMPAT_E_READ, "a/x.map: Too many levels of symbolic links");
    must(symlink("/dev/null", "a/x.map") == 0);
    is_problem("a device", ROMCOMPAT_E_TYPE, "a/x.map: not a regular file");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    must(fd >= 0 && bind(fd, (void *)&address, sizeof address) == 0);
    close(fd);
    is_problem("a socket", ROMCOMPAT_E_READ, "a/x.map: No such device or address");
    put("a/x.map", "");
    is_problem("an empty file", ROMCOMPAT_E_FORMAT, "a/x.map: empty (expected: romcompat-map 1)");
    put("a/x.map", "");
    must(truncate("a/x.map", ROMCOMPAT_MAX_FILE_SIZE + 1) == 0);
    is_problem("a file one byte over the limit", ROMCOMPAT_E_LIMIT,
               "a/x.map: has 4194305 bytes (at most 4194304 are allowed)");
    put("a/x.map", "");
    must(truncate("a/x.map", (off_t)1 << 40) == 0);
    is_problem("a file of a terabyte", ROMCOMPAT_E_LIMIT,
               "a/x.map: has 1099511627776 bytes (at most 4194304 are allowed)");
    put("a/x.map", "");
    must(truncate("a/x.map", ROMCOMPAT_MAX_FILE_SIZE) == 0);
    is_problem("a file full of zeros", ROMCOMPAT_E_LIMIT,
               "a/x.map:1: the line has 4194304 bytes (at most 1024 are allowed)");

    must(symlink("../a/z.map", "b/y.map") == 0);
    must(unlink("a/z.map") == 0);
    put_map("a/zz.map", "virt - -", "r.rom", "zz.rom");
    must(rename("a/zz.map", "c/target") == 0 && unlink("b/y.map") == 0 &&
         symlink("../c/target", "b/y.map") == 0);
    struct romcompat *maps = open_abc();
    is_text(answer(maps, "virt-4.0", "r.rom"), "zz.rom", "a link to a regular file is a map");
    is_text(map_of(maps, "virt-4.0", "r.rom"), "b/y.map", "... under the link's name");
    romcompat_close(maps);
}

static void directories(void)
{
    static const char *const odd[] = {"nowhere", "a", "plain", ""};
    static const char *const holes[] = {"a", NULL};
    const char *many[ROMCOMPAT_MAX_FOLDERS + 1];
    struct romcompat *maps = NULL;

    empty_directories();
    put_map("a/z.map", "pc - -", "r.rom", "z.rom");
    put("plain", "");
    is_int(romcompat_open_folders(odd, 4, &maps), ROMCOMPAT_OK,
           "odd directories do not stop the opening");
    is_text(answer(maps, "pc-4.0", "r.rom"), "z.rom", "... and the good one serves");
    is_int(romcompat_problem_count(maps), 3, "... and the three others are told");
    is_text(problem_text(maps, 0), "nowhere: No such file or directory", "one that does not exist");
    is_text(problem_text(maps, 1), "plain: Not a directory", "one that is a file");
    is_int(problem_code(maps, 1), ROMCOMPAT_E_TYPE, "... by its code too");
    is_text(problem_text(maps, 2), ": No such file or directory", "one without a name");
    romcompat_close(maps);

    maps = (struct romcompat *)1;
    is_int(romcompat_open_folders(holes, 2, &maps), ROMCOMPAT_E_ARGUMENT,
           "a NULL directory is refused");
    is_int(romcompat_open_files(holes, 2, &maps), ROMCOMPAT_E_ARGUMENT, "a NULL file is refused");
    is_int(romcompat_open_folders(NULL, 1, &maps), ROMCOMPAT_E_ARGUMENT, "so is a NULL list");
    is_int(romcompat_open_folders(odd, 1, NULL), ROMCOMPAT_E_ARGUMENT, "so is no output");
    is_int(romcompat_open_files(odd, 1, NULL), ROMCOMPAT_E_ARGUMENT, "... here too");
    is_int(romcompat_open(NULL), ROMCOMPAT_E_ARGUMENT, "and here");
    for (size_t i = 0; i <= ROMCOMPAT_MAX_FOLDERS; i++)
        many[i] = "a";
    is_int(romcompat_open_folders(many, ROMCOMPAT_MAX_FOLDERS + 1, &maps), ROMCOMPAT_E_LIMIT,
           "17 directories are too many");
    is_int(romcompat_open_files(many, ROMCOMPAT_MAX_FILES + 1, &maps), ROMCOMPAT_E_LIMIT,
           "4097 files are too many");
    ok(maps == (struct romcompat *)1, "... and the output is untouched by all of them");
    is_int(romcompat_open_folders(many, ROMCOMPAT_MAX_FOLDERS, &maps), ROMCOMPAT_OK,
           "16 directories are not");
    is_int(romcompat_set_count(maps), 1, "... and the same directory again hides itself");
    romcompat_close(maps);
    is_int(romcompat_open_folders(NULL, 0, &maps), ROMCOMPAT_OK,
           "no directory at all makes an empty collection");
    is_int(romcompat_set_count(maps), 0, "... without sets");
    is_text(answer(maps, "pc-4.0", "r.rom"), "", "... and without answers");
    romcompat_close(maps);
    is_int(romcompat_open(&maps), ROMCOMPAT_OK, "the default path opens, whatever is there");
    romcompat_close(maps);

    put_map("b/z.map", "pc - -", "r.rom", "other.rom");
    static const char *const files[] = {"b/z.map", "a/z.map", "none.map"};
    is_int(romcompat_open_files(files, 3, &maps), ROMCOMPAT_OK, "files open in the given order");
    is_text(answer(maps, "pc-4.0", "r.rom"), "other.rom", "... the first serves");
    is_int(problem_code(maps, 0), ROMCOMPAT_E_CONFLICT,
           "... the second is not hidden but contradicts it");
    is_text(problem_text(maps, 1), "none.map: No such file or directory",
            "... the third is not there");
    romcompat_close(maps);

    /* Limits over all maps. */
    put("big", "");
    must(truncate("big", ROMCOMPAT_MAX_FILE_SIZE) == 0);
    for (size_t i = 0; i <= ROMCOMPAT_MAX_FOLDERS; i++)
        many[i] = "big";
    is_int(romcompat_open_files(many, 17, &maps), ROMCOMPAT_OK, "64 MiB and one map more");
    is_text(problem_text(maps, 16), "big: with it the maps have more than 67108864 bytes",
            "... the one more is left out");
    is_text(problem_text(maps, 15), "big:1: the line has 4194304 bytes (at most 1024 are allowed)",
            "... the one before was read");
    romcompat_close(maps);

    for (int i = 0; i < ROMCOMPAT_MAX_FILES; i++) {
        char path[32];

        snprintf(path, sizeof path, "b/%d.map", i);
        must(link("a/z.map", path) == 0);
    }
    must(unlink("b/z.map") == 0);
    static const char *const only_b[] = {"b"}, *const a_b[] = {"a", "b"};
    is_int(romcompat_open_folders(only_b, 1, &maps), ROMCOMPAT_OK, "4096 maps in one directory");
    is_int(romcompat_set_count(maps), ROMCOMPAT_MAX_FILES, "... all serve");
    is_int(romcompat_problem_count(maps), 0, "... and agree");
    romcompat_close(maps);
    is_int(romcompat_open_folders(a_b, 2, &maps), ROMCOMPAT_OK,
           "4097 maps in two directories are too many");
    is_text(problem_text(maps, 0), "b: with it there are more than 4096 maps",
            "... the second directory is left out");
    is_int(romcompat_set_count(maps), 1, "... the first serves");
    romcompat_close(maps);
}

/* ---- threads ---- */

static void *ask(void *argument)
{
    const struct romcompat *maps = argument;
    long right = 0;

    for (int i = 0; i < 20000; i++) {
        struct romcompat_rule r;
        struct romcompat_problem p;
        char machine[32];

        snprintf(machine, sizeof machine, "pc-%d.%d", i % 10, i % 7);
        right += romcompat_find(maps, machine, "r.rom", &r) == ROMCOMPAT_OK &&
                 strcmp(r.compat_file, i % 10 < 5 ? "one.rom" : "two.rom") == 0 &&
                 romcompat_problem_at(maps, 0, &p) == ROMCOMPAT_OK;
    }
    return (void *)right;
}

static void threads(void)
{
    pthread_t thread[8];

    empty_directories();
    put_map("a/1.map", "pc - 4.65535", "r.rom", "one.rom");
    put_map("a/2.map", "pc 5.0 -", "r.rom", "two.rom");
    put("a/3.map", "x");
    struct romcompat *maps = open_abc();
    for (int i = 0; i < 8; i++)
        must(pthread_create(&thread[i], NULL, ask, maps) == 0);
    for (int i = 0; i < 8; i++) {
        void *right;

        pthread_join(thread[i], &right);
        is_int((long)right, 20000, "thread %d of 8 gets every answer", i);
    }
    romcompat_close(maps);
}

int main(void)
{
    must(mkdtemp(top) && chdir(top) == 0);
    int before = open_files();

    precedence();
    conflicts();
    no_maps();
    directories();
    threads();
    is_int(open_files(), before, "no file is left open");
    must(chdir("/") == 0);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", top);
    must(system(command) == 0);
    return tap_done();
}
