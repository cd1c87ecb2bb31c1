/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/saved_guest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixtures/stream_maker.h"
#include "tap.h"

static char directory[] = "/tmp/test_saved_guest.XXXXXX";
static char path[256], second[256];

static void write_bytes(const char *name, const uint8_t *data, size_t size)
{
    FILE *file = fopen(name, "w");

    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

/* What a program of the machine makes of a file's bytes; appended to `m`. */
static void append_output(struct made_stream *m, const char *command)
{
    uint8_t buffer[4096];
    FILE *pipe = popen(command, "r");
    size_t n;

    while (pipe && (n = fread(buffer, 1, sizeof buffer, pipe)) > 0)
        stream_append(m, buffer, n);
    if (!pipe || pclose(pipe) != 0)
        abort();
}

static struct stream_spec plain = {
    .machine = "pc-q35-7.2",
    .blocks = {{.name = "pc.ram", .length = 0x4000000},
               {.name = "0000:00:03.0/virtio-net-pci.rom", .length = 0x40000}},
};

static void has_blocks(int result, struct saved_guest *g, const struct failure *f, const char *kind,
                       const char *what)
{
    if (!ok(result == 0 && g->block_count == 2 && g->blocks[1].length == 0x40000 &&
                !strcmp(g->blocks[1].name, "0000:00:03.0/virtio-net-pci.rom"),
            "%s: its blocks", what))
        printf("# %d: %s\n", result, f->what);
    if (result == 0) {
        is_text(g->description, kind, "%s: what it is called", what);
        saved_guest_free(g);
    }
}

static void reads(const char *kind, const char *what)
{
    struct saved_guest g = {0};
    struct failure f = {0};
    int result = saved_guest_read(path, NULL, &g, &f);

    has_blocks(result, &g, &f, kind, what);
}

static void refuses(const char *text, const char *fix, const char *what)
{
    struct saved_guest g = {0};
    struct failure f = {0};

    if (!ok(saved_guest_read(path, NULL, &g, &f) == -1 && strstr(f.what, text) &&
                strstr(f.hint, fix),
            "%s", what))
        printf("# '%s' '%s'\n", f.what, f.hint);
}

static void test_compressed(void)
{
    static const struct {
        const char *name, *command;
        uint32_t format;
    } kinds[] = {{"gzip", "gzip -c", 1},
                 {"bzip2", "bzip2 -c", 2},
                 {"xz", "xz -c", 3},
                 {"lzop", "lzop -c", 4},
                 {"zstd", "zstd -qc", 5}};
    struct made_stream m = make_stream(&plain);
    char command[600], text[128];

    write_bytes(second, m.data, m.size);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct made_stream save = make_save(&(struct save_spec){.format = kinds[i].format});

        snprintf(command, sizeof command, "%s < '%s'", kinds[i].command, second);
        append_output(&save, command);
        write_bytes(path, save.data, save.size);
        snprintf(text, sizeof text, "libvirt save image, %s", kinds[i].name);
        reads(text, text);
        size_t header = 92 + sizeof "<domain type='qemu'><name>guest</name></domain>";
        write_bytes(path, save.data + header, save.size - header);
        snprintf(text, sizeof text, "migration stream, %s", kinds[i].name);
        reads(text, text);
        write_bytes(path, save.data + header, 30);
        snprintf(text, sizeof text, "%s, cut off in its compressed data, is refused",
                 kinds[i].name);
        refuses("", "", text);
        free(save.data);
        save = make_save(&(struct save_spec){.format = kinds[i].format});
        stream_append(&save, m.data, m.size);
        write_bytes(path, save.data, save.size);
        snprintf(command, sizeof command, "not compressed with %s, as it says", kinds[i].name);
        refuses(command, "", command);
        free(save.data);
    }
    /* The dictionary is named in the first bytes: 1.5 GiB are not allocated for them. */
    struct made_stream bomb = {0};
    stream_append(&bomb,
                  "\xfd"
                  "7zXZ\0\0\4\xe6\xd6\xb4\x46\2\0\x21\1\x24\0\0\0\x5e\x1f\xc7\xf9",
                  24);
    write_bytes(path, bomb.data, bomb.size);
    refuses("xz asks for too large a dictionary", "", "an xz with a dictionary of gigabytes");
    free(bomb.data);
    free(m.data);
}

