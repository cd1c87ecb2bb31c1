/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/domain_xml.h"

#include <stdlib.h>

#include "base/memory.h"
#include "tap.h"

static struct failure f;

static int parse(const char *text, size_t size, struct domain_xml *x)
{
    f = (struct failure){{0}, {0}};
    *x = (struct domain_xml){0};
    /* A copy of the exact length: what reads one byte too many is seen by ASan. */
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, text, size);
    int result = domain_xml_parse("x.xml", copy, size, x, &f);
    free(copy);
    return result;
}

static void refuses_bytes(const char *text, size_t size, const char *what, const char *test)
{
    struct domain_xml x;

    is_text(parse(text, size, &x) == 0 ? "read" : f.what, what, "%s", test);
    domain_xml_free(&x);
}

static void refuses(const char *text, const char *what, const char *test)
{
    refuses_bytes(text, strlen(text), what, test);
}

static void reads_a_guest(void)
{
    static const char text[] =
        "<!-- made by libvirt -->\n"
        "<domain type='kvm' id='3'>\n"
        "  <name>a &amp; b</name>\n"
        "  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>\n"
        "  <metadata><interface><model type='e1000'/></interface>\n"
        "    <x:devices xmlns:x='y'><x:interface/></x:devices></metadata>\n"
        "  <os firmware='efi'>\n"
        "    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>\n"
        "    <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>\n"
        "    <nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'><![CDATA[/var/lib/a.fd]]></nvram>\n"
        "  </os>\n"
        "  <launchSecurity type='sev'><policy>0x1</policy></launchSecurity>\n"
        "  <devices>\n"
        "    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
        "    <controller type='pci' index='0' model='pcie-root'/>\n"
        "    <controller type='pci' index='1' model='pcie-root-port'>\n"
        "      <address type='pci' bus='0x00' slot='0x02' function='0x1'/></controller>\n"
        "    <controller type='usb' index='0'><address type='pci' slot='9'/></controller>\n"
        "    <controller type='pci' index='2' model='pcie-to-pci-bridge'/>\n"
        "    <interface type='user'>\n"
        "      <mac address='52:54:00:00:00:01'/>\n"
        "      <model type='virtio'/>\n"
        "      <alias name='net0'/>\n"
        "      <rom bar='off' file='/a&lt;b'/>\n"
        "      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>\n"
        "    </interface>\n"
        "    <!-- <interface><model type='pcnet'/></interface> -->\n"
        "    <interface type='bridge'><model type='e1000'/><teaming type='transient'/>"
        "<rom enabled='no'/>"
        "<address type='pci' bus='2' slot='3'/></interface>\n"
        "    <interface type='hostdev'><model type='x'/></interface>\n"
        "    <interface type='user'><model type='virtio'/><address type='ccw'/></interface>\n"
        "    <video><model type='cirrus'/></video>\n"
        "    <video><model type='virtio'/></video>\n"
        "  </devices>\n"
        "</domain>\n";
    struct domain_xml x;

    is_int(parse(text, sizeof text - 1, &x), 0, "a guest is read (%s)", f.what);
    is_text(x.name, "a & b", "the name, with what stands for '&'");
    is_text(x.uuid, "c7a5fdbd-edaf-9455-926a-d65c16db1809", "the UUID of the guest is read");
    is_text(x.kind, "kvm", "the kind of domain");
    is_text(x.machine, "pc-q35-7.2", "the machine type of the guest is read");
    is_text(x.arch, "x86_64", "the architecture of the guest is read");
    is_text(x.emulator, "/usr/bin/qemu-system-x86_64", "the emulator of the guest is read");
    is_text(x.firmware, "efi", "the kind of firmware");
    is_text(x.loader, "/usr/share/OVMF/OVMF_CODE_4M.fd", "the firmware of the guest is read");
    is_text(x.loader_type, "pflash", "the kind of loader");
    is_text(x.nvram, "/var/lib/a.fd", "the variable store, out of CDATA");
    is_text(x.nvram_template, "/usr/share/OVMF/OVMF_VARS_4M.fd", "... its template");
    is_text(x.launch_security, "sev", "what encrypts the memory of the guest is read");
    ok(!x.sets_qemu_roms, "nothing tells QEMU of ROMs");
    is_int(x.device_count, 6, "cards in comments and metadata are none");
    if (x.device_count == 6) {
        struct domain_device *d = x.devices;

        ok(d->kind == DOMAIN_NIC, "the first is a network card");
        is_text(d->type, "virtio-net-pci", "... its type in QEMU");
        is_text(d->alias, "net0", "... its alias");
        is_text(d->mac, "52:54:00:00:00:01", "... its MAC address");
        ok(d->has_rom && d->rom_bar == DOMAIN_OFF && d->rom_enabled == DOMAIN_UNSAID,
           "its BAR is off");
        is_text(d->rom_file, "/a<b", "its ROM file, with what stands for '<'");
        ok(d->address.is_known && d->address.bus == 1 && d->address.slot == 0, "... its address");
        ok(d->on_express_port, "it is behind a root port");
        is_text(d->path, "0000:00:02.1:00.0", "its place as QEMU names it");
        is_text(d[1].path, NULL, "behind a controller without address the place is not known");
        ok(!d->is_transient && !d->is_hostdev, "it stays in a migration");
        ok(d[1].is_transient, "a transient one of a team is known");
        ok(d[1].rom_enabled == DOMAIN_OFF, "a card with rom enabled='no' has none");
        ok(d[1].address.is_known && d[1].address.slot == 3 && !d[1].on_express_port,
           "behind a bridge to PCI there is no Express");
        ok(d[2].is_hostdev, "a device of the host is known");
        is_text(d[2].type, "vfio-pci", "... its type in QEMU");
        ok(!d[3].type && d[3].is_elsewhere, "a card on another bus has no type");
        is_text(d[3].address_type, "ccw", "... its bus");
        ok(d[4].kind == DOMAIN_VIDEO && d[4].is_primary, "the first video card is the primary one");
        is_text(d[4].type, "cirrus-vga", "... its type in QEMU");
        is_text(d[5].type, "virtio-gpu-pci", "a second one has no VGA");
    }
    domain_xml_free(&x);
}

