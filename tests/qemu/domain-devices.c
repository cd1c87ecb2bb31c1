/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domain-devices FILE: the device types that QEMU gets for the cards of a libvirt domain, as
 * inputs/domain_xml.c has them, one a line. */
#include <stdio.h>

#include "inputs/domain_xml.h"

int main(int argc, char **argv)
{
    struct domain_xml x;
    struct failure f;

    if (argc != 2 || domain_xml_read(argv[1], &x, &f) != 0) {
        fprintf(stderr, "domain-devices: %s\n", argc == 2 ? f.what : "usage: domain-devices FILE");
        return 2;
    }
    for (size_t i = 0; i < x.device_count; i++)
        printf("%s\n", x.devices[i].type ? x.devices[i].type : "-");
    domain_xml_free(&x);
    return 0;
}
