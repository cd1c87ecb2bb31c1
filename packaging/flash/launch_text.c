/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "outputs/escape.h"

/* --- words for QEMU ---------------------------------------------------------------------- */

struct words {
    char **list;
    size_t count, capacity;
};

static void add_word(struct words *w, char *word)
{
    APPEND(w->list, w->count, w->capacity, word);
}

static void add_option(struct words *w, const char *option, char *value)
{
    add_word(w, xstrdup(option));
    add_word(w, value);
}

static const char *format_of(const struct flash_image *image)
{
    return image->qcow2 ? "qcow2" : "raw";
}

static void add_drives(struct words *w, const struct launch *l, bool blockdev)
{
    char *code = commas_doubled(l->code_path), *vars = commas_doubled(l->vars_path);
    char *size =
        l->vars_size ? xasprintf(",size=%llu", (unsigned long long)l->vars_size) : xstrdup("");

    if (blockdev) {
        add_option(w, "-blockdev",
                   xasprintf("node-name=pflash0,driver=%s,read-only=on,file.driver=file,"
                             "file.filename=%s",
                             format_of(l->code), code));
        add_option(w, "-blockdev",
                   xasprintf("node-name=pflash1,driver=%s%s,file.driver=%s,file.filename=%s",
                             format_of(l->vars), size, l->vars_on_device ? "host_device" : "file",
                             vars));
    } else {
        add_option(
            w, "-drive",
            xasprintf("if=pflash,unit=0,format=%s,readonly=on,file=%s", format_of(l->code), code));
        add_option(
            w, "-drive",
            xasprintf("if=pflash,unit=1,format=%s%s,file=%s", format_of(l->vars), size, vars));
    }
    free(size);
    free(code);
    free(vars);
}

/* QEMU docs/devel/uefi-vars.rst. */
static void add_uefi_vars(struct words *w, const struct launch *l)
{
    char *vars = commas_doubled(l->vars_path);

    add_option(w, "-device",
               xasprintf("uefi-vars-%s,jsonfile=%s",
                         flash_is_x86(l->code->architecture) ? "x64" : "sysbus", vars));
    free(vars);
}

char **launch_words(const struct launch *l, bool blockdev)
{
    struct words w = {0};

    add_word(&w, xstrdup(l->program));
    add_option(
        &w, "-machine",
        xasprintf("%s%s%s", l->machine, l->smm ? ",smm=on" : "",
                  blockdev && l->vars && !l->uefi_vars ? ",pflash0=pflash0,pflash1=pflash1" : ""));
    if (l->cpu)
        add_option(&w, "-cpu", xstrdup(l->cpu));
    if (l->smm) {
        /* The long form: the property is the driver's, whatever the device is called. */
        add_option(&w, "-global", xstrdup("driver=cfi.pflash01,property=secure,value=on"));
        add_option(&w, "-global", xstrdup("ICH9-LPC.disable_s3=1"));
    }
    if (l->vars && !l->uefi_vars)
        add_drives(&w, l, blockdev);
    else
        add_option(&w, "-bios", xstrdup(l->code_path));
    if (l->uefi_vars)
        add_uefi_vars(&w, l);
    add_word(&w, NULL);
    return w.list;
}

void launch_words_free(char **words)
{
    for (char **w = words; *w; w++)
        free(*w);
    free(words);
}

/* --- text ---------------------------------------------------------------------------------- */

char *launch_shell(const struct launch *l, bool blockdev)
{
    char **words = launch_words(l, blockdev);
    struct text text;
    FILE *to = text_begin(&text);

    for (char **w = words; *w; w++) {
        if (w > words)
            fputs((*w)[0] == '-' ? " \\\n    " : " ", to);
        put_shell_word(to, *w);
    }
    putc('\n', to);
    launch_words_free(words);
    return text_end(&text);
}

static void put_element_text(FILE *to, const char *text, const char *end)
{
    put_xml(to, text);
    fputs(end, to);
}

/* libvirt docs/formatdomain.rst, since 12.1. */
static void put_varstore(FILE *to, const struct launch *l)
{
    fputs("  <loader type='rom' format='raw'>", to);
    put_element_text(to, l->code_path, "</loader>\n  <varstore path=\"");
    put_element_text(to, l->vars_path, "\"");
    if (l->template_path) {
        fputs(" template=\"", to);
        put_element_text(to, l->template_path, "\"");
    }
    fputs("/>\n", to);
}

static void put_loader(FILE *to, const struct launch *l)
{
    if (l->uefi_vars) {
        put_varstore(to, l);
        return;
    }
    if (!l->vars) {
        fputs("  <loader type='rom'>", to);
        put_element_text(to, l->code_path, "</loader>\n");
        return;
    }
    /* "raw" is what libvirt takes without the attribute, which libvirt 9.2 brought. */
    fprintf(to, "  <loader readonly='yes'%s type='pflash'%s>", l->smm ? " secure='yes'" : "",
            l->code->qcow2 ? " format='qcow2'" : "");
    put_element_text(to, l->code_path, "</loader>\n");
    fputs("  <nvram", to);
    if (l->template_path) {
        fputs(" template=\"", to);
        put_element_text(to, l->template_path, "\"");
    }
    if (l->vars->qcow2)
        fputs(" format='qcow2'", to);
    if (l->vars_on_device) {
        fputs(" type='block'><source dev=\"", to);
        put_element_text(to, l->vars_path, "\"/></nvram>\n");
        return;
    }
    putc('>', to);
    put_element_text(to, l->vars_path, "</nvram>\n");
}

char *launch_libvirt(const struct launch *l)
{
    struct text text;

    if (l->not_libvirt)
        return NULL;
    FILE *to = text_begin(&text);
    fputs("<os>\n", to);
    fprintf(to, "  <type arch='%s' machine='", l->program + strlen("qemu-system-"));
    put_element_text(to, l->machine, "'>hvm</type>\n");
    put_loader(to, l);
    fputs("</os>\n<features>\n  <acpi/>\n", to);
    if (l->smm)
        fputs("  <smm state='on'/>\n", to);
    fputs("</features>\n", to);
    if (l->smm)
        fputs("<pm>\n  <suspend-to-mem enabled='no'/>\n</pm>\n", to);
    return text_end(&text);
}

/* A string of xl.cfg(5); there are no control characters in it. Its numeric escapes are of no use: xl
 * 4.17 and 4.20 refuse each \xNN, and drop the character of each \NNN (Xen
 * tools/libs/util/libxlu_cfg.c, xlu__cfgl_dequote()). */
static void put_xl_string(FILE *to, const char *text)
{
    putc('"', to);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', to);
        putc(*text, to);
    }
    putc('"', to);
}

char *launch_xl(const struct launch *l)
{
    struct text text;

    if (l->vars || !flash_is_x86(l->code->architecture))
        return NULL;
    FILE *to = text_begin(&text);
    fputs("type = \"hvm\"\nbios = \"ovmf\"\nbios_path_override = ", to);
    put_xl_string(to, l->code_path);
    putc('\n', to);
    return text_end(&text);
}
