/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's arguments for a guest of libvirt, out of its XML by virsh(1). That leaves out most of what
 * the XML says of network cards: libvirt src/qemu/qemu_driver.c, qemuConnectDomainXMLToNative()
 * puts new ones in their place, with a model, a MAC and a boot index alone. What decides whether
 * the guest arrives is put back here, or is a reason not to know.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/machine_types.h"
#include "guest/landing.h"
#include "inputs/qemu_options.h"
#include "outputs/child.h"
#include "outputs/escape.h"

enum { WORDS_MAX = 20000, VIRSH_SECONDS = 30 };

/* --- virsh ------------------------------------------------------------------------------------ */

/* The next word as a shell takes it apart; NULL at the end. libvirt quotes with '...' and \ (its
 * src/util/virbuffer.c, virBufferEscapeShell()). */
static char *next_word(const char **at)
{
    struct text word;

    *at += strspn(*at, " \n\\");
    if (!**at)
        return NULL;
    text_begin(&word);
    for (char quote = 0; **at && (quote || !strchr(" \n", **at)); (*at)++) {
        if (**at == quote)
            quote = 0;
        else if (!quote && (**at == '\'' || **at == '"'))
            quote = **at;
        else if (!quote && **at == '\\' && (*at)[1] == '\n')
            ++*at;
        else
            putc(!quote && **at == '\\' && (*at)[1] ? *++*at : **at, word.out);
    }
    return text_end(&word);
}

/* NAME=VALUE before the program. */
static bool is_assignment(const char *word)
{
    size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

    return n > 0 && word[n] == '=';
}