/* The text with `what` put at the place for a ROM file of device 0. */
static char *spliced(const char *text, const char *what)
{
    struct domain_xml x;
    char *result = NULL;

    if (parse(text, strlen(text), &x) == 0 && x.device_count && x.devices[0].rom_place) {
        struct domain_device *d = x.devices;

        result =
            xasprintf("%.*s%.*s%s%s", (int)d->rom_place, text, (int)(d->indent_to - d->indent_from),
                      text + d->indent_from, what, text + d->rom_place);
    }
    domain_xml_free(&x);
    return result;
}

static void splices(const char *before, const char *what, const char *after, const char *test)
{
    char *result = spliced(before, what);

    is_text(result, after, "%s", test);
    free(result);
}

#define HEAD "<domain><devices><interface>"
#define TAIL "</interface></devices></domain>"

static void finds_places(void)
{
    splices(HEAD "<model type='e1000'/>" TAIL, "<rom/>", HEAD "<model type='e1000'/><rom/>" TAIL,
            "a <rom> goes behind the last element");
    splices(HEAD "\n  <model a='>'></model >\n " TAIL, "<rom/>",
            HEAD "\n  <model a='>'></model >\n  <rom/>\n " TAIL, "it is set off as that one is");
    splices(HEAD "\r\n\t<model/>\r\n" TAIL, "<rom/>", HEAD "\r\n\t<model/>\r\n\t<rom/>\r\n" TAIL,
            "also with CR LF and tabs");
    splices("\xef\xbb\xbf" HEAD
            "\xc3\xa4<!-- \xe2\x82\xac <a/> --><model x='\xf0\x9f\x98\x80'/>" TAIL,
            "<rom/>",
            "\xef\xbb\xbf" HEAD
            "\xc3\xa4<!-- \xe2\x82\xac <a/> --><model x='\xf0\x9f\x98\x80'/><rom/>" TAIL,
            "places are bytes, not characters");
    splices(HEAD "<rom bar='on'/><model/>" TAIL, " file='f'",
            HEAD "<rom bar='on' file='f'/><model/>" TAIL, "with a <rom>, behind its attributes");
    splices(HEAD "<rom bar=\"on\" \n ></rom>" TAIL, " file='f'",
            HEAD "<rom bar=\"on\" file='f' \n ></rom>" TAIL, "before the blanks that follow them");
    splices(HEAD "<rom/>" TAIL, " file='f'", HEAD "<rom file='f'/>" TAIL, "or behind its name");
    splices(HEAD "<rom/><rom/>" TAIL, "", NULL, "with two of them there is no place");
    splices(HEAD TAIL, "", NULL, "in an empty device there is no place");
    splices("<domstatus><x/><domain><devices><interface><a><b/></a><![CDATA[<c/>]]>"
            "</interface></devices></domain></domstatus>",
            "<rom/>",
            "<domstatus><x/><domain><devices><interface><a><b/></a><rom/><![CDATA[<c/>]]>"
            "</interface></devices></domain></domstatus>",
            "the domain of a <domstatus>, nested elements and CDATA");
}

