/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/device_path.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "formats/guid.h"
#include "formats/variable_store.h" /* variable_name(): UTF-16 as UTF-8 */

enum { NODE_HEADER = 4, TYPE_END = 0x7f, END_INSTANCE = 1 };

/* One node: what follows its header. */
struct node {
    uint8_t type, subtype;
    const uint8_t *body;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static void put(struct device_path *p, const char *format,
                                                      ...)
{
    size_t have = strlen(p->text);
    va_list args;

    va_start(args, format);
    int n = vsnprintf(p->text + have, sizeof p->text - have, format, args);
    va_end(args);
    p->cut |= n < 0 || (size_t)n >= sizeof p->text - have;
}

static void put_hex(struct device_path *p, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size && !p->cut; i++)
        put(p, "%02X", bytes[i]);
}

static void put_utf16(struct device_path *p, const uint8_t *bytes, size_t size)
{
    char text[DEVICE_PATH_TEXT_MAX];
    struct variable v = {.name_size = size / 2 * 2};

    put(p, "%s", variable_name(bytes, &v, text, sizeof text));
}

static void put_guid(struct device_path *p, const uint8_t *guid)
{
    char text[GUID_TEXT_SIZE];

    guid_text(guid, text);
    for (char *c = text; *c; c++) {
        if (*c >= 'a' && *c <= 'f')
            *c -= 'a' - 'A';
    }
    put(p, "%s", text);
}

/* What there is no better text for. */
static void put_plain(struct device_path *p, const struct node *n)
{
    static const char *const names[] = {NULL,  "HardwarePath", "AcpiPath",
                                        "Msg", "MediaPath",    "BbsPath"};

    if (n->type && n->type < sizeof names / sizeof *names)
        put(p, "%s(%u", names[n->type], n->subtype);
    else
        put(p, "Path(%u,%u", n->type, n->subtype);
    if (n->size)
        put(p, ",");
    put_hex(p, n->body, n->size);
    put(p, ")");
}

/* VenHw(), VenMsg(), VenMedia(): a GUID and data. */
static void put_vendor(struct device_path *p, const struct node *n, const char *name)
{
    put(p, "%s(", name);
    put_guid(p, n->body);
    if (n->size > GUID_SIZE)
        put(p, ",");
    put_hex(p, n->body + GUID_SIZE, n->size - GUID_SIZE);
    put(p, ")");
}

static bool put_hardware(struct device_path *p, const struct node *n)
{
    const uint8_t *b = n->body;

    if (n->subtype == 1 && n->size >= 2)
        put(p, "Pci(0x%X,0x%X)", b[1], b[0]);
    else if (n->subtype == 3 && n->size >= 20)
        put(p, "MemoryMapped(0x%X,0x%" PRIX64 ",0x%" PRIX64 ")", load_le32(b), load_le64(b + 4),
            load_le64(b + 12));
    else if (n->subtype == 4 && n->size >= GUID_SIZE)
        put_vendor(p, n, "VenHw");
    else if (n->subtype == 5 && n->size >= 4)
        put(p, "Ctrl(0x%X)", load_le32(b));
    else
        return false;
    return true;
}

static bool put_acpi(struct device_path *p, const struct node *n)
{
    static const struct {
        uint16_t number;
        const char *name;
    } known[] = {{0x0a03, "PciRoot"},  {0x0a08, "PcieRoot"}, {0x0604, "Floppy"},
                 {0x0301, "Keyboard"}, {0x0501, "Serial"},   {0x0401, "ParallelPort"}};
    enum { PNP = 0x41d0 };

    if (n->subtype != 1 || n->size < 8)
        return false;
    uint32_t hid = load_le32(n->body), uid = load_le32(n->body + 4);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if ((hid & 0xffff) == PNP && hid >> 16 == known[i].number) {
            put(p, "%s(0x%X)", known[i].name, uid);
            return true;
        }
    }
    if ((hid & 0xffff) == PNP)
        put(p, "Acpi(PNP%04X,0x%X)", hid >> 16, uid);
    else
        put(p, "Acpi(0x%08X,0x%X)", hid, uid);
    return true;
}

