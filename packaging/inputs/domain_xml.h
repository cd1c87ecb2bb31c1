/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest as libvirt describes it: what `virsh dumpxml` prints, what is in
 * /etc/libvirt/qemu/NAME.xml and, as the <domain> of a <domstatus>, in
 * /run/libvirt/qemu/NAME.xml, what a hook gets, what a save image holds, and, as the <domain> of
 * a <domainsnapshot>, what is in /var/lib/libvirt/qemu/snapshot.
 * inputs/xml_tags.h says which XML is read; what is kept of it is below.
 */
#ifndef INPUTS_DOMAIN_XML_H
#define INPUTS_DOMAIN_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define DOMAIN_XML_MAX ((size_t)16 << 20) /* bytes of a document */
#define DOMAIN_DEVICES_MAX 16384          /* of cards and devices of the host; and disks */
#define DOMAIN_TEXT_MAX ((size_t)4096)    /* bytes of a name or path */

/* An attribute with the values yes and no, or on and off. */
enum domain_switch { DOMAIN_UNSAID, DOMAIN_ON, DOMAIN_OFF };

struct domain_pci_address {
    bool is_known; /* there is an address, and it is on PCI */
    uint32_t domain;
    unsigned bus, slot, function;
    bool has_more_functions; /* multifunction='on' */
};

enum domain_device_kind { DOMAIN_NIC, DOMAIN_VIDEO, DOMAIN_HOSTDEV };

/* Texts that the document does not give are NULL. */
struct domain_device {
    enum domain_device_kind kind;
    char *model; /* <model type=>: "virtio" */
    /* That QEMU makes of it, never an alias: "virtio-net-pci"; NULL: no PCI device, not known. */
    const char *type;
    bool is_elsewhere; /* it is known to be no PCI device */
    char *alias;       /* "net0", in the XML of a running guest */
    char *mac;
    char *address_type; /* "pci", "ccw"... */
    struct domain_pci_address address;
    /* Its place as QEMU names it in RAM blocks, "0000:00:02.0:00.0" behind a port; NULL: not
     * known (QEMU hw/pci/pci.c, pcibus_get_dev_path()). */
    char *path;
    bool on_express_port; /* the address is behind a PCI Express port, and not on a root bus */
    bool is_primary;      /* of a video card */
    bool is_accelerated;
    bool is_hostdev;   /* a device of the host, with its own ROM; also an <interface> */
    bool is_transient; /* <teaming type='transient'>: unplugged before a migration */
    bool is_user;      /* <interface type='user'>, served by QEMU itself */
    bool has_options;  /* of a network card: <driver> with more than a name, <mtu> or <acpi> */

    bool has_rom; /* there is a <rom> */
    char *rom_file;
    enum domain_switch rom_bar, rom_enabled;

    /* Where the document takes a ROM file, in bytes: with a <rom>, the end of its last
     * attribute; else the end of the last element in the device. 0: nowhere. */
    size_t rom_place;
    /* The bytes that set off that last element, from the newline on; may be none. */
    size_t indent_from, indent_to;
};

struct domain_xml {
    char *name, *uuid;
    char *kind;     /* <domain type=>: "kvm", "qemu" */
    char *machine;  /* <type machine=>: may be an alias where the guest never ran */
    char *arch;     /* "x86_64" */
    char *emulator; /* path of QEMU */
    char *firmware; /* <os firmware=>: "efi" */
    char *loader, *loader_type, *loader_format; /* path of the firmware; "pflash"; "raw" */
    char *nvram, *nvram_template, *nvram_format;
    char *template_format;      /* <nvram templateFormat=>, which libvirt knows since 10.10 */
    bool has_loader, has_nvram; /* there are such elements */
    bool nvram_is_remote;       /* <nvram> of a type whose data is not a local file */
    bool has_varstore;          /* <varstore>, of libvirt 12.1: JSON of QEMU's uefi-vars device */
    char *varstore, *varstore_template;
    char *kernel; /* <os><kernel> */
    enum domain_switch loader_readonly, loader_secure, loader_stateless;
    bool has_firmware_features; /* <os><firmware><feature>; of these two what is asked for */
    enum domain_switch secure_boot, enrolled_keys;
    enum domain_switch smm, suspend_to_memory, suspend_to_disk;
    bool has_acpi;
    char *launch_security; /* <launchSecurity type=>: "sev", "sev-snp", "tdx" */
    bool sev_es;           /* the policy of <launchSecurity type='sev'> asks for it */
    bool sets_qemu_roms;   /* <qemu:commandline> or <qemu:override> set romfile or romsize */
    /* The words of <qemu:commandline>, which libvirt puts behind its own. */
    char **qemu_arguments;
    size_t qemu_argument_count;
    struct domain_device *devices; /* cards and devices of the host, in the document's order */
    size_t device_count;
    char **disks; /* paths of files and block devices, without what backs them */
    size_t disk_count;
    bool has_tpm, has_swtpm; /* has_swtpm: libvirt runs swtpm for it */
    char *memory_file;       /* of a <domainsnapshot>: the save image with its memory */
};

/* `name` is the document's name in messages, "name:line: what is wrong". 0 or -1; free
 * with domain_xml_free(). */
int domain_xml_parse(const char *name, const uint8_t *data, size_t size, struct domain_xml *domain,
                     struct failure *f);
int domain_xml_read(const char *path, struct domain_xml *domain, struct failure *f);
/* How its memory is encrypted (formats/guest_encryption.h); free it. NULL: it is not. */
char *domain_xml_encryption(const struct domain_xml *xml);

void domain_xml_free(struct domain_xml *domain);

#endif