/* A text long enough that libxml2 moves its buffer while it reads. */
static void finds_places_far_behind(void)
{
    enum { FILL = 3 << 20 };
    char *fill = xmalloc(FILL + 1);

    for (size_t i = 0; i < FILL; i++)
        fill[i] = i % 80 ? 'x' : '\n';
    fill[FILL] = '\0';
    char *before = xasprintf("<domain><description>%s</description><!--%s--><devices><interface>"
                             "<model/>" TAIL,
                             fill, fill);
    char *after = spliced(before, "<rom/>");
    ok(after && strstr(after, "<model/><rom/>" TAIL),
       "a place six megabytes into the document is right");
    free(fill);
    free(before);
    free(after);
}

static void reads_other_forms(void)
{
    struct domain_xml x;
    static const char text[] =
        "<domain><os><loader type='pflash' format='raw'>/c</loader><nvram type='file' "
        "format='qcow2'>\n  <source file='/v'/>\n</nvram></os><devices>"
        "<controller type='pci' index='1' model='pci-bridge'>"
        "<address type='pci' bus='2' slot='1'/></controller>"
        "<controller type='pci' index='2' model='pci-bridge'>"
        "<address type='pci' bus='1' slot='1'/></controller>"
        "<interface><model type='e1000'/><address type='pci' bus='1' slot='1'/></interface>"
        "<interface><model type='e1000'/><address type='pci' bus='0' slot='3'/></interface>"
        "</devices></domain>";

    parse(text, sizeof text - 1, &x);
    is_text(x.nvram, "/v", "a store in a <source> of its own");
    is_text(x.nvram_format, "qcow2", "... its format");
    is_text(x.loader_format, "raw", "that of the code");
    is_text(x.devices[0].path, NULL, "controllers in a ring are no place");
    is_text(x.devices[1].path, "0000:00:03.0", "a place on the root bus");
    domain_xml_free(&x);
}

static void knows_more_of_cards(void)
{
    struct domain_xml x;
    static const char text[] =
        "<domain><os><type arch='x86_64' machine='pc-i440fx-1.6'>hvm</type></os><devices>"
        "<interface type='user'><driver name='qemu'/><address type='pci' bus='0' slot='3' "
        "multifunction='on'/></interface>"
        "<interface type='user'><backend type='passt'/><driver name='vhost' "
        "queues='4'/></interface>"
        "<interface type='network'><mtu size='1400'/></interface>"
        "<interface type='network'><driver><guest csum='off'/></driver></interface>"
        "</devices></domain>";

    parse(text, sizeof text - 1, &x);
    is_text(x.devices[0].path, "0000:03.0", "pc-i440fx-1.6 leaves the root bus out of a place");
    ok(x.devices[0].is_user && !x.devices[1].is_user && !x.devices[2].is_user,
       "QEMU serves a card of type user itself, unless passt does");
    ok(x.devices[0].address.has_more_functions && !x.devices[1].address.has_more_functions,
       "a card with more functions");
    ok(!x.devices[0].has_options, "a <driver> that has its name alone says nothing of the card");
    ok(x.devices[1].has_options && x.devices[2].has_options && x.devices[3].has_options,
       "queues, an MTU and features do");
    domain_xml_free(&x);
}

