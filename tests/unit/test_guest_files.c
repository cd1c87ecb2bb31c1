/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests in the files of Proxmox VE, Incus and systemd. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inputs/incus_backup.h"
#include "inputs/proxmox_conf.h"
#include "inputs/systemd_unit.h"
#include "tap.h"

/* "NAME MACHINE LOADER CARD..." */
static const char *summary(const struct qemu_command *c)
{
    static char text[1024];

    snprintf(text, sizeof text, "%s %s %s", c->name ? c->name : "-", c->machine ? c->machine : "-",
             c->loader ? c->loader : "-");
    for (size_t i = 0; i < c->card_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " %s%s%s", c->cards[i].type,
                 c->cards[i].file ? "=" : "", c->cards[i].file ? c->cards[i].file : "");
    return text;
}

#define OVMF "/usr/share/pve-edk2-firmware/"

static void proxmox(const char *text, const char *expected, const char *name)
{
    struct qemu_command *list;
    char all[1024] = "";
    struct failure f;
    size_t count;

    if (proxmox_conf_parse("100.conf", "100", "x86_64", (const uint8_t *)text, strlen(text), &list,
                           &count, &f) != 0) {
        is_text(f.what, expected, "%s", name);
        return;
    }
    for (size_t i = 0; i < count; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s%s%s%s", i ? " / " : "",
                 summary(&list[i]), list[i].doubt ? " (" : "", list[i].doubt ? list[i].doubt : "",
                 list[i].doubt ? ")" : "");
    is_text(all, expected, "%s", name);
    proxmox_commands_free(list, count);
}

