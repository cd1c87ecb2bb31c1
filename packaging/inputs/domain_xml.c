/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/domain_xml.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/guest_encryption.h"
#include "formats/libvirt_devices.h"
#include "formats/rom_devices.h"
#include "inputs/file.h"
#include "inputs/xml_tags.h"

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
    NIC_ACTUAL,
    NIC_BACKEND,
    NIC_DRIVER,
    NIC_OPTION,
    VIDEO,
    VIDEO_MODEL,
    ACCELERATION,
    HOSTDEV,
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
    {NIC, "actual", NIC_ACTUAL},
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
    {VIDEO, "address", ADDRESS},
    {VIDEO, "alias", ALIAS},
    {DEVICES, "hostdev", HOSTDEV},
    {HOSTDEV, "teaming", NIC_TEAMING},
    {HOSTDEV, "rom", ROM},
    {HOSTDEV, "address", ADDRESS},
    {HOSTDEV, "alias", ALIAS},
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
    bool is_there;
    char *model;                       /* of the controller that makes it */
    struct domain_pci_address address; /* of that controller */
};

struct reader {
    const uint8_t *data;
    char why[256]; /* not empty: what is wrong with the document */

    enum place stack[XML_DEPTH_MAX]; /* of the elements that are open */
    bool had_domain;

    char *text; /* of an element whose text is wanted */
    size_t text_length;
    bool keeps_text;

    struct domain_xml *domain;
    size_t device_capacity, disk_capacity, argument_capacity;
    struct bus buses[BUSES]; /* by number */
    struct bus *bus; /* that the controller makes which is being read; NULL: none that counts */
};

__attribute__((format(printf, 2, 3))) static void refuse(struct reader *r, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(r->why, sizeof r->why, format, arguments);
    va_end(arguments);
}

/* --- attributes ------------------------------------------------------------------ */

static enum domain_switch switch_of(const struct xml_attributes *a, const char *name,
                                    const char *off)
{
    char *value = xml_attribute(a, name);
    enum domain_switch result = !value                    ? DOMAIN_UNSAID
                                : strcmp(value, off) == 0 ? DOMAIN_OFF
                                                          : DOMAIN_ON;

    free(value);
    return result;
}

static void read_pci_address(struct domain_pci_address *address, const struct xml_attributes *a)
{
    struct domain_pci_address new = {0};
    unsigned domain = 0;

    xml_number(a, "function", 7, &new.function);
    if (xml_number(a, "domain", UINT32_MAX, &domain))
        new.domain = domain;
    new.is_known = xml_attribute_is(a, "type", "pci") &&
                   xml_number(a, "bus", BUSES - 1, &new.bus) &&
                   xml_number(a, "slot", 31, &new.slot);
    new.has_more_functions = xml_attribute_is(a, "multifunction", "on");
    *address = new;
}

/* --- elements --------------------------------------------------------------------- */

static void add_device(struct reader *r, enum domain_device_kind kind,
                       const struct xml_attributes *a)
{
    struct domain_xml *x = r->domain;

    if (x->device_count == DOMAIN_DEVICES_MAX) {
        refuse(r, "too many devices (limit %d)", DOMAIN_DEVICES_MAX);
        return;
    }
    APPEND(x->devices, x->device_count, r->device_capacity,
           (struct domain_device){
               .kind = kind,
               .is_hostdev = kind == DOMAIN_HOSTDEV ||
                             (kind == DOMAIN_NIC && xml_attribute_is(a, "type", "hostdev")),
               /* Others are on USB or SCSI. */
               .is_elsewhere = kind == DOMAIN_HOSTDEV && !xml_attribute_is(a, "type", "pci") &&
                               !xml_attribute_is(a, "type", "mdev"),
               .is_user = kind == DOMAIN_NIC && xml_attribute_is(a, "type", "user")});
}

/* A disk that is a file or a block device of this host. */
static void add_disk(struct reader *r, const struct xml_attributes *a)
{
    struct domain_xml *x = r->domain;
    char *file = xml_attribute(a, "file");

    if (!file)
        file = xml_attribute(a, "dev");
    if (file && x->disk_count == DOMAIN_DEVICES_MAX) {
        refuse(r, "too many disks (limit %d)", DOMAIN_DEVICES_MAX);
        free(file);
    } else if (file) {
        APPEND(x->disks, x->disk_count, r->disk_capacity, file);
    }
}