static void knows_hints(void)
{
    struct domain_xml x;
    static const char text[] =
        "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:commandline>"
        "<qemu:arg value='-global'/><qemu:arg value='e1000.romsize=262144'/></qemu:commandline>"
        "</domain>";

    parse(text, sizeof text - 1, &x);
    ok(x.sets_qemu_roms, "an argument that says a ROM's size is seen");
    domain_xml_free(&x);
}

static void refuses_what_is_no_domain(void)
{
    char *deep = xmalloc(20000);

    refuses("", "x.xml: not XML in UTF-8", "an empty text is refused");
    refuses("  \n", "x.xml: not XML in UTF-8", "a text of blanks is refused");
    refuses("LibvirtQemudSave", "x.xml: not XML in UTF-8", "another kind of file");
    refuses_bytes("<\0d\0>\0", 6, "x.xml: not XML in UTF-8", "XML in UTF-16 is refused");
    refuses("<network/>",
            "x.xml:1: not the XML of a libvirt domain (found <network>, expected "
            "<domain>)",
            "another kind of document");
    refuses("<domstatus><x/></domstatus>", "x.xml: contains no <domain>",
            "a status without domain");
    refuses("<domstatus><domain/><domain/></domstatus>", "x.xml:1: a second <domain>",
            "XML with two domains is refused");
    ok(parse("<domain><name>x", 15, &(struct domain_xml){0}) != 0 &&
           strncmp(f.what, "x.xml:", 6) == 0 && strstr(f.what, ": not XML ("),
       "a document that is cut off (%s)", f.what);
    refuses("<domain>\n\xff</domain>", "x.xml:2: not UTF-8 (found byte 0xff)",
            "bytes that are not UTF-8 are refused");
    refuses("<domain>\n\n\x01</domain>",
            "x.xml:3: a character that XML does not have (found U+0001)",
            "a control character is refused");
    refuses("<domain>\xef\xbf\xbf</domain>",
            "x.xml:1: a character that XML does not have (found U+FFFF)",
            "a character that is none is refused");
    ok(parse("<domain>&x;</domain>", 20, &(struct domain_xml){0}) != 0,
       "an entity that nobody declared (%s)", f.what);
    refuses("<!DOCTYPE domain [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>\n<domain>&b;</domain>",
            "x.xml:1: has a document type, which no domain XML has", "entities of its own");
    refuses("<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain/>",
            "x.xml:1: has a document type, which no domain XML has", "a document type elsewhere");
    memcpy(deep, "<domain>", 9);
    for (int i = 0; i < 1000; i++)
        strcpy(deep + 8 + 3 * i, "<a>");
    ok(parse(deep, strlen(deep), &(struct domain_xml){0}) != 0, "a thousand elements deep (%s)",
       f.what);
    memcpy(deep, "<domain><name>", 15);
    memset(deep + 14, 'n', 5000);
    strcpy(deep + 5014, "</name></domain>");
    refuses(deep, "x.xml:1: too long for a name or path (limit 4096 bytes)",
            "a name of 5000 bytes");
    free(deep);
}

static void limits_devices(void)
{
    enum { COUNT = DOMAIN_DEVICES_MAX + 1 };
    static const char one[] = "<video/>";
    char *text = xmalloc(64 + COUNT * sizeof one), *at = stpcpy(text, "<domain><devices>");

    for (int i = 0; i < COUNT; i++)
        at = stpcpy(at, one);
    strcpy(at, "</devices></domain>");
    refuses(text, "x.xml:1: too many devices (limit 16384)", "more devices than any guest has");
    free(text);
}

/* Behind so much text libxml2 holds another part of the document in memory than that which the
 * attributes of the tag were read from. */
static void reads_nothing_after_a_refusal(void)
{
    enum { FAR = 200 << 10 };
    char *text = xmalloc(FAR + 256), *at = stpcpy(text, "<domstatus><domain><metadata>");

    memset(at, 'x', FAR);
    strcpy(at + FAR, "</metadata></domain><domain type='kvm'><name>n</name></domain></domstatus>");
    refuses(text, "x.xml:1: a second <domain>", "a second domain far behind the first");
    strcpy(at + FAR, "</metadata><devices><interface><model type='virtio'/></interface>"
                     "<!DOCTYPE a><video><model type='qxl'/></video></devices></domain>");
    struct domain_xml x;
    ok(parse(text, strlen(text), &x) != 0, "a document type far behind the start");
    free(text);
}

