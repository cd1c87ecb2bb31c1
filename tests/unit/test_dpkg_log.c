/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of dpkg's log that change a package. */
#include "tap.h"

#include "formats/dpkg_log.h"

static void take(void *arg, const struct dpkg_log_entry *e)
{
    char *all = arg, line[256];

    snprintf(line, sizeof line, "%s %s %s>%s;", e->day, e->package, e->old ? e->old : "-",
             e->version ? e->version : "-");
    strcat(all, line);
}

static char *changes_of(const char *log)
{
    static char all[2048];
    char text[2048];

    all[0] = '\0';
    snprintf(text, sizeof text, "%s", log);
    dpkg_log_read(text, take, all);
    return all;
}

#define DAY "2026-11-27"
#define AT DAY " 10:08:10 "

int main(void)
{
    is_text(changes_of(AT "install a:all <none> 1\n" AT "upgrade a:amd64 1 1:2~b+c\n" AT
                          "remove a:all 2 <none>\n"),
            DAY " a ->1;" DAY " a 1>1:2~b+c;" DAY " a 2>-;",
            "packages that are installed, upgraded and removed are taken, in their order");
    is_text(changes_of(AT "install a:all 1 2\n"), DAY " a ->2;",
            "a package of which only conffiles were left was not there");
    is_text(changes_of(AT "remove a:all 1 2\n"), DAY " a 1>-;",
            "a package that is removed is not there, whatever version is available");
    is_text(changes_of(AT "disappear a:all 1 <none>\n"), DAY " a 1>-;",
            "a package all of whose files another one took is not there any more");
    is_text(changes_of(AT "startup archives unpack\n" AT "status installed a:all 1\n" AT
                          "configure a:all 1 <none>\n" AT "trigproc a:all 1 <none>\n" AT
                          "purge a:all 1 <none>\n" AT "conffile /etc/a keep\n"),
            "", "lines that change no package are skipped");
    is_text(changes_of(AT "upgrade a 1 2"), DAY " a 1>2;",
            "the last line may be open, and the architecture missing");
    is_text(changes_of(AT "upgrade a:all 1\n" AT "upgrade a:all 1 2 3\n" AT "upgrade  1 2\n" DAY
                          " upgrade a:all 1 2\n27.11.2026 10:08:10 upgrade a:all 1 2\n\n \n" AT
                          "install b:all <none> 1\n"),
            DAY " b ->1;", "lines of other words or another date are skipped, and the next is read");
    is_text(changes_of(""), "", "an empty log has no changes");
    return tap_done();
}
