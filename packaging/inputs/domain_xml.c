/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/domain_xml.h"

#include <inttypes.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "formats/guest_encryption.h"
#include "formats/libvirt_devices.h"
#include "inputs/file.h"
#include "inputs/xml_names.h"

/* Where an element is. What is in none of these places is skipped with all that
 * is in it: <metadata> may hold anything, also another <interface>. */
enum place {
    OUTSIDE,
    STATUS,
    SNAPSHOT,
    SNAPSHOT_MEMORY,
    DOMAIN,
    NAME,
    UUID,
    OS,
    OS_TYPE,
    LOADER,
    NVRAM,
    NVRAM_SOURCE,
    OS_KERNEL,
    OS_VARSTORE,
    OS_FIRMWARE,
    FIRMWARE_FEATURE,
    FEATURES,
    SMM,
    ACPI,
    POWER,
    SUSPEND_TO_MEMORY,
    SUSPEND_TO_DISK,
    SECURITY,
    SECURITY_POLICY,
    DEVICES,
    EMULATOR,
    CONTROLLER,
    CONTROLLER_ADDRESS,
    DISK,
    DISK_SOURCE,
    TPM,
    TPM_BACKEND,
    NIC,
    NIC_MODEL,
    NIC_MAC,
    NIC_TEAMING,
    NIC_BACKEND,
    NIC_DRIVER,
    NIC_OPTION,
    VIDEO,
    VIDEO_MODEL,
    ACCELERATION,
    ROM,
    ADDRESS,
    ALIAS,
    ELSEWHERE,
};

static const struct {
    enum place parent;
    const char *name;
    enum place place;
} places[] = {
    {OUTSIDE, "domain", DOMAIN},
    {OUTSIDE, "domstatus", STATUS},
    {STATUS, "domain", DOMAIN},
    {OUTSIDE, "domainsnapshot", SNAPSHOT},
    {SNAPSHOT, "memory", SNAPSHOT_MEMORY},
    {SNAPSHOT, "domain", DOMAIN},
    {DOMAIN, "name", NAME},
    {DOMAIN, "uuid", UUID},
    {DOMAIN, "os", OS},
    {OS, "type", OS_TYPE},
    {OS, "loader", LOADER},
    {OS, "nvram", NVRAM},
    {NVRAM, "source", NVRAM_SOURCE},
    {OS, "kernel", OS_KERNEL},
    {OS, "varstore", OS_VARSTORE},
    {OS, "firmware", OS_FIRMWARE},
    {OS_FIRMWARE, "feature", FIRMWARE_FEATURE},
    {DOMAIN, "features", FEATURES},
    {FEATURES, "smm", SMM},
    {FEATURES, "acpi", ACPI},
    {DOMAIN, "pm", POWER},
    {POWER, "suspend-to-mem", SUSPEND_TO_MEMORY},
    {POWER, "suspend-to-disk", SUSPEND_TO_DISK},
    {DOMAIN, "launchSecurity", SECURITY},
    {SECURITY, "policy", SECURITY_POLICY},
    {DOMAIN, "devices", DEVICES},
    {DEVICES, "emulator", EMULATOR},
    {DEVICES, "controller", CONTROLLER},
    {CONTROLLER, "address", CONTROLLER_ADDRESS},
    {DEVICES, "disk", DISK},
    {DISK, "source", DISK_SOURCE},
    {DEVICES, "tpm", TPM},
    {TPM, "backend", TPM_BACKEND},
    {DEVICES, "interface", NIC},
    {NIC, "model", NIC_MODEL},
    {NIC, "mac", NIC_MAC},
    {NIC, "teaming", NIC_TEAMING},
    {NIC, "backend", NIC_BACKEND},
    {NIC, "driver", NIC_DRIVER},
    {NIC_DRIVER, "host", NIC_OPTION},
    {NIC_DRIVER, "guest", NIC_OPTION},
    {NIC, "mtu", NIC_OPTION},
    {NIC, "acpi", NIC_OPTION},
    {NIC, "rom", ROM},
    {NIC, "address", ADDRESS},
    {NIC, "alias", ALIAS},
    {DEVICES, "video", VIDEO},
    {VIDEO, "model", VIDEO_MODEL},
    {VIDEO_MODEL, "acceleration", ACCELERATION},
    {VIDEO, "rom", ROM},
    {VIDEO, "address", ADDRESS},
    {VIDEO, "alias", ALIAS},
};