static void test_proxmox(void)
{
    proxmox("", "vm100 pc - VGA", "an empty configuration of Proxmox is a PC with a VGA card");
    proxmox("#a\nname: web\nnet0: virtio=AA,bridge=b\nnet1: model=e1000,macaddr=B\nmachine: q35\n"
            "[snap]\nname: old\nnet2: pcnet=C\n",
            "web q35 - virtio-net-pci e1000 VGA",
            "network cards are told in both forms, and those of snapshots are not");
    proxmox("ostype: win11\nmachine: q35\n", "vm100 pc-q35-5.1 - VGA",
            "Windows without a version is pinned to 5.1");
    proxmox("ostype: win11\nmeta: creation-qemu=9.2.0,ctime=1\n", "vm100 pc-i440fx-9.2 - VGA",
            "Windows that was made with a newer QEMU is pinned to its version");
    proxmox("machine: pc-q35-4.1+pve2.pxe\nnet0: virtio=A\n",
            "vm100 pc-q35-4.1 - virtio-net-pci=pxe-virtio.rom VGA",
            "a machine type .pxe has the ROMs for BIOS");
    proxmox("bios: ovmf\nefidisk0: local:x,efitype=4m\nmachine: q35\nvga: virtio\n",
            "vm100 q35 " OVMF "OVMF_CODE_4M.secboot.fd virtio-vga",
            "an EFI disk of 4m on Q35 goes with the image for Secure Boot");
    proxmox("bios: ovmf\nefidisk0: local:x,efitype=4m\nvga: qxl2\n",
            "vm100 pc " OVMF "OVMF_CODE_4M.fd qxl-vga", "... and elsewhere with the other");
    proxmox("bios: ovmf\nvga: serial0\n", "vm100 pc " OVMF "OVMF_CODE.fd",
            "OVMF without an EFI disk is the old image, and a serial console no card");
    proxmox("amd-sev: type=snp\nbios: ovmf\nvga: none\n", "vm100 pc " OVMF "OVMF_SEV_4M.fd",
            "an SNP guest has the image for SEV");
    proxmox("arch: aarch64\nbios: ovmf\n", "vm100 virt " OVMF "AAVMF_CODE.fd",
            "an Arm guest has Arm's image, and no VGA");
    proxmox("hostpci0: 01:00,x-vga=1,romfile=x\n", "vm100 pc - vfio-pci=/usr/share/kvm/x",
            "a passed-through VGA card is the only one");
    proxmox("name: a\nNAME x\n", "100.conf:2: not of the form 'key: value'",
            "a line without a colon is named");

    proxmox("args: -cpu 'host,+x' -smbios type=\"1\"\n", "vm100 pc - VGA",
            "args that decide nothing here are none");
    proxmox("args: -device 'e1000,romfile=/a b'\n",
            "vm100 pc - VGA (args: -device 'e1000,romfile=/a b')",
            "args with a device are a doubt");
    proxmox("args: '-device' e1000\n", "vm100 pc - VGA (args: '-device' e1000)",
            "... also in quotes");
    proxmox("args: \"-dev\"\\ice e1000\n", "vm100 pc - VGA (args: \"-dev\"\\ice e1000)",
            "... of any kind");
    proxmox("net0: new=A\n", "vm100 pc - VGA (a network card of model new)",
            "a network card of another model is a doubt");
    proxmox("net0: bridge=b,virtio=A\nnet1: ne2k_isa=B\n",
            "vm100 pc - VGA (a network card of model bridge)", "... or one in another order");
    proxmox("vga: new\n", "vm100 pc - (a video card of type new)",
            "a video card of another type is a doubt");
    proxmox("hostpci0: 01:00\n",
            "vm100 pc - VGA (a device of its host (vfio): whether it can be moved is not known)",
            "a device of the host is a doubt");
    proxmox("hostpci0: 01:00,romfile=a.rom\n", "vm100 pc - vfio-pci=/usr/share/kvm/a.rom VGA",
            "a ROM file of a device of the host is told");
    proxmox("machine: pc\nvmstate: s:x\nrunningmachine: pc-i440fx-7.2+pve0\n",
            "vm100 pc-i440fx-7.2 - VGA", "a suspended guest has the machine type of its memory");
    proxmox("machine: pc\nrunningmachine: pc-i440fx-7.2\n", "vm100 pc - VGA",
            "... and without memory that of its configuration");
    proxmox("name: a\nmachine: q35\n[old]\nname: b\nmachine: pc\nnet0: e1000=A\nvmstate: s:x\n"
            "runningmachine: pc-i440fx-5.1+pve0\nefidisk0: /v.fd\nbios: ovmf\n"
            "[disks]\nname: b\nnet0: pcnet=A\n[early]\nvmstate: s:y\nvga: none\n",
            "a q35 - VGA / b, snapshot old pc-i440fx-5.1 " OVMF "OVMF_CODE.fd e1000 VGA / "
            "vm100, snapshot early pc-i440fx-1.4 -",
            "snapshots with memory are guests of their own");
    proxmox("net0: virtio=A\nnet1: e1000=B\nnet2: pcnet=C\nmachine: pc\n[PENDING]\n"
            "net0: rtl8139=A\nmachine: q35\ndelete: net1,!net2\n[special:cloudinit]\nx\n",
            "vm100 q35 - rtl8139 VGA", "what waits for the next start is applied");
    proxmox("[PENDING]\nmachine: q35\n[PENDING]\nvga: none\n", "vm100 pc -",
            "of two sections of changes the last holds");
    char *many = xasprintf("[PENDING]\ndelete: %s%04000d\n", "a", 0);
    for (char *at = many; *at; at++)
        *at = *at == '0' ? ',' : *at;
    proxmox(many, "100.conf: more than 2000 keys to delete", "changes have a limit");
    free(many);
    proxmox("[old]\nx\n", "100.conf:2: not of the form 'key: value'",
            "a line of a snapshot without a colon is named");

    struct qemu_command *list;
    struct failure f;
    size_t count;
    static const char text[] = "template: 1\n";
    if (proxmox_conf_parse("1", "1", "x86_64", (const uint8_t *)text, sizeof text - 1, &list,
                           &count, &f) == 0) {
        ok(!list[0].is_guest, "a template is no guest");
        proxmox_commands_free(list, count);
    }
}

#define VM "container:\n  name: v\n  type: virtual-machine\n  expanded_config: "

static void incus(const char *text, bool is_guest, const char *expected, const char *name)
{
    struct qemu_command c;
    struct failure f;

    if (incus_backup_parse("backup.yaml", (const uint8_t *)text, strlen(text), &c, &f) != 0) {
        ok(strstr(f.what, expected) != NULL, "%s (%s)", name, f.what);
        return;
    }
    char *found = xasprintf("%s%s%s", summary(&c), c.doubt ? ": " : "", c.doubt ? c.doubt : "");
    is_text(c.is_guest == is_guest ? found : "not told whether it is a guest", expected, "%s",
            name);
    free(found);
    qemu_command_free(&c);
}

