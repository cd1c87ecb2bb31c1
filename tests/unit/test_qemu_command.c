/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qemu_command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define WORDS_MAX 64
#define Q "qemu-system-x86_64 "

static struct qemu_command c;

static void give_up_test(const char *why)
{
    printf("Bail out! %s\n", why);
    exit(2);
}

/* Of words that one space divides; free with qemu_command_free(). */
static void read_line(const char *text)
{
    char *copy = strdup(text), *rest = copy, *word, *words[WORDS_MAX];
    size_t count = 0;
    struct failure f;

    while ((word = strsep(&rest, " ")) != NULL && count < WORDS_MAX)
        words[count++] = word;
    if (qemu_command_read(words, count, "/vm", &c, &f) != 0)
        give_up_test(f.what);
    free(copy);
}

/* "VGA e1000=x.rom !virtio-net-pci": the last one has no ROM. */
static const char *cards(void)
{
    static char text[1024];

    text[0] = '\0';
    for (size_t i = 0; i < c.card_count; i++) {
        const struct qemu_card *card = &c.cards[i];

        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s%s%s%s", i ? " " : "",
                 card->off ? "!" : "", card->type, card->file ? "=" : "",
                 card->file ? card->file : "");
    }
    return text;
}

static void has_cards(const char *line, const char *expected, const char *name)
{
    read_line(line);
    is_text(cards(), expected, "%s", name);
    qemu_command_free(&c);
}

static void has_doubt(const char *line, const char *part, const char *name)
{
    read_line(line);
    ok(c.doubt && strstr(c.doubt, part), "%s (%s)", name, c.doubt ? c.doubt : "no doubt");
    qemu_command_free(&c);
}

static void has_no_doubt(const char *line, const char *name)
{
    read_line(line);
    ok(!c.doubt, "%s (%s)", name, c.doubt ? c.doubt : "no doubt");
    qemu_command_free(&c);
}

static void has_loader(const char *line, const char *loader, const char *type, const char *nvram,
                       const char *name)
{
    read_line(line);
    ok(c.loader && strcmp(c.loader, loader) == 0 && strcmp(c.loader_type, type) == 0 &&
           (nvram ? c.nvram && strcmp(c.nvram, nvram) == 0 : !c.nvram),
       "%s (%s, %s, %s)", name, c.loader ? c.loader : "-", c.loader_type ? c.loader_type : "-",
       c.nvram ? c.nvram : "-");
    qemu_command_free(&c);
}

static void test_cards(void)
{
    has_cards(Q "-M pc", "e1000 VGA", "a PC without -nodefaults has a network and a video card");
    has_cards(Q "-M q35", "e1000e VGA", "a Q35 has an e1000e of itself");
    has_cards(Q "-M pc-q35-2.11", "e1000 VGA", "a Q35 up to 2.11 has an e1000 of itself");
    has_cards(Q "-M pc-i440fx-2.1", "e1000 cirrus-vga", "a PC up to 2.1 has a Cirrus card");
    has_cards(Q "-nodefaults -M pc", "", "-nodefaults leaves both out");
    has_cards(Q "-netdev user,id=n -device e1000e,netdev=n -vga none", "e1000e",
              "-netdev and -vga none leave both out");
    has_cards(Q "-device VGA -nic none", "VGA",
              "a video card given takes the place of the default");
    has_cards(Q "-nodefaults -device virtio-net -device e1000-82540em", "virtio-net-pci e1000",
              "aliases of device types are followed");
    has_cards(Q "-nodefaults -device e1000,romfile= -device e1000,rombar=0 -device e1000,romfile=x",
              "!e1000 !e1000 e1000=x", "a ROM that is switched off or named is told");
    has_cards(Q "-nodefaults -device {\"driver\":\"e1000\",\"rombar\":0} -device driver=rtl8139",
              "!e1000 rtl8139", "-device is read as JSON, too, and with driver=");
    has_cards(Q "-nic user,model=virtio -net nic,model=pcnet -net nic -vga qxl",
              "virtio-net-pci pcnet e1000 qxl-vga",
              "-nic and -net nic name cards or take the default");
    has_cards("qemu-system-aarch64 -M virt", "virtio-net-pci", "an Arm board has a virtio card");
    has_cards("qemu-system-loongarch64 -M virt", "virtio-net-pci", "... LoongArch's as well");
    has_cards("qemu-system-riscv64 -M virt", "", "... RISC-V's board of that name has none");
    has_cards(Q "-M microvm -vga std", "", "-vga is nothing to a board without a video card");
    has_cards(Q "-nodefaults -device igb,romfile=x -device vfio-pci,romfile=x,rombar=0 "
                "-device vfio-pci,host=2:0.0",
              "igb=x !vfio-pci=x", "a device of another type has the ROM that is named");
    has_cards(Q "--nodefaults -S -daemonize -device e1000 disk.img", "e1000",
              "options without an argument take none");
    has_cards(Q "-nodefaults -M pc-i440fx-9.0+pve0 -vga std", "VGA",
              "Proxmox's machine types are known");
}