static enum place place_of(enum place parent, const char *name)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].parent == parent && strcmp(places[i].name, name) == 0)
            return places[i].place;
    return ELSEWHERE;
}

enum { BUSES = 256 }; /* numbers that a bus can have */

struct bus {
    char *model;
    struct domain_pci_address address; /* of the controller that makes it */
};

struct reader {
    const char *name;
    const uint8_t *data;
    size_t size;
    xmlParserCtxtPtr parser;
    struct failure *f;
    bool failed;

    enum place stack[DOMAIN_DEPTH_MAX + 1];
    size_t starts[DOMAIN_DEPTH_MAX + 1]; /* of each element, in bytes */
    size_t depth;
    bool had_domain;

    char *text; /* of an element whose text is wanted */
    size_t text_length;
    bool keeps_text;

    struct domain_xml *domain;
    size_t device_capacity, disk_capacity;
    struct bus *buses;
    size_t bus_count, bus_capacity;
    size_t bus_places[BUSES]; /* by number: the first such bus in `buses`, counted from 1 */
    bool in_bus;              /* the controller that is being read makes a PCI bus */
};

/* The parser goes on until the callback is done: stopping frees what that still reads. */
#define refuse(r, ...) (fail((r)->f, __VA_ARGS__), (r)->failed = true)

/* The last thing that a callback does; after it, none does anything. */
static void end_callback(struct reader *r)
{
    if (r->failed)
        xmlStopParser(r->parser);
}

static int line_of(const struct reader *r)
{
    return r->parser->input ? r->parser->input->line : 0;
}

/* --- attributes ------------------------------------------------------------------ */

/* As SAX2 hands them out: name, prefix, namespace, begin and end of the value. */
struct attributes {
    const xmlChar **at;
    int count;
};

enum { PARTS = 5 };

/* A copy of the value, or NULL. One that is too long for a name or path counts as none
 * that is known. */
static char *attribute(const struct attributes *a, const char *name)
{
    for (int i = 0; i < a->count; i++) {
        const xmlChar *const *p = a->at + (size_t)i * PARTS;
        size_t length = (size_t)(p[4] - p[3]);

        if (!p[1] && strcmp((const char *)p[0], name) == 0 && length <= DOMAIN_TEXT_MAX)
            return xstrndup((const char *)p[3], length);
    }
    return NULL;
}

static void set_attribute(char **field, const struct attributes *a, const char *name)
{
    char *value = attribute(a, name);

    if (value) {
        free(*field);
        *field = value;
    }
}

static bool attribute_is(const struct attributes *a, const char *name, const char *expected)
{
    char *value = attribute(a, name);
    bool is_it = value && strcmp(value, expected) == 0;

    free(value);
    return is_it;
}

static bool has_attribute(const struct attributes *a, const char *name)
{
    char *value = attribute(a, name);

    free(value);
    return value != NULL;
}

static enum domain_switch switch_of(const struct attributes *a, const char *name, const char *off)
{
    char *value = attribute(a, name);
    enum domain_switch result = !value                    ? DOMAIN_UNSAID
                                : strcmp(value, off) == 0 ? DOMAIN_OFF
                                                          : DOMAIN_ON;

    free(value);
    return result;
}

/* As libvirt writes them, "0x0003", and as it takes them, "3". */
static bool number_of(const struct attributes *a, const char *name, unsigned long limit,
                      unsigned *number)
{
    char *value = attribute(a, name), *end;
    bool is_number = false;

    if (value && value[0] >= '0' && value[0] <= '9') {
        unsigned long long n = strtoull(value, &end, 0);

        is_number = !*end && n <= limit;
        if (is_number)
            *number = (unsigned)n;
    }
    free(value);
    return is_number;
}