/* 0 or -1, after which there may be some words. */
static int ask_virsh(const char *xml, char ***words, size_t *count, struct failure *f)
{
    char file[32];
    int fd = memfd_create("domain.xml", 0);
    size_t size = strlen(xml);

    if (fd < 0 || write(fd, xml, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0) {
        fail(f, "the XML cannot be passed to virsh");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
    struct child c = {.argv = (const char *[]){"virsh", "-q", "domxml-to-native", "qemu-argv",
                                               "--xml", file, NULL},
                      .keep = {fd},
                      .output_max = QEMU_CONFIG_MAX,
                      .seconds = VIRSH_SECONDS};
    struct child_result result;
    int ended = child_succeed(&c, &result, f);
    close(fd);
    if (ended != 0)
        return -1;
    const char *at = (const char *)result.output;
    bool has_program = false;
    char *word;
    while ((word = next_word(&at)) && *count < WORDS_MAX) {
        if (!has_program) {
            has_program = !is_assignment(word);
            free(word);
            continue;
        }
        APPEND_ONE(*words, *count, word);
    }
    child_result_free(&result);
    if (word) {
        free(word);
        return fail(f, "virsh domxml-to-native: too many arguments (limit %d)", WORDS_MAX);
    }
    return *count ? 0 : fail(f, "virsh domxml-to-native: no arguments in its answer");
}

/* --- network cards -------------------------------------------------------------------------- */

/* "hostnet3" for the fourth. */
static bool is_netdev(const char *id, size_t number)
{
    char *expected = xasprintf("hostnet%zu", number);
    bool is_it = id && strcmp(id, expected) == 0;

    free(expected);
    return is_it;
}

/* Whether a device of the words has this id. */
static bool has_device(char *const *words, size_t count, const char *id)
{
    bool is_there = false;

    for (size_t i = 0; i + 1 < count && !is_there; i++) {
        struct qemu_option o;
        struct failure f;

        if (strcmp(words[i], "-device") != 0 ||
            qemu_option_of_text(&o, "device", qemu_option_implied("device"), words[i + 1], &f) != 0)
            continue;
        const char *found = qemu_option_value(&o, "id");
        is_there = found && strcmp(found, id) == 0;
        qemu_option_free(&o);
    }
    return is_there;
}

/* The bus as libvirt names it, src/qemu/qemu_command.c, qemuBuildDeviceAddressProps(). NULL with *f
 * set: it is not there. */
static char *bus_of(const struct domain_xml *x, const struct domain_device *d, char *const *words,
                    size_t count, struct failure *f)
{
    const struct machine_family *family = x->machine ? machine_family_of(x->machine) : NULL;
    bool is_express = family && family->express;

    if (!d->address.bus && !d->address.domain)
        return xstrdup(is_express ? "pcie.0" : "pci.0");
    char *bus = xasprintf("pci.%u", d->address.bus);
    if (!d->address.domain && has_device(words, count, bus))
        return bus;
    free(bus);
    fail(f, "the bus of a network card is not among the arguments that virsh gave");
    return NULL;
}

/* The card's -device with what the XML says of it. NULL with *f set. */
static char *restored_device(const struct domain_xml *x, const struct domain_device *d,
                             const struct qemu_option *o, char *const *words, size_t count,
                             struct failure *f)
{
    static const char *const own[] = {"bus", "addr", NULL};
    char *bus = bus_of(x, d, words, count, f);
    struct text text;

    if (!bus)
        return NULL;
    char *plain = landing_option_text(o, own);
    char *rom_file = d->rom_file ? commas_doubled(d->rom_file) : NULL;
    text_begin(&text);
    fprintf(text.out, "%s,bus=%s,addr=%#x.%#x%s", plain, bus, d->address.slot, d->address.function,
            d->address.has_more_functions ? ",multifunction=on" : "");
    if (d->rom_enabled == DOMAIN_OFF)
        fputs(",romfile=", text.out);
    else if (rom_file)
        fprintf(text.out, ",romfile=%s", rom_file);
    if (d->rom_bar)
        fprintf(text.out, ",rombar=%d", d->rom_bar == DOMAIN_ON);
    free(rom_file);
    free(plain);
    free(bus);
    return text_end(&text);
}

static int restore_card(const struct domain_xml *x, const struct domain_device *d, size_t number,
                        char **words, size_t count, struct failure *f)
{
    bool is_there = false;

    if (d->is_hostdev || d->is_transient || d->has_options || !d->address.is_known)
        return fail(f, "virsh leaves out what the XML says of network card %zu (%s)", number + 1,
                    d->is_hostdev     ? "a device of the host"
                    : d->is_transient ? "<teaming>"
                    : d->has_options  ? "in <driver>, <mtu> or <acpi>"
                                      : "an address that is not on PCI");
    for (size_t i = 0; i + 1 < count; i++) {
        bool is_device = strcmp(words[i], "-device") == 0;
        struct qemu_option o;
        char *word = NULL;

        if ((!is_device && strcmp(words[i], "-netdev") != 0) ||
            qemu_option_of_text(&o, words[i] + 1, qemu_option_implied(words[i] + 1), words[i + 1],
                                f) != 0)
            continue;
        if (is_device && is_netdev(qemu_option_value(&o, "netdev"), number)) {
            is_there = true;
            word = restored_device(x, d, &o, words, count, f);
        } else if (!is_device && d->is_user && is_netdev(qemu_option_value(&o, "id"), number)) {
            word = xasprintf("user,id=hostnet%zu", number);
        } else {
            qemu_option_free(&o);
            continue;
        }
        qemu_option_free(&o);
        if (!word)
            return -1;
        free(words[i + 1]);
        words[i + 1] = word;
    }
    return is_there ? 0 : fail(f, "virsh gave no arguments for network card %zu", number + 1);
}

char **landing_words_of_xml(const char *xml, const struct domain_xml *x, size_t *count,
                            struct failure *f)
{
    char **words = NULL;
    size_t number = 0;

    *count = 0;
    int result = ask_virsh(xml, &words, count, f);
    if (result == 0 && !x)
        result = fail(f, "its XML cannot be read");
    for (size_t i = 0; result == 0 && i < x->device_count; i++)
        if (x->devices[i].kind == DOMAIN_NIC)
            result = restore_card(x, &x->devices[i], number++, words, *count, f);
    if (result == 0)
        return words;
    fail_hint(f, "Give QEMU's arguments after --.");
    free_texts(words, *count);
    *count = 0;
    return NULL;
}