/* romfile and romsize in an argument or property that libvirt hands to QEMU. */
static bool names_roms(const struct xml_attributes *a)
{
    return xml_attributes_contain(a, "romfile") || xml_attributes_contain(a, "romsize") ||
           xml_attributes_contain(a, "rombar");
}

/* One that is too long to be read may say anything. */
static void add_argument(struct reader *r, const struct xml_attributes *a)
{
    struct domain_xml *x = r->domain;
    char *value = xml_attribute(a, "value");

    if (!value || names_roms(a))
        x->sets_qemu_roms = true;
    if (value && x->qemu_argument_count == DOMAIN_DEVICES_MAX) {
        refuse(r, "too many arguments for QEMU (limit %d)", DOMAIN_DEVICES_MAX);
        free(value);
    } else if (value) {
        x->qemu_arguments = xgrow(x->qemu_arguments, x->qemu_argument_count, &r->argument_capacity,
                                  sizeof *x->qemu_arguments);
        x->qemu_arguments[x->qemu_argument_count++] = value;
    }
}

/* Of two with the same number the first counts. */
static void begin_controller(struct reader *r, const struct xml_attributes *a)
{
    unsigned index;

    r->bus = NULL;
    if (!xml_attribute_is(a, "type", "pci") || !xml_number(a, "index", BUSES - 1, &index) ||
        r->buses[index].is_there)
        return;
    r->bus = &r->buses[index];
    r->bus->is_there = true;
    r->bus->model = xml_attribute(a, "model");
}

/* The end of the last attribute: before blanks and the '/' or '>' at `at`. */
static size_t end_of_attributes(const struct reader *r, size_t at)
{
    while (at > 0 && memchr(" \t\r\n", r->data[at - 1], 4))
        at--;
    return at;
}

static void read_rom(const struct reader *r, struct domain_device *d, size_t at,
                     const struct xml_attributes *a)
{
    if (d->has_rom) {
        /* Two of them: libvirt takes the first, and there is no place for a file. */
        d->rom_place = 0;
        return;
    }
    d->has_rom = true;
    xml_set_attribute(&d->rom_file, a, "file");
    d->rom_bar = switch_of(a, "bar", "off");
    d->rom_enabled = switch_of(a, "enabled", "no");
    d->rom_place = end_of_attributes(r, at);
}

static void keep_text(struct reader *r)
{
    r->keeps_text = true;
    r->text_length = 0;
}

static void begin_loader(struct reader *r, const struct xml_attributes *a)
{
    struct domain_xml *x = r->domain;

    x->has_loader = true;
    xml_set_attribute(&x->loader_type, a, "type");
    xml_set_attribute(&x->loader_format, a, "format");
    x->loader_readonly = switch_of(a, "readonly", "no");
    x->loader_secure = switch_of(a, "secure", "no");
    x->loader_stateless = switch_of(a, "stateless", "no");
    keep_text(r);
}

static void begin_nvram(struct reader *r, const struct xml_attributes *a)
{
    struct domain_xml *x = r->domain;
    char *type = xml_attribute(a, "type");

    x->has_nvram = true;
    x->nvram_is_remote = type && strcmp(type, "file") != 0 && strcmp(type, "block") != 0;
    free(type);
    xml_set_attribute(&x->nvram_template, a, "template");
    xml_set_attribute(&x->nvram_format, a, "format");
    xml_set_attribute(&x->template_format, a, "templateFormat");
    keep_text(r);
}

static void read_feature(struct domain_xml *x, const struct xml_attributes *a)
{
    enum domain_switch on = switch_of(a, "enabled", "no");

    x->has_firmware_features = true;
    if (xml_attribute_is(a, "name", "secure-boot"))
        x->secure_boot = on;
    else if (xml_attribute_is(a, "name", "enrolled-keys"))
        x->enrolled_keys = on;
}