static void read_pci_address(struct domain_pci_address *address, const struct attributes *a)
{
    struct domain_pci_address new = {0};
    unsigned domain = 0;

    number_of(a, "function", 7, &new.function);
    if (number_of(a, "domain", UINT32_MAX, &domain))
        new.domain = domain;
    new.is_known = attribute_is(a, "type", "pci") && number_of(a, "bus", BUSES - 1, &new.bus) &&
                   number_of(a, "slot", 31, &new.slot);
    new.has_more_functions = attribute_is(a, "multifunction", "on");
    *address = new;
}

/* --- elements --------------------------------------------------------------------- */

static void add_device(struct reader *r, enum domain_device_kind kind, const struct attributes *a)
{
    struct domain_xml *x = r->domain;

    if (x->device_count == DOMAIN_DEVICES_MAX) {
        refuse(r, "%s:%d: too many devices (limit %d)", r->name, line_of(r), DOMAIN_DEVICES_MAX);
        return;
    }
    x->devices = xgrow(x->devices, x->device_count, &r->device_capacity, sizeof *x->devices);
    x->devices[x->device_count++] = (struct domain_device){
        .kind = kind,
        .is_hostdev = kind == DOMAIN_NIC && attribute_is(a, "type", "hostdev"),
        .is_user = kind == DOMAIN_NIC && attribute_is(a, "type", "user")};
}

/* A disk that is a file or a block device of this host. */
static void add_disk(struct reader *r, const struct attributes *a)
{
    struct domain_xml *x = r->domain;
    char *file = attribute(a, "file");

    if (!file)
        file = attribute(a, "dev");
    if (file && x->disk_count == DOMAIN_DEVICES_MAX) {
        refuse(r, "%s:%d: too many disks (limit %d)", r->name, line_of(r), DOMAIN_DEVICES_MAX);
        free(file);
    } else if (file) {
        x->disks = xgrow(x->disks, x->disk_count, &r->disk_capacity, sizeof *x->disks);
        x->disks[x->disk_count++] = file;
    }
}

static void add_controller(struct reader *r, const struct attributes *a)
{
    struct bus bus = {0};
    unsigned index = 0;

    r->in_bus = attribute_is(a, "type", "pci") && number_of(a, "index", BUSES - 1, &index);
    if (!r->in_bus)
        return;
    if (r->bus_count == DOMAIN_DEVICES_MAX) {
        refuse(r, "%s:%d: too many PCI controllers (limit %d)", r->name, line_of(r),
               DOMAIN_DEVICES_MAX);
        return;
    }
    bus.model = attribute(a, "model");
    r->buses = xgrow(r->buses, r->bus_count, &r->bus_capacity, sizeof *r->buses);
    r->buses[r->bus_count++] = bus;
    if (!r->bus_places[index])
        r->bus_places[index] = r->bus_count;
}

/* The end of the last attribute: before blanks and the '/' or '>' at `at`. */
static size_t end_of_attributes(const struct reader *r, size_t at)
{
    while (at > 0 && memchr(" \t\r\n", r->data[at - 1], 4))
        at--;
    return at;
}

static void read_rom(const struct reader *r, struct domain_device *d, size_t at,
                     const struct attributes *a)
{
    if (d->has_rom) {
        /* Two of them: libvirt takes the first, and there is no place for a file. */
        d->rom_place = 0;
        return;
    }
    d->has_rom = true;
    set_attribute(&d->rom_file, a, "file");
    d->rom_bar = switch_of(a, "bar", "off");
    d->rom_enabled = switch_of(a, "enabled", "no");
    d->rom_place = end_of_attributes(r, at);
}

static void keep_text(struct reader *r)
{
    r->keeps_text = true;
    r->text_length = 0;
}