/* `count` times the text, in the <metadata> of a domain; a '#' in it is the number of each. */
static char *with_many(const char *one, unsigned count)
{
    static const char head[] = "<domain><metadata>", tail[] = "</metadata></domain>";
    char *text = xmalloc(64 + (size_t)count * 32), *at = stpcpy(text, head);

    for (unsigned i = 0; i < count; i++)
        for (const char *p = one; *p; p++)
            at += *p == '#' ? sprintf(at, "%x", i) : sprintf(at, "%c", *p);
    strcpy(at, tail);
    return text;
}

static void limits_names(void)
{
    static const struct {
        const char *one;
        unsigned count;
        const char *what, *test;
    } cases[] = {
        {"<e#/>", 4094, "read", "as many names as there may be, and no more"},
        {"<e#/>", 4095, "x.xml:1: too many different names (limit 4096)",
         "one name of an element too many"},
        {"<e e#=''/>", 4095, "x.xml:1: too many different names (limit 4096)",
         "one name of an attribute too many"},
        {"<?e# ?>", 4095, "x.xml:1: too many different names (limit 4096)",
         "one name of a processing instruction too many"},
        {"\n<e xmlns:e='u#'/>", 4093, "x.xml:4094: too many different names (limit 4096)",
         "one namespace too many"},
        {"<e xmlns:e='u'/>", 4097, "x.xml:1: too many declarations of namespaces (limit 4096)",
         "one declaration of a namespace too many"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = with_many(cases[i].one, cases[i].count);

        refuses(text, cases[i].what, cases[i].test);
        free(text);
    }
    char *text = with_many("<!--<e#-->", 9000);
    refuses(text, "read", "names in comments, which are none");
    free(text);
    text = with_many("<![CDATA[<e#]]>", 9000);
    refuses(text, "read", "names in text, which are none");
    free(text);
    text = with_many("<e a='>' b=\"'>\"/>", 9000);
    refuses(text, "read", "the same names again and again");
    free(text);
}

static void limits_attributes(void)
{
    char *text = xmalloc(16384), *at = stpcpy(text, "<domain ");

    for (unsigned i = 0; i < 256; i++)
        at += sprintf(at, "a%x='>' ", i);
    strcpy(at, "/>");
    refuses(text, "read", "as many attributes as an element may have");
    strcpy(at, "b='' />");
    refuses(text, "x.xml:1: too many attributes of an element (limit 256)",
            "one attribute too many");
    free(text);
}

/* Each of the 255 buses stands behind the next one, and the last behind the first. */
static void survives_a_ring_of_buses(void)
{
    enum { CARDS = 16000 };
    char *text = xmalloc(256 * 128 + CARDS * 96), *at = stpcpy(text, "<domain><devices>");
    struct domain_xml x;

    for (unsigned i = 1; i < 256; i++)
        at += sprintf(at,
                      "<controller type='pci' index='%u' model='pci-bridge'>"
                      "<address type='pci' bus='%u' slot='1'/></controller>",
                      i, i == 255 ? 1 : i + 1);
    for (unsigned i = 0; i < CARDS; i++)
        at = stpcpy(at, "<interface><address type='pci' bus='1' slot='1'/></interface>");
    strcpy(at, "</devices></domain>");
    ok(parse(text, strlen(text), &x) == 0 && x.device_count == CARDS,
       "sixteen thousand cards behind a ring of buses are read (%s)", f.what);
    ok(x.devices && !x.devices[0].path, "and the place of none is known");
    domain_xml_free(&x);
    free(text);
}

int main(void)
{
    /* First: what is freed later on is no longer given back to the system at once. */
    reads_nothing_after_a_refusal();
    reads_a_guest();
    finds_places();
    finds_places_far_behind();
    reads_other_forms();
    knows_more_of_cards();
    knows_hints();
    refuses_what_is_no_domain();
    limits_devices();
    limits_names();
    limits_attributes();
    survives_a_ring_of_buses();
    return tap_done();
}