static void test_firmware(void)
{
    has_loader(Q "-bios OVMF.fd", "OVMF.fd", "rom", NULL, "-bios is a ROM");
    has_loader(Q "-drive if=pflash,file=c.fd,readonly=on -drive file=//n/./v.fd,if=pflash",
               "/vm/c.fd", "pflash", "/n/v.fd", "flash drives take the next free unit");
    has_loader(Q "-drive if=pflash,unit=1,file=/v,,1 -pflash /c", "/c", "pflash", "/v,1",
               "a unit is kept, and a doubled comma is one");
    has_loader(Q "-blockdev {\"driver\":\"file\",\"filename\":\"/c\",\"node-name\":\"s\"} "
                 "-blockdev {\"driver\":\"raw\",\"file\":\"s\",\"node-name\":\"f\"} "
                 "-blockdev driver=qcow2,node-name=g,file.driver=file,file.filename=/v "
                 "-machine q35,pflash0=f,pflash1=g",
               "/c", "pflash", "/v", "flash by block nodes that name each other is found");
    has_loader(Q "-M pc,firmware=/b", "/b", "rom", NULL, "-machine firmware= is -bios");
    read_line(Q "-blockdev {\"driver\":\"throttle\",\"file\":{\"driver\":\"qcow2\",\"file\":"
                "{\"driver\":\"file\",\"filename\":\"/c\"}},\"node-name\":\"f\"} -M pc,pflash0=f");
    is_text(c.loader_format, "qcow2", "the format is that of the node behind a throttle");
    qemu_command_free(&c);
    has_doubt(Q "-M pc,pflash0=none", "firmware", "flash of an unknown node is a doubt");
    has_doubt(Q "-blockdev driver=raw,node-name=f,file=f -M pc,pflash0=f", "firmware",
              "a node that is in itself is a doubt");
    has_doubt(Q "-drive if=pflash,file=/dev/fd/3", "firmware", "an open file is a doubt");
    has_doubt(Q "-bios /proc/self/fd/3", "BIOS", "an open file as BIOS is a doubt");
}

static void test_rest(void)
{
    read_line(Q "-name web,process=x -uuid 1-2 -id 100 -M pc -M pc-q35-7.2,usb=off");
    ok(c.is_guest && strcmp(c.name, "web") == 0 && strcmp(c.uuid, "1-2") == 0 &&
           strcmp(c.number, "100") == 0 && strcmp(c.machine, "pc-q35-7.2") == 0,
       "name, UUID, Proxmox's number and the last machine type are told");
    is_text(c.architecture, "x86_64", "the architecture is that of the program's name");
    qemu_command_free(&c);
    read_line(Q "-m 1G");
    is_text(c.machine, "pc", "x86 has a default machine type");
    qemu_command_free(&c);
    read_line("qemu-system-aarch64 -m 1G");
    ok(!c.machine, "Arm has no default machine type");
    qemu_command_free(&c);
    static const char *const questions[] = {
        Q "-version", Q "--help", Q "-M help", Q "-M none", Q "-device e1000,help", Q "-cpu ?"};
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        read_line(questions[i]);
        ok(!c.is_guest, "'%s' starts no guest", questions[i]);
        qemu_command_free(&c);
    }
    has_doubt(Q "-global virtio-net-pci.romfile=x", "romfile", "a ROM by -global is a doubt");
    has_doubt(Q "-global driver=e1000,property=romsize,value=1", "romsize",
              "... in its long form as well");
    has_doubt(Q "-device e1000,romsize=65536", "romsize", "romsize is a doubt");
    has_doubt(Q "-device {\"driver\":\"vfio-pci\",\"rombar\":0}", "vfio",
              "a device of the host is a doubt");
    has_doubt(Q "-device vfio-pci,romfile=/x,host=01:00.0", "vfio", "... also with a ROM file");
    has_doubt(Q "-option-rom /x", "-option-rom", "-option-rom is a doubt");
    has_doubt(Q "-M pc-i440fx-1.7 -device isa-vga", "isa-vga",
              "the ROM of an ISA card is a doubt where it has a RAM block");
    has_doubt(Q "-M pc-q35-bionic -nic user", "pc-q35-bionic",
              "the default card of a distribution's machine type is not known where it changed");
    has_doubt(Q "-M pc-i440fx-trusty -nic none", "pc-i440fx-trusty",
              "... and the default video card");
    has_no_doubt(Q "-M pc-i440fx-2.0 -device isa-vga", "... from 2.0 on it has none");
    has_no_doubt(Q "-M pc-q35-bionic -nic none -vga std", "... and where none is added all is");
    has_doubt(Q "-L /x", "-L", "-L is a doubt");
    has_doubt(Q "-readconfig /nowhere", "/nowhere", "a configuration that is not there is a doubt");
    has_doubt(Q "-device {\"driver\":1", "JSON", "broken JSON is a doubt");
    ok(qemu_command_is_qemu("/usr/bin/qemu-system-arm") && qemu_command_is_qemu("kvm") &&
           !qemu_command_is_qemu("/usr/bin/qemu-img") &&
           !qemu_command_is_qemu("/x/qemu-system-arm/sh"),
       "QEMUs for whole systems are known by their names");
    ok(qemu_command_read(&(char *){(char[]){""}}, 1, NULL, &c, NULL) == -1,
       "an empty name is no program");
}