static void begin_loader(struct reader *r, const struct attributes *a)
{
    struct domain_xml *x = r->domain;

    x->has_loader = true;
    set_attribute(&x->loader_type, a, "type");
    set_attribute(&x->loader_format, a, "format");
    x->loader_readonly = switch_of(a, "readonly", "no");
    x->loader_secure = switch_of(a, "secure", "no");
    x->loader_stateless = switch_of(a, "stateless", "no");
    keep_text(r);
}

static void begin_nvram(struct reader *r, const struct attributes *a)
{
    struct domain_xml *x = r->domain;
    char *type = attribute(a, "type");

    x->has_nvram = true;
    x->nvram_is_remote = type && strcmp(type, "file") != 0 && strcmp(type, "block") != 0;
    free(type);
    set_attribute(&x->nvram_template, a, "template");
    set_attribute(&x->nvram_format, a, "format");
    set_attribute(&x->template_format, a, "templateFormat");
    keep_text(r);
}

static void read_feature(struct domain_xml *x, const struct attributes *a)
{
    enum domain_switch on = switch_of(a, "enabled", "no");

    x->has_firmware_features = true;
    if (attribute_is(a, "name", "secure-boot"))
        x->secure_boot = on;
    else if (attribute_is(a, "name", "enrolled-keys"))
        x->enrolled_keys = on;
}

/* What decides which firmware libvirt chooses. Whether it was one of these places. */
static bool begin_choice(struct reader *r, enum place place, const struct attributes *a)
{
    struct domain_xml *x = r->domain;

    switch (place) {
    case LOADER:
        begin_loader(r, a);
        return true;
    case NVRAM:
        begin_nvram(r, a);
        return true;
    case OS_VARSTORE:
        x->has_varstore = true;
        set_attribute(&x->varstore, a, "path");
        set_attribute(&x->varstore_template, a, "template");
        return true;
    case FIRMWARE_FEATURE:
        read_feature(x, a);
        return true;
    case SMM:
        /* <smm/> is on. */
        x->smm = attribute_is(a, "state", "off") ? DOMAIN_OFF : DOMAIN_ON;
        return true;
    case ACPI:
        x->has_acpi = !attribute_is(a, "state", "off");
        return true;
    case SUSPEND_TO_MEMORY:
        x->suspend_to_memory = switch_of(a, "enabled", "no");
        return true;
    case SUSPEND_TO_DISK:
        x->suspend_to_disk = switch_of(a, "enabled", "no");
        return true;
    case SECURITY:
        set_attribute(&x->launch_security, a, "type");
        return true;
    case OS_KERNEL:
    case SECURITY_POLICY:
        keep_text(r);
        return true;
    default:
        return false;
    }
}