/* What decides which firmware libvirt chooses. Whether it was one of these places. */
static bool begin_choice(struct reader *r, enum place place, const struct xml_attributes *a)
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
        xml_set_attribute(&x->varstore, a, "path");
        xml_set_attribute(&x->varstore_template, a, "template");
        return true;
    case FIRMWARE_FEATURE:
        read_feature(x, a);
        return true;
    case SMM:
        /* <smm/> is on. */
        x->smm = xml_attribute_is(a, "state", "off") ? DOMAIN_OFF : DOMAIN_ON;
        return true;
    case ACPI:
        x->has_acpi = !xml_attribute_is(a, "state", "off");
        return true;
    case SUSPEND_TO_MEMORY:
        x->suspend_to_memory = switch_of(a, "enabled", "no");
        return true;
    case SUSPEND_TO_DISK:
        x->suspend_to_disk = switch_of(a, "enabled", "no");
        return true;
    case SECURITY:
        xml_set_attribute(&x->launch_security, a, "type");
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
static void begin_place(struct reader *r, enum place place, size_t at,
                        const struct xml_attributes *a)
{
    struct domain_xml *x = r->domain;
    struct domain_device *d = x->device_count ? &x->devices[x->device_count - 1] : NULL;

    if (begin_choice(r, place, a))
        return;
    switch (place) {
    case DOMAIN:
        if (r->had_domain)
            refuse(r, "a second <domain>");
        r->had_domain = true;
        xml_set_attribute(&x->kind, a, "type");
        break;
    case OS:
        xml_set_attribute(&x->firmware, a, "firmware");
        break;
    case OS_TYPE:
        xml_set_attribute(&x->machine, a, "machine");
        xml_set_attribute(&x->arch, a, "arch");
        break;
    case NVRAM_SOURCE:
        /* <nvram type='file'>: what is text in it is white space. */
        xml_set_attribute(&x->nvram, a, "file");
        if (!x->nvram)
            xml_set_attribute(&x->nvram, a, "dev");
        r->keeps_text = false;
        break;
    case NAME:
    case UUID:
    case EMULATOR:
        keep_text(r);
        break;
    case CONTROLLER:
        begin_controller(r, a);
        break;
    case SNAPSHOT_MEMORY:
        xml_set_attribute(&x->memory_file, a, "file");
        break;
    case DISK_SOURCE:
        add_disk(r, a);
        break;
    case TPM:
        x->has_tpm = true;
        break;
    case TPM_BACKEND:
        x->has_swtpm |= xml_attribute_is(a, "type", "emulator");
        break;
    case NIC:
        add_device(r, DOMAIN_NIC, a);
        break;
    case VIDEO:
        add_device(r, DOMAIN_VIDEO, a);
        break;
    case HOSTDEV:
        add_device(r, DOMAIN_HOSTDEV, a);
        break;
    case NIC_MODEL:
        xml_set_attribute(&d->model, a, "type");
        break;
    case VIDEO_MODEL:
        xml_set_attribute(&d->model, a, "type");
        d->is_primary = xml_attribute_is(a, "primary", "yes");
        break;
    case NIC_MAC:
        xml_set_attribute(&d->mac, a, "address");
        break;
    case NIC_TEAMING:
        d->is_transient = xml_attribute_is(a, "type", "transient");
        break;
    case NIC_ACTUAL:
        /* What a card of a <network> became when the guest was started. */
        d->is_hostdev |= xml_attribute_is(a, "type", "hostdev");
        break;
    case NIC_BACKEND:
        d->is_user &= !xml_attribute_is(a, "type", "passt");
        break;
    case NIC_DRIVER:
        d->has_options |= a->count > (xml_has_attribute(a, "name") ? 1 : 0);
        break;
    case NIC_OPTION:
        d->has_options = true;
        break;
    case ACCELERATION:
        d->is_accelerated = xml_attribute_is(a, "accel3d", "yes");
        break;
    case ROM:
        read_rom(r, d, at, a);
        break;
    case ADDRESS:
        xml_set_attribute(&d->address_type, a, "type");
        read_pci_address(&d->address, a);
        break;
    case CONTROLLER_ADDRESS:
        if (r->bus)
            read_pci_address(&r->bus->address, a);
        break;
    case ALIAS:
        xml_set_attribute(&d->alias, a, "name");
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

/* --- what the reader of tags calls ------------------------------------------------------ */

static bool is_qemu(const char *uri)
{
    return uri && strcmp(uri, "http://libvirt.org/schemas/domain/qemu/1.0") == 0;
}

static const char *problem(const struct reader *r)
{
    return *r->why ? r->why : NULL;
}

static const char *start_element(void *arg, size_t depth, const struct xml_tag *tag)
{
    struct reader *r = arg;
    enum place parent = depth ? r->stack[depth - 1] : OUTSIDE;
    enum place place = tag->uri || tag->has_prefix ? ELSEWHERE : place_of(parent, tag->name);

    r->stack[depth] = place;
    if (depth == 0 && place == ELSEWHERE)
        refuse(r, "not the XML of a libvirt domain (found <%.100s>, expected <domain>)", tag->name);
    else if (is_qemu(tag->uri) && strcmp(tag->name, "arg") == 0)
        add_argument(r, &tag->attributes);
    else if (is_qemu(tag->uri) && names_roms(&tag->attributes))
        r->domain->sets_qemu_roms = true;
    else
        begin_place(r, place, tag->end, &tag->attributes);
    return problem(r);
}

static const char *end_element(void *arg, size_t depth, size_t from, size_t to)
{
    struct reader *r = arg;
    struct domain_xml *x = r->domain;
    enum place place = r->stack[depth];
    enum place parent = depth ? r->stack[depth - 1] : OUTSIDE;

    if (r->keeps_text && (place == NAME || place == UUID || place == EMULATOR || place == LOADER ||
                          place == NVRAM || place == OS_KERNEL || place == SECURITY_POLICY))
        take_text(r, place);
    if (parent == NIC) {
        struct domain_device *d = &x->devices[x->device_count - 1];

        if (!d->has_rom) {
            d->rom_place = to;
            find_indent(r, from, d);
        }
    }
    return problem(r);
}

static const char *add_text(void *arg, const char *text, size_t length)
{
    struct reader *r = arg;

    if (!r->keeps_text)
        return NULL;
    if (length > DOMAIN_TEXT_MAX - r->text_length) {
        refuse(r, "too long for a name or path (limit %zu bytes)", DOMAIN_TEXT_MAX);
    } else {
        memcpy(r->text + r->text_length, text, length);
        r->text_length += length;
    }
    return problem(r);
}

/* --- the whole ------------------------------------------------------------------------ */

static const struct bus *bus_of(const struct reader *r, const struct domain_pci_address *a)
{
    return a->is_known && r->buses[a->bus].is_there ? &r->buses[a->bus] : NULL;
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

static void resolve_type(const struct domain_xml *x, struct domain_device *d)
{
    const char *arch = x->arch ? x->arch : "";

    d->is_elsewhere |= d->address_type && strcmp(d->address_type, "pci") != 0;
    if (d->is_elsewhere)
        return;
    if (d->is_hostdev) {
        d->type = "vfio-pci";
    } else if (d->model && d->kind == DOMAIN_NIC) {
        const char *type = libvirt_nic_type(d->model);

        d->is_elsewhere = !type;
        d->type = type ? rom_device_type_named(type, strcmp(arch, "s390x") != 0) : NULL;
    } else if (d->model) {
        d->is_elsewhere = strcmp(d->model, "none") == 0 || strcmp(d->model, "ramfb") == 0;
        d->type = libvirt_video_type(d->model, arch, d->is_primary, d->is_accelerated);
    }
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
        resolve_type(x, d);
    }
}

int domain_xml_parse(const char *name, const uint8_t *data, size_t size, struct domain_xml *domain,
                     struct failure *f)
{
    static const struct xml_calls calls = {start_element, end_element, add_text};
    struct domain_xml x = {0};
    struct reader *r;

    if (size > DOMAIN_XML_MAX)
        return fail(f, "%s: too large for the XML of a domain (%zu bytes, limit %zu)", name, size,
                    DOMAIN_XML_MAX);
    r = xcalloc(1, sizeof *r);
    *r = (struct reader){.data = data, .domain = &x, .text = xmalloc(DOMAIN_TEXT_MAX)};
    int result = xml_read(name, data, size, &calls, r, f);
    if (result == 0 && !r->had_domain)
        result = fail(f, "%s: contains no <domain>", name);
    if (result == 0)
        resolve_devices(r);
    for (size_t i = 0; i < BUSES; i++)
        free(r->buses[i].model);
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
    free_texts(x->qemu_arguments, x->qemu_argument_count);
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