static void test_config(void)
{
    char path[] = "/tmp/romcompat-test-XXXXXX", line[128];
    int fd = mkstemp(path);
    static const char text[] = "# a comment\n[machine]\n  type = \"pc-q35-7.2\"\n\n"
                               "[drive]\nfile = \"/c\"\nif = \"pflash\"\n"
                               "[device \"nic\"]\ndriver = \"rtl8139\"\nromfile = \"\"\n";

    if (fd < 0 || write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1)
        give_up_test("no temporary file");
    close(fd);
    snprintf(line, sizeof line, Q "-nodefaults -readconfig %s", path);
    read_line(line);
    ok(!c.doubt && strcmp(c.machine, "pc-q35-7.2") == 0 && strcmp(c.loader, "/c") == 0 &&
           strcmp(cards(), "!rtl8139") == 0,
       "a file for -readconfig is read as options are");
    qemu_command_free(&c);
    fd = open(path, O_WRONLY | O_TRUNC);
    if (fd < 0 || write(fd, "type = \"x\"\n", 11) != 11)
        give_up_test("no temporary file");
    close(fd);
    has_doubt(line, ":1: neither", "one without a section is a doubt that names the line");
    unlink(path);
}

static void test_words(void)
{
    char text[] = "a\0\0bc", **words;
    size_t count;

    ok(qemu_command_words(text, 5, &words, &count) == 0 && count == 3 &&
           strcmp(words[0], "a") == 0 && !*words[1] && strcmp(words[2], "bc") == 0,
       "words of a process are divided by NUL, and may be empty");
    free(words);
    char *many = calloc(QEMU_ARGUMENTS_MAX + 2, 1);
    ok(qemu_command_words(many, QEMU_ARGUMENTS_MAX + 1, &words, &count) == -1,
       "more words than the limit are refused");
    free(many);
}

/* Whether swtpm must be there is libvirt's to say: a command line names a socket. */
static void check_tpms(void)
{
    static const struct {
        const char *line;
        bool has;
        enum swtpm_need need;
    } rows[] = {
        {Q "-M q35", false, SWTPM_NOT_NEEDED},
        {Q "-tpmdev passthrough,id=t,path=/dev/tpm0", true, SWTPM_NOT_NEEDED},
        {Q "-tpmdev emulator,id=t,chardev=c", true, SWTPM_MAYBE},
        {Q "-tpmdev type=emulator,id=t,chardev=c", true, SWTPM_MAYBE},
        {Q "-tpmdev id=t", true, SWTPM_MAYBE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_line(rows[i].line);
        ok(c.has_tpm == rows[i].has && c.swtpm == rows[i].need, "the TPM of %s", rows[i].line);
        qemu_command_free(&c);
    }
}

int main(void)
{
    check_tpms();
    test_cards();
    test_firmware();
    test_rest();
    test_config();
    test_words();
    return tap_done();
}