/* `at` is the place of the '/' or '>' that ends the start tag. */
static void begin_place(struct reader *r, enum place place, size_t at, const struct attributes *a)
{
    struct domain_xml *x = r->domain;
    struct domain_device *d = x->device_count ? &x->devices[x->device_count - 1] : NULL;

    if (begin_choice(r, place, a))
        return;
    switch (place) {
    case DOMAIN:
        if (r->had_domain)
            refuse(r, "%s:%d: a second <domain>", r->name, line_of(r));
        r->had_domain = true;
        set_attribute(&x->kind, a, "type");
        break;
    case OS:
        set_attribute(&x->firmware, a, "firmware");
        break;
    case OS_TYPE:
        set_attribute(&x->machine, a, "machine");
        set_attribute(&x->arch, a, "arch");
        break;
    case NVRAM_SOURCE:
        /* <nvram type='file'>: what is text in it is white space. */
        set_attribute(&x->nvram, a, "file");
        if (!x->nvram)
            set_attribute(&x->nvram, a, "dev");
        r->keeps_text = false;
        break;
    case NAME:
    case UUID:
    case EMULATOR:
        keep_text(r);
        break;
    case CONTROLLER:
        add_controller(r, a);
        break;
    case SNAPSHOT_MEMORY:
        set_attribute(&x->memory_file, a, "file");
        break;
    case DISK_SOURCE:
        add_disk(r, a);
        break;
    case TPM:
        x->has_tpm = true;
        break;
    case TPM_BACKEND:
        x->has_swtpm |= attribute_is(a, "type", "emulator");
        break;
    case NIC:
        add_device(r, DOMAIN_NIC, a);
        break;
    case VIDEO:
        add_device(r, DOMAIN_VIDEO, a);
        break;
    case NIC_MODEL:
        set_attribute(&d->model, a, "type");
        break;
    case VIDEO_MODEL:
        set_attribute(&d->model, a, "type");
        d->is_primary = attribute_is(a, "primary", "yes");
        break;
    case NIC_MAC:
        set_attribute(&d->mac, a, "address");
        break;
    case NIC_TEAMING:
        d->is_transient = attribute_is(a, "type", "transient");
        break;
    case NIC_BACKEND:
        d->is_user &= !attribute_is(a, "type", "passt");
        break;
    case NIC_DRIVER:
        d->has_options |= a->count > (has_attribute(a, "name") ? 1 : 0);
        break;
    case NIC_OPTION:
        d->has_options = true;
        break;
    case ACCELERATION:
        d->is_accelerated = attribute_is(a, "accel3d", "yes");
        break;
    case ROM:
        read_rom(r, d, at, a);
        break;
    case ADDRESS:
        set_attribute(&d->address_type, a, "type");
        read_pci_address(&d->address, a);
        break;
    case CONTROLLER_ADDRESS:
        if (r->in_bus)
            read_pci_address(&r->buses[r->bus_count - 1].address, a);
        break;
    case ALIAS:
        set_attribute(&d->alias, a, "name");
        break;
    default:
        break;
    }
}

static char **field_of(struct domain_xml *x, enum place place)
{
    switch (place) {
    case NAME:
        return &x->name;
    case UUID:
        return &x->uuid;
    case EMULATOR:
        return &x->emulator;
    case LOADER:
        return &x->loader;
    case OS_KERNEL:
        return &x->kernel;
    default:
        return &x->nvram;
    }
}

static void take_policy(struct domain_xml *x, const char *text, size_t length)
{
    char *copy = xstrndup(text, length);

    x->sev_es = strtoul(copy, NULL, 0) & GUEST_POLICY_ES;
    free(copy);
}

static void take_text(struct reader *r, enum place place)
{
    struct domain_xml *x = r->domain;

    r->keeps_text = false;
    if (!r->text_length)
        return;
    if (place == SECURITY_POLICY) {
        take_policy(x, r->text, r->text_length);
        return;
    }
    char **field = field_of(x, place);
    free(*field);
    *field = xstrndup(r->text, r->text_length);
}

/* The newline and blanks before the element that starts at `start`, if nothing else
 * stands between. */
static void find_indent(const struct reader *r, size_t start, struct domain_device *d)
{
    size_t from = start;

    while (from > 0 && (r->data[from - 1] == ' ' || r->data[from - 1] == '\t'))
        from--;
    if (from > 0 && r->data[from - 1] == '\n') {
        from--;
        if (from > 0 && r->data[from - 1] == '\r')
            from--;
        d->indent_from = from;
        d->indent_to = start;
    } else {
        d->indent_from = d->indent_to = 0;
    }
}

/* --- the places of tags --------------------------------------------------------------- */

/* Where the parser stands. Between two callbacks that is a place libxml2 makes no promise
 * of, so the callers look at the bytes there. */
static size_t position(const struct reader *r)
{
    long at = xmlByteConsumed(r->parser);

    return at < 0 ? 0 : (size_t)at;
}

/* The '<' of the tag that holds the byte before `at`: values of attributes have none. */
static size_t start_of_tag(const struct reader *r, size_t at)
{
    while (at > 0 && r->data[at] != '<')
        at--;
    return at;
}

static bool is_qemu(const xmlChar *uri)
{
    return uri && strcmp((const char *)uri, "http://libvirt.org/schemas/domain/qemu/1.0") == 0;
}