static void test_incus(void)
{
    static char text[8192];

    snprintf(
        text, sizeof text,
        "container:\n  name: v1\n  architecture: x86_64\n  type: virtual-machine\n"
        "  expanded_config:\n    volatile.uuid: 1-2\n    cloud-init.user-data: \"%05000d\"\n"
        "  expanded_devices:\n    eth0: {type: nic, network: b}\n"
        "    eth1: {type: nic, nictype: macvlan, io.bus: usb}\n    root: {type: disk, path: /}\n"
        "pool: null\nsnapshots:\n- {name: s, stateful: false}\n",
        1);
    incus(text, true, "v1 - - virtio-net-pci",
          "a virtual machine of Incus has its network cards, but for those on USB");
    incus("container:\n  name: c\n  type: container\n  expanded_config: {}\n"
          "  expanded_devices: {}\n",
          false, "c - -", "a container is no guest");
    incus(VM "{volatile.uuid: 1}\n  expanded_devices: {e: {type: nic, nictype: sriov}}\n", true,
          "v - -: " QEMU_HOST_DEVICE, "a card of the host is a doubt");
    incus(VM "{volatile.e.last_state.pci.slot.name: 01.0}\n"
             "  expanded_devices: {e: {type: nic, network: n}}\n",
          true, "v - -: " QEMU_HOST_DEVICE, "... also that of a network");
    incus(VM "{}\n  expanded_devices: {g: {type: gpu}}\n", true, "v - -: " QEMU_HOST_DEVICE,
          "... and a GPU");
    incus(VM "{raw.qemu: -cpu host}\n  expanded_devices: {}\n", true, "v - -",
          "arguments that decide nothing here are none");
    incus(VM "{raw.qemu: \"'-device' e1000\"}\n  expanded_devices: {}\n", true,
          "v - -: raw.qemu: '-device' e1000", "a card in raw.qemu is a doubt");
    incus(VM "{raw.qemu: \"-smp 2 -dev\\\\\\nice e1000\"}\n  expanded_devices: {}\n", true,
          "v - -: raw.qemu: -smp 2 -dev\\\nice e1000", "... on two lines");
    incus(VM "{raw.qemu.conf: x}\n  expanded_devices: {}\n", true,
          "v - -: raw.qemu.conf changes what it is started with", "raw.qemu.conf is a doubt");
    incus(VM "{raw.qemu.scriptlet: x}\n  expanded_devices: {}\n", true,
          "v - -: raw.qemu.scriptlet changes what it is started with", "a scriptlet is a doubt");
    incus(VM "{raw.qemu.qmp.pre-start: x}\n  expanded_devices: {}\n", true,
          "v - -: raw.qemu.qmp.pre-start changes what it is started with",
          "commands for QMP are a doubt");
    incus(VM "{}\n  devices: {}\n", true,
          "v - -: what its profiles add: no expanded_config and expanded_devices",
          "profiles that are not in it are a doubt");
    incus(VM "{}\n  expanded_devices: {}\n  stateful: true\n", true,
          "v - -: its memory was saved, and with which machine type is not known",
          "saved memory is a doubt");
    incus(VM "{}\n  expanded_devices: {}\nsnapshots:\n- {name: s, stateful: true}\n", true,
          "v - -: the memory of a snapshot, whose machine type is not known",
          "... and that of a snapshot");
    incus("volume: {}\n", false, "not the backup.yaml", "another document is refused");
    incus("container: [", false, "backup.yaml:2", "broken YAML is named with its line");
}

static void unit(const char *name, const char *text, const char *expected, const char *what)
{
    struct systemd_qemu q;
    struct failure f;
    char words[1024] = "";

    if (systemd_unit_qemu(name, (const uint8_t *)text, strlen(text), &q, &f) != 0) {
        is_text(f.what, expected, "%s", what);
        return;
    }
    for (size_t i = 0; i < q.count; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s", i ? "|" : "",
                 q.words[i]);
    if (q.doubt)
        snprintf(words + strlen(words), sizeof words - strlen(words), " (%s)", q.doubt);
    is_text(words, expected, "%s", what);
    systemd_qemu_free(&q);
}

#define Q "/usr/bin/qemu-system-x86_64"

