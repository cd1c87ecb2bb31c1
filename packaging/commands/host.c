/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/host.h"

#include "commands/command.h"
#include "commands/maps.h"
#include "inputs/file.h"

int host_open(struct destination *to, const char *binary, const char *machine,
              const char *const *directories, size_t count)
{
    struct failure f;
    int result;

    if (binary)
        result = destination_of_qemu(to, binary, directories, count, &f);
    else if (count)
        result = destination_of_directories(to, directories, count, &f);
    else
        result = destination_of_this_host(to, machine, &f);
    if (result > 0)
        complain("note: no QEMU is installed here; judged as a stock QEMU with the default "
                 "directories");
    return result < 0 ? report(&f) : STATUS_YES;
}

int host_open_maps(const struct destination *to, const char *const *directories, size_t count,
                   struct romcompat **maps)
{
    struct failure f;

    for (size_t i = 0; i < count; i++)
        if (!is_directory(directories[i]))
            return complain("%s: not a directory", directories[i]);
    if (destination_open_maps(to, directories, count, maps, &f) != 0)
        return report(&f);
    report_problems(*maps);
    return STATUS_YES;
}