/* romfile and romsize in an argument or property that libvirt hands to QEMU. */
static bool names_roms(const struct attributes *a)
{
    for (int i = 0; i < a->count; i++) {
        const xmlChar *const *p = a->at + (size_t)i * PARTS;
        size_t length = (size_t)(p[4] - p[3]);

        if (memmem(p[3], length, "romfile", 7) || memmem(p[3], length, "romsize", 7) ||
            memmem(p[3], length, "rombar", 6))
            return true;
    }
    return false;
}

static void begin_element(struct reader *r, const char *name, bool is_foreign, bool of_qemu,
                          const struct attributes *a)
{
    size_t end = position(r);

    if (r->depth == DOMAIN_DEPTH_MAX) {
        refuse(r, "%s:%d: elements are nested too deeply (limit %d)", r->name, line_of(r),
               DOMAIN_DEPTH_MAX);
        return;
    }
    if (end >= r->size || (r->data[end] != '>' && r->data[end] != '/')) {
        refuse(r, "%s:%d: the place of <%.100s> is not known", r->name, line_of(r), name);
        return;
    }
    enum place parent = r->depth ? r->stack[r->depth - 1] : OUTSIDE;
    enum place place = is_foreign ? ELSEWHERE : place_of(parent, name);

    r->starts[r->depth] = start_of_tag(r, end - 1);
    r->stack[r->depth++] = place;
    if (r->depth == 1 && place == ELSEWHERE)
        refuse(r, "%s:%d: not the XML of a libvirt domain (found <%.100s>, expected <domain>)",
               r->name, line_of(r), name);
    else if (of_qemu && names_roms(a))
        r->domain->tells_qemu_roms = true;
    else
        begin_place(r, place, end, a);
}

static void finish_element(struct reader *r, const char *name)
{
    struct domain_xml *x = r->domain;
    size_t end = position(r);

    if (r->depth == 0)
        return;
    if (end == 0 || end > r->size || r->data[end - 1] != '>') {
        refuse(r, "%s:%d: the place of </%.100s> is not known", r->name, line_of(r), name);
        return;
    }
    enum place place = r->stack[--r->depth];
    enum place parent = r->depth ? r->stack[r->depth - 1] : OUTSIDE;

    if (r->keeps_text && (place == NAME || place == UUID || place == EMULATOR || place == LOADER ||
                          place == NVRAM || place == OS_KERNEL || place == SECURITY_POLICY))
        take_text(r, place);
    if (parent == NIC || parent == VIDEO) {
        struct domain_device *d = &x->devices[x->device_count - 1];

        if (!d->has_rom) {
            d->rom_place = end;
            find_indent(r, r->starts[r->depth], d);
        }
    }
}

static void add_characters(struct reader *r, const xmlChar *text, size_t length)
{
    if (length > DOMAIN_TEXT_MAX - r->text_length) {
        refuse(r, "%s:%d: too long for a name or path (limit %zu bytes)", r->name, line_of(r),
               DOMAIN_TEXT_MAX);
        return;
    }
    memcpy(r->text + r->text_length, text, length);
    r->text_length += length;
}

/* --- what libxml2 calls ------------------------------------------------------------- */

static void start_element(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                          int namespaces, const xmlChar **unused, int count, int defaulted,
                          const xmlChar **at)
{
    struct reader *r = arg;
    const struct attributes a = {at, count};

    (void)namespaces, (void)unused, (void)defaulted;
    if (r->failed)
        return;
    begin_element(r, (const char *)name, uri || prefix, is_qemu(uri), &a);
    end_callback(r);
}

static void end_element(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct reader *r = arg;

    (void)prefix, (void)uri;
    if (r->failed)
        return;
    finish_element(r, (const char *)name);
    end_callback(r);
}

static void characters(void *arg, const xmlChar *text, int length)
{
    struct reader *r = arg;

    if (r->failed || !r->keeps_text)
        return;
    add_characters(r, text, (size_t)length);
    end_callback(r);
}

static void document_type(void *arg, const xmlChar *name, const xmlChar *external,
                          const xmlChar *system)
{
    struct reader *r = arg;

    (void)name, (void)external, (void)system;
    if (r->failed)
        return;
    refuse(r, "%s:%d: has a document type, which no domain XML has", r->name, line_of(r));
    end_callback(r);
}