static void test_pipe(void)
{
    struct made_stream m = make_stream(&plain);
    struct saved_guest g = {0};
    struct failure f = {0};

    unlink(path);
    if (mkfifo(path, 0600))
        abort();
    pid_t writer = fork();
    if (writer == 0) {
        int fd = open(path, O_WRONLY);

        for (size_t i = 0; i < m.size; i++)
            if (write(fd, m.data + i, 1) != 1)
                _exit(1);
        _exit(0);
    }
    int result = saved_guest_read(path, NULL, &g, &f);
    has_blocks(result, &g, &f, "migration stream", "a pipe that delivers byte after byte");
    waitpid(writer, NULL, 0);
    unlink(path);
    free(m.data);
}

/* Every kind of file, cut at each byte of its head, and with each of its bits flipped. */
static void test_cut_and_flip(struct made_stream *m, size_t head, const char *what)
{
    struct saved_guest g;
    struct failure f;
    size_t wrong = 0;

    write_bytes(path, m->data, m->size < 8192 ? m->size : 8192);
    int file = open(path, O_RDWR);
    for (size_t bit = 0; bit < 8 * head; bit++) {
        uint8_t flipped = (uint8_t)(m->data[bit / 8] ^ 1 << bit % 8);

        f = (struct failure){0};
        if (pwrite(file, &flipped, 1, (off_t)(bit / 8)) != 1)
            abort();
        if (saved_guest_read(path, NULL, &g, &f) == 0)
            saved_guest_free(&g);
        else
            wrong += !f.what[0];
        if (pwrite(file, &m->data[bit / 8], 1, (off_t)(bit / 8)) != 1)
            abort();
    }
    is_int(wrong, 0, "%s: with any bit flipped it is read, or refused with a reason", what);
    wrong = 0;
    for (size_t size = head; size-- > 0;) {
        f = (struct failure){0};
        if (ftruncate(file, (off_t)size))
            abort();
        if (saved_guest_read(path, NULL, &g, &f) == 0 || !f.what[0])
            wrong++;
    }
    is_int(wrong, 0, "%s: cut at any of %zu bytes, it is refused with a reason", what, head);
    close(file);
}

/* What lzop can be told to write, and what no lzop writes. The header, without a name, has 38
 * bytes; the lengths of the first block follow. */
static void test_lzop(void)
{
    enum { HEADER = 38, UNCHECKED = 1 };
    static const char *const commands[] = {"lzop --crc32 -9c", "lzop --no-checksum -c"};
    static const struct {
        size_t at;
        uint8_t byte;
        const char *why, *what;
    } lies[] = {
        {9, 0, "unknown version", "lzop: a version before the first"},
        {13, 0x20, "needs a later version", "lzop: a version to come"},
        {15, 9, "unknown method", "lzop: a method to come"},
        {19, 0x08, "a filter is not supported", "a filter of lzop is refused"},
        {19, 0x04, "a file in parts is not supported", "a part of an lzop file is refused"},
        {30, 1, "damaged header", "lzop: a header that is damaged"},
        {38, 0x40, "impossible lengths of a block", "lzop: a block of a gibibyte"},
        {42, 0x40, "impossible lengths of a block", "lzop: a block that grew"},
        {46, 0x55, "a checksum differs", "another checksum of lzop is refused"},
        {100, 0x55, "lzop: damaged", "lzop: another byte in a block"},
    };
    struct made_stream m = make_stream(&plain);
    char command[600];

    write_bytes(second, m.data, m.size);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct made_stream packed = {0};

        snprintf(command, sizeof command, "%s < '%s'", commands[i], second);
        append_output(&packed, command);
        write_bytes(path, packed.data, packed.size);
        reads("migration stream, lzop", commands[i]);
        if (i == UNCHECKED) {
            /* A block that would not get shorter stands as it is. */
            uint8_t length[4] = {0, 0, (uint8_t)(m.size >> 8), (uint8_t)m.size};

            packed.size = HEADER;
            stream_append(&packed, length, sizeof length);
            stream_append(&packed, length, sizeof length);
            stream_append(&packed, m.data, m.size);
            write_bytes(path, packed.data, packed.size);
            reads("migration stream, lzop", "lzop, a block that is stored");
        }
        free(packed.data);
    }
    struct made_stream packed = {0};
    snprintf(command, sizeof command, "lzop -c < '%s'", second);
    append_output(&packed, command);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        uint8_t was = packed.data[lies[i].at];

        packed.data[lies[i].at] = lies[i].byte;
        write_bytes(path, packed.data, packed.size);
        refuses(lies[i].why, "", lies[i].what);
        packed.data[lies[i].at] = was;
    }
    test_cut_and_flip(&packed, packed.size - 4, "lzop");
    free(packed.data);
    free(m.data);
}