static void test_systemd(void)
{
    unit("vm@web.service", "[Service]\nExecStart=-" Q " -name %i -m 1G\n", Q "|-name|web|-m|1G",
         "a service's command line has the instance in it");
    unit("vm.service",
         "[Service]\n# x\nExecStart=/usr/bin/taskset -c 0 \\\n; y\n  " Q
         " -name 'a b' \"-m\" 1\\x47\n",
         Q "|-name|a b|-m|1G", "lines that go on, quotes, escapes and a wrapper are read");
    unit("vm.service",
         "[Service]\nEnvironment=\"A=-m 1G\" B=x\nExecStart=" Q " $A -name ${B}y $$ $C\n",
         Q "|-m|1G|-name|xy|$", "variables are filled in, one word or many");
    unit("vm.service", "[Unit]\nExecStart=" Q "\n[Service]\nExecStart=/bin/true\n", "",
         "a service without a QEMU has none");
    unit("vm.service", "[Service]\nExecStart=" Q " -a\nExecStart=\nExecStart=" Q " -b\n", Q "|-b",
         "an empty ExecStart takes back what stood before");
    unit("vm.service", "[Service]\nExecStart=" Q " -name %H\n", Q "|-name| (%H in its unit)",
         "a specifier that the name does not decide is a doubt");
    unit("vm.service", "[Service]\nEnvironmentFile=/nowhere/x\nExecStart=" Q "\n",
         Q " (/nowhere/x: No such file or directory)",
         "an environment that is not there is a doubt");
    unit("vm.service", "[Service]\nEnvironmentFile=-/nowhere/x\nExecStart=@" Q " name -S\n",
         Q "|-S", "an optional one is none, and a name given for the program is dropped");
    unit("vm.service", "[Service]\nEnvironment=RUN=" Q "\nExecStart=/usr/bin/env $RUN -S\n",
         Q "|-S", "a QEMU that a variable names is one");
    unit("vm.service", "[Service]\nExecStart=/bin/true $X\n# qemu\n", "",
         "... and another is none");
    unit("vm.service",
         "[Service]\nExecStart=/usr/bin/nice -n 5 numactl -N 0 env A=/b taskset ff " Q " -S\n",
         Q "|-S", "programs that run it where they are add no doubt");
    static const char *const elsewhere[] = {"/usr/bin/podman run --rm img",
                                            "docker run -v /a:/b -it qemu",
                                            "/usr/bin/systemd-nspawn -D /x",
                                            "/usr/sbin/chroot /x",
                                            "systemd-run --pipe -p RootDirectory=/x",
                                            "ssh host",
                                            "ip netns exec blue"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        char *first = xstrndup(elsewhere[i], strcspn(elsewhere[i], " "));
        char *text = xasprintf("[Service]\nExecStart=nice %s %s -S\n", elsewhere[i], Q);
        char *expected = xasprintf(Q "|-S (its unit starts it by another program: %s)", first);

        char *name = xasprintf("a QEMU behind '%s' is a doubt", elsewhere[i]);

        unit("vm.service", text, expected, name);
        free(name);
        free(first);
        free(text);
        free(expected);
    }
    unit("vm.service",
         "[Service]\nRootDirectory=/srv/vm\nRootDirectoryStartOnly=yes\nExecStart=" Q "\n",
         Q " (the files that it sees: RootDirectory=/srv/vm in its unit)",
         "a root of its own is a doubt");
    static const char *const images[] = {"RootImage=/x.raw",
                                         "MountImages=/x.raw:/usr/share/qemu",
                                         "ExtensionImages=/x.raw",
                                         "ExtensionDirectories=/x",
                                         "TemporaryFileSystem=/usr/share:ro",
                                         "BindPaths=/roms:/usr/share/qemu",
                                         "BindReadOnlyPaths=/a -/roms:/usr/share/qemu:norbind"};
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        char *text = xasprintf("[Service]\nExecStart=%s\n%s\n", Q, images[i]);
        char *expected = xasprintf(Q " (the files that it sees: %s in its unit)", images[i]);

        char *name = xasprintf("a service that has %s is a doubt", images[i]);

        unit("vm.service", text, expected, name);
        free(name);
        free(text);
        free(expected);
    }
    unit("vm.service",
         "[Service]\nExecStart=" Q "\nRootDirectory=/x\nRootDirectory=/\nRootImage=/y\nRootImage=\n"
         "BindPaths=/a -/b:/b /c:/c:rbind\n",
         Q, "what is taken back, and a path at its own place, change nothing");
}

int main(void)
{
    test_proxmox();
    test_incus();
    test_systemd();
    return tap_done();
}