/* --- the whole ------------------------------------------------------------------------ */

/* libxml2 would guess at other encodings by the first bytes, and positions would be those
 * of another text. */
static bool looks_like_utf8_xml(const uint8_t *data, size_t size)
{
    size_t at = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < size && memchr(" \t\r\n", data[at], 4))
        at++;
    return at < size && data[at] == '<' && !memchr(data, '\0', size);
}

/* What libxml2 says of a character that is none differs from version to version, and so does
 * where it then stands. */
static int check_characters(const char *name, const uint8_t *data, size_t size, struct failure *f)
{
    size_t line = 1, step;
    uint32_t c;

    for (size_t at = 0; at < size; at += step) {
        step = utf8_take((const char *)data + at, size - at, &c);
        if (step == 0)
            return fail(f, "%s:%zu: not UTF-8 (found byte 0x%02x)", name, line, data[at]);
        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0xfffe || c == 0xffff)
            return fail(f, "%s:%zu: a character that XML does not have (found U+%04" PRIX32 ")",
                        name, line, c);
        line += c == '\n';
    }
    return 0;
}

static int parse_failed(struct reader *r)
{
    const xmlError *error = xmlCtxtGetLastError(r->parser);
    const char *message = error && error->message ? error->message : "not well-formed";

    return fail(r->f, "%s:%d: not XML (%.*s)", r->name, error ? error->line : 0,
                (int)strcspn(message, "\n"), message);
}

static int run_parser(struct reader *r)
{
    xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = start_element,
        .endElementNs = end_element,
        .characters = characters,
        .ignorableWhitespace = characters,
        .cdataBlock = characters,
        .internalSubset = document_type,
    };
    int result = 0;

    r->parser = xmlCreateMemoryParserCtxt((const char *)r->data, (int)r->size);
    if (!r->parser)
        give_up("out of memory");
    /* NOENT: without it a SAX reader gets "&#38;" for "&amp;" in an attribute
     * (xmlParseAttValueComplex()). There is nothing else to replace: a document type is
     * refused before what is in it is read. */
    xmlCtxtUseOptions(r->parser, XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_IGNORE_ENC |
                                     XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    *r->parser->sax = handler;
    r->parser->userData = r;
    xmlParseDocument(r->parser);
    if (r->failed)
        result = -1;
    else if (!r->parser->wellFormed)
        result = parse_failed(r);
    else if (!r->had_domain)
        result = fail(r->f, "%s: contains no <domain>", r->name);
    xmlFreeDoc(r->parser->myDoc);
    xmlFreeParserCtxt(r->parser);
    return result;
}

static const struct bus *bus_of(const struct reader *r, const struct domain_pci_address *a)
{
    return a->is_known && r->bus_places[a->bus] ? &r->buses[r->bus_places[a->bus] - 1] : NULL;
}

/* From the device up to the root: each part is put before the ones behind it. NULL below a root
 * of its own, an expander, and where controllers are missing or go in a ring. */
static char *path_of(const struct reader *r, const struct domain_pci_address *a)
{
    char path[sizeof "ffffffff:00" + BUSES * (sizeof ":1f.7" - 1)];
    size_t at = sizeof path - 1;

    /* QEMU hw/pci-host/i440fx.c, i440fx_pcihost_root_bus_path(): "short_root_bus" of that type. */
    bool is_short = r->domain->machine && strcmp(r->domain->machine, "pc-i440fx-1.6") == 0;

    path[at] = '\0';
    for (size_t depth = 0; a->is_known && depth < BUSES; depth++) {
        char part[16];
        int n = snprintf(part, sizeof part, ":%02x.%x", a->slot, a->function);

        memcpy(&path[at -= (size_t)n], part, (size_t)n);
        if (a->bus == 0)
            return xasprintf("%04" PRIx32 "%s%s", a->domain, is_short ? "" : ":00", &path[at]);
        const struct bus *bus = bus_of(r, a);
        if (!bus || !bus->model || strstr(bus->model, "expander"))
            break;
        a = &bus->address;
    }
    return NULL;
}

