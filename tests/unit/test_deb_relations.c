/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/deb_relations.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static const char control[] = "Package: ovmf\n"
                              "conflicts: seabios (<< 1.17),\n"
                              " vgabios\n"
                              "Breaks: qemu (<= 1:7.2)\n"
                              "\n"
                              "Replaces: hidden\n";

static void fields(void)
{
    char *conflicts = deb_field(control, strlen(control), "Conflicts");
    char *replaces = deb_field(control, strlen(control), "Replaces");

    ok(conflicts && strcmp(conflicts, " seabios (<< 1.17), vgabios") == 0,
       "a field goes on in lines that begin with a blank, and its name has any case");
    ok(!replaces, "a field of the second paragraph is not the package's");
    ok(!deb_field(control, strlen(control), "Break"), "half a name is no field");
    free(conflicts);
    free(replaces);
}

static void add_name(void *arg, const char *name)
{
    char *all = arg;

    strcat(strcat(all, name), ";");
}

static void names(void)
{
    char all[256] = "";

    deb_relation_names(" qemu-system-x86 (>= 1:7.2) | kvm:any,\n seabios(<<2),,ovmf [amd64] ,",
                       add_name, all);
    ok(strcmp(all, "qemu-system-x86;kvm;seabios;ovmf;") == 0,
       "the names of a field are told, alternatives and all");
    *all = '\0';
    deb_relation_names(" , |", add_name, all);
    ok(strcmp(all, "") == 0, "an empty field has none");
}

int main(void)
{
    names();
    fields();
    ok(deb_relation_holds("seabios", "seabios", "1"), "a relation without a version holds for all");
    ok(deb_relation_holds("x, seabios:any (<< 1.17)", "seabios", "1.16.3-2"),
       "(<< 1.17) holds for 1.16.3-2");
    ok(!deb_relation_holds("seabios (<< 1.17)", "seabios", "1.17"), "(<< 1.17) does not for 1.17");
    ok(deb_relation_holds("seabios (<= 1.17)", "seabios", "1.17"), "(<= 1.17) holds for 1.17");
    ok(!deb_relation_holds("seabios (= 1.17)", "seabios", "1:1.17"),
       "(= 1.17) does not hold for another epoch");
    ok(deb_relation_holds("qemu (>> 1:7.2)", "qemu", "1:10.0"), "(>> 1:7.2) holds for 1:10.0");
    ok(!deb_relation_holds("seabios-data, my-seabios", "seabios", "1"),
       "a name that only begins or ends alike is another package");
    ok(!deb_relation_holds("seabios (~ 1)", "seabios", "1"), "an unknown sign holds for nothing");
    return tap_done();
}