static void test_hostile(void)
{
    struct made_stream save = make_save(&(struct save_spec){0}), stream = make_stream(&plain);
    struct stream_spec mapped = plain;

    size_t head = save.size + stream.size - 8; /* the list ends before the stream does */
    stream_append(&save, stream.data, stream.size);
    test_cut_and_flip(&save, head, "libvirt save image");
    free(save.data);
    free(stream.data);

    /* What is skipped must come out of the decompressor: 64 MiB of pages of 64 KiB. */
    mapped.capabilities[0] = "mapped-ram";
    mapped.mapped = true;
    stream = make_stream(&mapped);
    write_bytes(second, stream.data, stream.size);
    free(stream.data);
    struct made_stream packed = {0};
    char command[600];
    snprintf(command, sizeof command, "gzip -1c '%s'", second);
    append_output(&packed, command);
    write_bytes(path, packed.data, packed.size);
    refuses("the list of RAM blocks does not end (limit 16777216 bytes)", "",
            "what unpacks to far more than a head is given up");
    free(packed.data);
}

int main(void)
{
    if (!mkdtemp(directory))
        abort();
    snprintf(path, sizeof path, "%s/guest", directory);
    snprintf(second, sizeof second, "%s/stream", directory);

    struct made_stream m = make_stream(&plain);
    write_bytes(path, m.data, m.size);
    reads("migration stream", "a stream in a file");
    struct made_stream save = make_save(&(struct save_spec){.big_endian = true});
    stream_append(&save, m.data, m.size);
    write_bytes(path, save.data, save.size);
    reads("libvirt save image, raw", "a libvirt save image");
    free(save.data);

    /* Sparse: mapped-ram, with offsets that count from the begin of the file. */
    save = make_save(&(struct save_spec){.format = 6});
    struct stream_spec mapped = plain;
    mapped.capabilities[0] = "mapped-ram";
    mapped.mapped = true;
    mapped.base = save.size;
    struct made_stream sparse = make_stream(&mapped);
    memcpy(sparse.data, save.data, save.size);
    write_bytes(path, sparse.data, sparse.size);
    reads("libvirt save image, sparse, mapped-ram", "a sparse libvirt save image");
    struct saved_guest g = {0};
    struct failure f = {0};
    ok(saved_guest_read(path, NULL, &g, &f) == 0 && g.mapped_ram && g.bytes_read < 65536,
       "and of its 64 MiB little is read");
    saved_guest_free(&g);
    free(sparse.data);
    free(save.data);

    test_compressed();
    test_lzop();
    test_pipe();
    test_hostile();

    write_bytes(path, (const uint8_t *)"hello", 5);
    refuses("not a saved guest (expected a QEMU migration stream", "", "a text is no guest");
    write_bytes(path, (const uint8_t *)"", 0);
    refuses("empty", "", "an empty file is no guest");
    unlink(path);
    mkdir(path, 0700);
    refuses("a directory, not a saved guest", "", "nor is a directory");
    rmdir(path);
    refuses("No such file or directory", "", "nor is nothing");
    free(m.data);

    static const char table[] = "(qemu) info ramblock\r\n"
                                "              Block Name    PSize              Offset             "
                                "  Used              Total\r\n"
                                "                  pc.ram    4 KiB  0x0000000000000000 "
                                "0x0000000004000000 0x0000000004000000\r\n"
                                "0000:00:03.0/virtio-net-pci.rom    4 KiB  0x0000000004040000 "
                                "0x0000000000040000 0x0000000000040000\r\n"
                                "(qemu) quit\r\n";
    write_bytes(path, (const uint8_t *)table, sizeof table - 1);
    reads("output of 'info ramblock'", "a saved table of a monitor");
    write_bytes(path, (const uint8_t *)table, sizeof table - 40);
    refuses("guest:4: not a line of 'info ramblock'", "", "a table that is cut off within a line");
    write_bytes(path, (const uint8_t *)table, 100);
    refuses("no RAM block in it", "", "a table without a line");

    unlink(path);
    unlink(second);
    rmdir(directory);
    return tap_done();
}