/* What follows from several places of the document. */
static void resolve_devices(struct reader *r)
{
    struct domain_xml *x = r->domain;
    struct domain_device *first_video = NULL;
    bool has_primary = false;

    for (size_t i = 0; i < x->device_count; i++) {
        struct domain_device *d = &x->devices[i];

        if (d->kind == DOMAIN_VIDEO) {
            first_video = first_video ? first_video : d;
            has_primary |= d->is_primary;
        }
    }
    /* libvirt src/conf/domain_postparse.c: the first one, where none says so. */
    if (first_video && !has_primary)
        first_video->is_primary = true;
    for (size_t i = 0; i < x->device_count; i++) {
        struct domain_device *d = &x->devices[i];

        const struct bus *bus = bus_of(r, &d->address);

        d->path = path_of(r, &d->address);
        d->on_express_port = bus && bus->model && libvirt_bus_is_express_port(bus->model);
        if (!d->model || d->is_hostdev || (d->address_type && !d->address.is_known))
            continue;
        d->type = d->kind == DOMAIN_NIC ? libvirt_nic_type(d->model)
                                        : libvirt_video_type(d->model, x->arch ? x->arch : "",
                                                             d->is_primary, d->is_accelerated);
    }
}

int domain_xml_parse(const char *name, const uint8_t *data, size_t size, struct domain_xml *domain,
                     struct failure *f)
{
    struct domain_xml x = {0};
    struct reader *r;

    if (size > DOMAIN_XML_MAX)
        return fail(f, "%s: too large for the XML of a domain (%zu bytes, limit %zu)", name, size,
                    DOMAIN_XML_MAX);
    if (!looks_like_utf8_xml(data, size))
        return fail(f, "%s: not XML in UTF-8", name);
    if (check_characters(name, data, size, f) != 0 || xml_check_names(name, data, size, f) != 0)
        return -1;
    r = xcalloc(1, sizeof *r);
    *r = (struct reader){.name = name, .data = data, .size = size, .f = f, .domain = &x};
    r->text = xmalloc(DOMAIN_TEXT_MAX);
    int result = run_parser(r);
    if (result == 0)
        resolve_devices(r);
    for (size_t i = 0; i < r->bus_count; i++)
        free(r->buses[i].model);
    free(r->buses);
    free(r->text);
    free(r);
    if (result == 0)
        *domain = x;
    else
        domain_xml_free(&x);
    return result;
}

int domain_xml_read(const char *path, struct domain_xml *domain, struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (read_file(path, DOMAIN_XML_MAX, &data, &size, f) != 0)
        return -1;
    int result = domain_xml_parse(path, data, size, domain, f);
    free(data);
    return result;
}

char *domain_xml_encryption(const struct domain_xml *x)
{
    return x->launch_security
               ? xstrdup(guest_encryption(libvirt_encryption_type(x->launch_security),
                                          x->sev_es ? GUEST_POLICY_ES : 0))
               : NULL;
}

void domain_xml_free(struct domain_xml *x)
{
    for (size_t i = 0; i < x->device_count; i++) {
        free(x->devices[i].model);
        free(x->devices[i].alias);
        free(x->devices[i].mac);
        free(x->devices[i].path);
        free(x->devices[i].address_type);
        free(x->devices[i].rom_file);
    }
    free(x->devices);
    free_texts(x->disks, x->disk_count);
    char *const texts[] = {x->name,         x->uuid,
                           x->kind,         x->machine,
                           x->arch,         x->emulator,
                           x->firmware,     x->loader,
                           x->loader_type,  x->loader_format,
                           x->nvram,        x->nvram_template,
                           x->varstore,     x->varstore_template,
                           x->nvram_format, x->template_format,
                           x->kernel,       x->launch_security,
                           x->memory_file};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    *x = (struct domain_xml){0};
}