static void put_ipv4(struct device_path *p, const uint8_t *b)
{
    put(p, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
}

static void put_protocol(struct device_path *p, uint16_t protocol)
{
    if (protocol == 6 || protocol == 17)
        put(p, ",%s,", protocol == 6 ? "TCP" : "UDP");
    else
        put(p, ",0x%X,", protocol);
}

static void put_ip4_node(struct device_path *p, const struct node *n)
{
    const uint8_t *b = n->body;

    put(p, "IPv4(");
    put_ipv4(p, b + 4);
    put_protocol(p, load_le16(b + 12));
    put(p, "%s,", b[14] ? "Static" : "DHCP");
    put_ipv4(p, b);
    if (n->size >= 23) {
        put(p, ",");
        put_ipv4(p, b + 15);
        put(p, ",");
        put_ipv4(p, b + 19);
    }
    put(p, ")");
}

static void put_ipv6(struct device_path *p, const uint8_t *b)
{
    for (int i = 0; i < 16; i += 2)
        put(p, "%s%02X%02X", i ? ":" : "", b[i], b[i + 1]);
}

static void put_ip6_node(struct device_path *p, const struct node *n)
{
    static const char *const origins[] = {"Static", "StatelessAutoConfigure"};
    const uint8_t *b = n->body;

    put(p, "IPv6(");
    put_ipv6(p, b + 16);
    put_protocol(p, load_le16(b + 36));
    put(p, "%s,", b[38] < 2 ? origins[b[38]] : "StatefulAutoConfigure");
    put_ipv6(p, b);
    if (n->size >= 56) {
        put(p, ",0x%X,", b[39]);
        put_ipv6(p, b + 40);
    }
    put(p, ")");
}

static void put_uart(struct device_path *p, const uint8_t *b)
{
    static const char parities[] = "DNEOMS";
    static const char *const stops[] = {"D", "1", "1.5", "2"};
    uint64_t baud = load_le64(b + 4);

    if (baud)
        put(p, "Uart(%" PRIu64 ",", baud);
    else
        put(p, "Uart(DEFAULT,");
    if (b[12])
        put(p, "%u,", b[12]);
    else
        put(p, "DEFAULT,");
    put(p, "%c,%s)", b[13] < 6 ? parities[b[13]] : 'x', b[14] < 4 ? stops[b[14]] : "x");
}

/* Terminals have GUIDs of their own. */
static void put_vendor_message(struct device_path *p, const struct node *n)
{
    static const struct {
        const char *name;
        uint8_t guid[GUID_SIZE];
    } terminals[] = {
        {"VenPcAnsi()",
         GUID_BYTES(0xe0c14753, 0xf9be, 0x11d2, 0x9a, 0x0c, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d)},
        {"VenVt100()",
         GUID_BYTES(0xdfa66065, 0xb419, 0x11d3, 0x9a, 0x2d, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d)},
        {"VenVt100Plus()",
         GUID_BYTES(0x7baec70b, 0x57e0, 0x4c76, 0x8e, 0x87, 0x2f, 0x9e, 0x28, 0x08, 0x83, 0x43)},
        {"VenUtf8()",
         GUID_BYTES(0xad15a0d6, 0x8bec, 0x4acf, 0xa0, 0x73, 0xd0, 0x1d, 0xe7, 0x7e, 0x2d, 0x88)},
    };

    for (size_t i = 0; i < sizeof terminals / sizeof *terminals; i++) {
        if (guid_is(n->body, terminals[i].guid)) {
            put(p, "%s", terminals[i].name);
            return;
        }
    }
    put_vendor(p, n, "VenMsg");
}

static void put_mac(struct device_path *p, const uint8_t *b)
{
    put(p, "MAC(");
    put_hex(p, b, b[32] == 0 || b[32] == 1 ? 6 : 32);
    put(p, ",0x%X)", b[32]);
    p->has_mac = true;
}

static void put_nvme(struct device_path *p, const uint8_t *b)
{
    put(p, "NVMe(0x%X,", load_le32(b));
    for (int i = 7; i >= 0; i--)
        put(p, "%02X%s", b[4 + i], i ? "-" : ")");
    p->has_disk_id |= load_le64(b + 4) != 0;
}

static bool put_message(struct device_path *p, const struct node *n)
{
    const uint8_t *b = n->body;

    if (n->subtype == 1 && n->size >= 4)
        put(p, "Ata(%s,%s,0x%X)", b[0] ? "Secondary" : "Primary", b[1] ? "Slave" : "Master",
            load_le16(b + 2));
    else if (n->subtype == 2 && n->size >= 4)
        put(p, "Scsi(0x%X,0x%X)", load_le16(b), load_le16(b + 2));
    else if (n->subtype == 3 && n->size >= 20)
        put(p, "Fibre(0x%" PRIX64 ",0x%" PRIX64 ")", load_le64(b + 4), load_le64(b + 12));
    else if (n->subtype == 5 && n->size >= 2)
        put(p, "USB(0x%X,0x%X)", b[0], b[1]);
    else if (n->subtype == 10 && n->size >= GUID_SIZE)
        put_vendor_message(p, n);
    else if (n->subtype == 11 && n->size >= 33)
        put_mac(p, b);
    else if (n->subtype == 12 && n->size >= 15)
        put_ip4_node(p, n);
    else if (n->subtype == 13 && n->size >= 39)
        put_ip6_node(p, n);
    else if (n->subtype == 14 && n->size >= 15)
        put_uart(p, b);
    else if (n->subtype == 15 && n->size >= 7)
        put(p, "UsbClass(0x%X,0x%X,0x%X,0x%X,0x%X)", load_le16(b), load_le16(b + 2), b[4], b[5],
            b[6]);
    else if (n->subtype == 17 && n->size >= 1)
        put(p, "Unit(0x%X)", b[0]);
    else if (n->subtype == 18 && n->size >= 6)
        put(p, "Sata(0x%X,0x%X,0x%X)", load_le16(b), load_le16(b + 2), load_le16(b + 4));
    else if (n->subtype == 20 && n->size >= 2)
        put(p, "Vlan(%u)", load_le16(b));
    else if (n->subtype == 23 && n->size >= 12)
        put_nvme(p, b);
    else if (n->subtype == 24)
        put(p, "Uri(%.*s)", (int)strnlen((const char *)b, n->size), (const char *)b);
    else if (n->subtype == 25 && n->size >= 2)
        put(p, "UFS(0x%X,0x%X)", b[0], b[1]);
    else if ((n->subtype == 26 || n->subtype == 29) && n->size >= 1)
        put(p, "%s(0x%X)", n->subtype == 26 ? "SD" : "eMMC", b[0]);
    else
        return false;
    return true;
}

static void put_partition(struct device_path *p, const uint8_t *b)
{
    enum { SIGNATURE_AT = 20, SIGNATURE_TYPE_AT = 37 };

    put(p, "HD(%u,", load_le32(b));
    if (b[SIGNATURE_TYPE_AT] == 1) {
        put(p, "MBR,0x%08X,", load_le32(b + SIGNATURE_AT));
    } else if (b[SIGNATURE_TYPE_AT] == 2) {
        put(p, "GPT,");
        put_guid(p, b + SIGNATURE_AT);
        put(p, ",");
    } else {
        put(p, "%u,0,", b[SIGNATURE_TYPE_AT]);
    }
    put(p, "0x%" PRIX64 ",0x%" PRIX64 ")", load_le64(b + 4), load_le64(b + 12));
}

static bool put_media(struct device_path *p, const struct node *n)
{
    static const char *const named[] = {[5] = "Media", [6] = "FvFile", [7] = "Fv"};
    const uint8_t *b = n->body;

    if (n->subtype == 1 && n->size >= 38)
        put_partition(p, b);
    else if (n->subtype == 2 && n->size >= 20)
        put(p, "CDROM(0x%X,0x%" PRIX64 ",0x%" PRIX64 ")", load_le32(b), load_le64(b + 4),
            load_le64(b + 12));
    else if (n->subtype == 3 && n->size >= GUID_SIZE)
        put_vendor(p, n, "VenMedia");
    else if (n->subtype == 4)
        put_utf16(p, b, n->size);
    else if (n->subtype >= 5 && n->subtype <= 7 && n->size >= GUID_SIZE) {
        put(p, "%s(", named[n->subtype]);
        put_guid(p, b);
        put(p, ")");
    } else if (n->subtype == 8 && n->size >= 20)
        put(p, "Offset(0x%" PRIX64 ",0x%" PRIX64 ")", load_le64(b + 4), load_le64(b + 12));
    else
        return false;
    return true;
}

static bool put_bbs(struct device_path *p, const struct node *n)
{
    static const char *const types[] = {NULL,     "Floppy", "Harddrive", "CDROM",
                                        "PCMCIA", "Usb",    "Network"};
    uint16_t type;

    if (n->subtype != 1 || n->size < 4)
        return false;
    type = load_le16(n->body);
    if (type && type < sizeof types / sizeof *types)
        put(p, "BBS(%s,", types[type]);
    else
        put(p, "BBS(0x%X,", type);
    put(p, "%.*s,0x%X)", (int)strnlen((const char *)n->body + 4, n->size - 4),
        (const char *)n->body + 4, load_le16(n->body + 2));
    return true;
}

static void put_node(struct device_path *p, const struct node *n)
{
    static bool (*const writers[])(struct device_path *, const struct node *) = {
        NULL, put_hardware, put_acpi, put_message, put_media, put_bbs};

    if (n->type == 0 || n->type >= sizeof writers / sizeof *writers || !writers[n->type](p, n))
        put_plain(p, n);
}

void device_path_read(const uint8_t *data, size_t size, struct device_path *p)
{
    bool first = true;

    *p = (struct device_path){.broken = true};
    for (size_t at = 0, count = 0; size - at >= NODE_HEADER; count++) {
        size_t length = load_le16(data + at + 2);
        const struct node n = {data[at], data[at + 1], data + at + NODE_HEADER,
                               length - NODE_HEADER};

        if (length < NODE_HEADER || length > size - at || count == DEVICE_PATH_NODES_MAX)
            return;
        at += length;
        if (n.type == TYPE_END && n.subtype != END_INSTANCE) {
            p->broken = false;
            return;
        }
        if (n.type == TYPE_END) {
            put(p, ",");
            first = true;
            continue;
        }
        if (!first)
            put(p, "/");
        first = false;
        put_node(p, &n);
    }
}

/* EFI_LOAD_OPTION: UEFI 2.10, 3.1.3. */
bool load_option_read(const uint8_t *data, size_t size, struct load_option *o)
{
    enum { ACTIVE = 1, HIDDEN = 8, DESCRIPTION_AT = 6 };
    size_t at = DESCRIPTION_AT;

    *o = (struct load_option){.active = false};
    if (size < DESCRIPTION_AT)
        return false;
    uint32_t attributes = load_le32(data);
    size_t length = load_le16(data + 4);
    while (size - at >= 2 && load_le16(data + at))
        at += 2;
    if (size - at < 2)
        return false;
    struct variable v = {.name_at = DESCRIPTION_AT, .name_size = at + 2 - DESCRIPTION_AT};
    variable_name(data, &v, o->description, sizeof o->description);
    at += 2;
    if (length > size - at)
        return false;
    o->active = attributes & ACTIVE;
    o->hidden = attributes & HIDDEN;
    device_path_read(data + at, length, &o->path);
    o->optional_data = size - at - length;
    return true;
}
