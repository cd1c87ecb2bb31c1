/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/libvirt_save.h"

#include <stdlib.h>

#include "fixtures/stream_maker.h"
#include "tap.h"

static void refused(const struct save_spec *spec, const char *text, const char *what)
{
    struct made_stream m = make_save(spec);
    struct libvirt_save save;
    struct failure f = {0};

    if (!ok(libvirt_save_read("x", m.data, m.size, &save, &f) == -1 && strstr(f.what, text), "%s",
            what))
        printf("# '%s'\n", f.what);
    free(m.data);
}

int main(void)
{
    static const char *const names[] = {"raw", "gzip", "bzip2", "xz", "lzop", "zstd", "sparse"};
    struct libvirt_save save;
    struct failure f;
    size_t wrong = 0;

    for (uint32_t i = 0; i < 7; i++) {
        struct made_stream m = make_save(
            &(struct save_spec){.format = i, .was_running = 1, .cookie = 20, .big_endian = i % 2});

        ok(libvirt_save_read("x", m.data, m.size, &save, &f) == 0 && save.format == i &&
               save.was_running && !save.incomplete && save.version == 2 &&
               save.big_endian == i % 2 && save.stream_offset == m.size &&
               save.data_length == m.size - 92 && save.xml_length == 20,
           "an image in %s, of a %s-endian host", names[i], i % 2 ? "big" : "little");
        is_text(libvirt_save_format_name(save.format), names[i], "... its format's name");
        free(m.data);
    }
    struct made_stream m = make_save(&(struct save_spec){.magic = "LibvirtQemudPart"});
    ok(libvirt_save_read("x", m.data, m.size, &save, &f) == 0 && save.incomplete,
       "an image that was not finished says so");
    ok(save.xml_length == save.data_length, "without a cookie all of the data is XML");
    for (size_t n = 0; n < 92; n++)
        wrong += libvirt_save_read("x", m.data, n, &save, &f) != -1;
    is_int(wrong, 0, "cut at any byte of the header, it is refused");
    libvirt_save_read("x", m.data, 91, &save, &f);
    is_text(f.what, "x: cut off in its header (found 91 bytes, expected 92)", "and named");
    free(m.data);

    refused(&(struct save_spec){.magic = "LibvirtQemudXave"}, "x: byte 0: not a libvirt save image",
            "a header with another magic is refused");
    refused(&(struct save_spec){.version = 3},
            "x: byte 16: unknown version of the save image (found 3, expected 1 or 2)",
            "a header of another version is refused");
    refused(&(struct save_spec){.format = 7},
            "x: byte 28: unknown format of the save image (found 7, expected 0 to 6)",
            "a header with another format is refused");
    refused(&(struct save_spec){.data_length = 0xfffffff0},
            "x: byte 20: the XML is empty or too long (found 4294967280 bytes", "XML of 4 GiB");
    refused(&(struct save_spec){.cookie = 4000}, "x: byte 32: the cookie begins after its data",
            "a cookie behind the data");
    return tap_done();
}
