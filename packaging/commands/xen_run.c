/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat xen run`: stays with one domain, from its start over its reboots to its end. All that
 * it knows is on disk or asked of xl, so that it can be killed and started again at any time. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "commands/xen_job.h"
#include "formats/nv_vars.h"
#include "guest/xen_variables.h"
#include "outputs/file.h"

enum { LOOK_SECONDS = 15, EVERY_MINUTES = 15, EVERY_MINUTES_MAX = 1440 };

struct run {
    struct xen_job xen;
    const char *firmware;
    unsigned every;
    /* not options */
    char *path; /* of the configuration */
    struct xl_config config;
    char *directory;
    time_t kept; /* when its variables were last read */
    bool asked;  /* to shut down */
};

static const struct option_spec options[] = {
    {"firmware", .argument = "FILE",
     .help = "the combined image to start from (default: bios_path_override of\n"
             "CONFIG, or " XEN_FIRMWARE ")",
     STRING_AT(struct run, firmware)},
    {"every", .argument = "MINUTES",
     .help = "also keep them that often while it runs (default 15; 0: only when\n"
             "it ends)",
     NUMBER_AT(struct run, every), .least = 0, .most = EVERY_MINUTES_MAX},
    XEN_KEEP_OPTION(struct run, xen.),
    XEN_STATE_OPTION(struct run, xen.),
    {0},
};

static volatile sig_atomic_t terminate;

static void take_signal(int number)
{
    (void)number;
    terminate = 1;
}

__attribute__((format(printf, 2, 3))) static void say(const struct run *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    print_line("%s: %s", r->config.uuid, text);
    /* It is read in a journal. */
    fflush(stdout);
    free(text);
}

/* --- its start -------------------------------------------------------------------------------- */

/* For whoever lists the domains. */
static int link_config(const struct run *r, struct failure *f)
{
    char *link = xasprintf("%s/" XEN_CONFIG_LINK, r->directory);
    char *new = xasprintf("%s/.config.new", r->directory);
    int result = 0;

    unlink(new);
    if (symlink(r->path, new) != 0 || rename(new, link) != 0)
        result = fail(f, "%s: %s", link, strerror(errno));
    free(new);
    free(link);
    return result;
}

/* *image: what the domain is to be started with; free it. */
static int make_firmware(const struct run *r, char **image, struct failure *f)
{
    const char *base = r->firmware          ? r->firmware
                       : r->config.firmware ? r->config.firmware
                                            : XEN_FIRMWARE;
    const struct generation *newest;
    struct xen_image made = {0};
    struct generations g;
    int result;

    if (generations_open(r->directory, &g, f) != 0)
        return -1;
    newest = generations_newest(&g);
    result = xen_variables_image(base, newest ? newest->path : NULL, &made, f);
    *image = newest ? xasprintf("%s/" XEN_IMAGE, r->directory) : xstrdup(base);
    if (result == 0 && newest)
        result = write_file_atomically(*image, made.bytes, made.size, 0600, f);
    if (result == 0 && newest)
        say(r, "starts from %s with generation %u", base, newest->number);
    else if (result == 0)
        say(r, "starts from %s, for the first time", base);
    if (result == 0 && made.nv_vars)
        complain("warning: %s: this firmware also reads the file \\" NV_VARS_NAME
                 " of the domain's FAT volume, which takes precedence over what is kept: delete it "
                 "there if it is "
                 "older",
                 base);
    if (result != 0)
        free(*image);
    free(made.bytes);
    generations_free(&g);
    return result;
}

static int start(const struct run *r, struct failure *f)
{
    char *image;

    if (make_firmware(r, &image, f) != 0)
        return -1;
    int result = xl_create(r->path, image, f);
    free(image);
    return result;
}

/* --- its life --------------------------------------------------------------------------------- */

static enum xl_action action_for(const struct run *r, const struct xl_domain *d)
{
    const struct xl_config *c = &r->config;
    enum xl_action action = d->reason == XL_POWEROFF   ? c->on_poweroff
                            : d->reason == XL_REBOOT   ? c->on_reboot
                            : d->reason == XL_WATCHDOG ? c->on_watchdog
                                                       : c->on_crash;

    return r->asked && action == XL_RESTART ? XL_DESTROY : action;
}

static const char *reason_text(unsigned reason)
{
    static const char *const texts[] = {[XL_POWEROFF] = "has powered off",
                                        [XL_REBOOT] = "wants to reboot",
                                        [XL_CRASH] = "has crashed",
                                        [XL_WATCHDOG] = "was ended by its watchdog"};

    return reason < sizeof texts / sizeof *texts && texts[reason] ? texts[reason] : "has ended";
}

/* Often enough while it runs. That it cannot be done is no reason to end: at first the firmware
 * has no store yet. */
static void keep_now_and_then(struct run *r, const struct xl_domain *d)
{
    struct failure f;
    time_t now = time(NULL);

    if (!r->every || (now >= r->kept && now - r->kept < (time_t)r->every * 60))
        return;
    r->kept = now;
    if (xen_keep(&r->xen, d, &f) != 0)
        report(&f);
}

static void ask_to_end(struct run *r, const struct xl_domain *d)
{
    struct failure f;

    if (!terminate || r->asked)
        return;
    r->asked = true;
    say(r, "domain %u is asked to shut down", d->id);
    if (xl_shutdown(d->id, &f) != 0)
        report(&f);
}

/* 1: there it is, ended and preserved; 0: it is not there; -1. */
static int await_end(struct run *r, struct xl_domain *d, struct failure *f)
{
    for (;;) {
        char *list = xl_list(f);

        if (!list)
            return -1;
        bool here = xl_list_find(list, r->config.uuid, d);
        d->name = NULL;
        free(list);
        if (!here)
            return 0;
        /* One that is suspended is being saved or migrated, and a soft reset is carried out: xl
         * goes on with both. */
        if (d->has_shut_down && d->reason != XL_SUSPEND && d->reason != XL_SOFT_RESET)
            return 1;
        keep_now_and_then(r, d);
        ask_to_end(r, d);
        xl_await_end(LOOK_SECONDS);
    }
}

/* 1: it is to be started again; 0: that was it; -1. */
static int finish(const struct run *r, const struct xl_domain *d, struct failure *f)
{
    enum xl_action action = action_for(r, d);

    say(r, "domain %u %s", d->id, reason_text(d->reason));
    if (xen_keep(&r->xen, d, f) != 0) {
        complain("%s: domain %u is left as it is: once it is destroyed its variables are those of "
                 "the newest generation",
                 r->config.uuid, d->id);
        return -1;
    }
    if (action == XL_PRESERVE) {
        say(r, "domain %u is preserved, as its configuration says", d->id);
        return 0;
    }
    if (xl_destroy(d->id, f) != 0)
        return -1;
    return action == XL_RESTART;
}

static int stay(struct run *r, struct failure *f)
{
    struct xl_domain d;
    char *list = xl_list(f);

    if (!list)
        return -1;
    bool here = xl_list_find(list, r->config.uuid, &d);
    free(list);
    if (here)
        say(r, "domain %u is here already", d.id);
    else if (start(r, f) != 0)
        return -1;
    for (;;) {
        r->kept = time(NULL);
        int ended = await_end(r, &d, f);
        if (ended < 0)
            return -1;
        if (ended == 0) {
            say(r, "is no longer on this host: destroyed, saved or migrated");
            return 0;
        }
        int again = finish(r, &d, f);
        if (again <= 0)
            return again;
        if (start(r, f) != 0)
            return -1;
    }
}

static int run(void *settings, char **operands, size_t count)
{
    struct sigaction action = {.sa_handler = take_signal};
    struct run *r = settings;
    struct failure f;

    (void)count;
    r->path = realpath(operands[0], NULL);
    if (!r->path) {
        fail(&f, "%s: %s", operands[0], strerror(errno));
        return report(&f);
    }
    int result = xl_config_read(r->path, &r->config, &f);
    r->directory = xen_directory(&r->xen, r->config.uuid);
    sigaction(SIGTERM, &action, NULL);
    if (result == 0)
        result = generations_hold(r->directory, &f);
    if (result == 0)
        result = link_config(r, &f);
    if (result == 0)
        result = stay(r, &f);
    free(r->directory);
    free(r->path);
    xl_config_free(&r->config);
    return finish_output(result == 0 ? STATUS_YES : report(&f));
}

static const struct run defaults = {.xen = XEN_JOB_DEFAULTS, .every = EVERY_MINUTES};

extern const struct command xen_run_command;
const struct command xen_run_command = {
    .name = "xen run",
    .summary = "start a domain with its variables, and keep them at its end",
    .synopsis = "CONFIG [--firmware FILE] [--every MINUTES] [--keep N]\n"
                "    [--state DIR]",
    .details =
        "Used in place of 'xl create CONFIG', and runs as long as the domain: as\n"
        "romcompat-xen@NAME.service for /etc/xen/NAME.cfg. CONFIG must have bios = \"ovmf\" and a\n"
        "uuid, under which the variables are kept. When the domain powers off, reboots or\n"
        "crashes, they are read from its memory and kept as a new generation; then it is\n"
        "destroyed or started again as CONFIG says. It is started with a combined image of its\n"
        "own, which has the newest generation.\n"
        "\n"
        "A domain that exists already, as after a migration to this host, is taken over; if xl\n"
        "started it, it needs on_poweroff = \"preserve\" and the like so that its last variables\n"
        "can be read. SIGTERM asks the domain to shut down. After SIGKILL the domain goes on, and\n"
        "the next run takes it over.\n"
        "\n"
        "Firmware that does not read the store in its image is refused, as all variables would be\n"
        "lost.",
    .options = options,
    .settings_size = sizeof(struct run),
    .defaults = &defaults,
    ONE_OPERAND("a CONFIG"),
    .run = run,
};
