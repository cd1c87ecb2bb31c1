/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/apt_conf.h"

#include <stdlib.h>

#include "tap.h"

static void gives(const char *text, const char *expected, const char *what)
{
    char value[APT_CONF_VALUE_MAX] = "(none)";
    size_t size = strlen(text);
    char *copy = malloc(size ? size : 1); /* no NUL behind it */

    memcpy(copy, text, size);
    bool found = apt_conf_value(copy, size, "Acquire::http::Proxy", value);
    is_text(value, expected ? expected : "(none)", "%s", what);
    is_int(found, expected != NULL, "%s: and the result says so", what);
    free(copy);
}

int main(void)
{
    char deep[4096];
    size_t n = 0;

    gives("Acquire::http::Proxy \"http://p:3142\";\n", "http://p:3142", "a flat line");
    gives("acquire::HTTP::proxy http://p:3142;", "http://p:3142", "in any case, without quotes");
    gives("Acquire { http { Proxy \"p\"; }; };", "p", "nested braces");
    gives("Acquire::http { Proxy \"p\"; }", "p", "half flat, half nested");
    gives("Acquire { Retries \"3\"; http { Timeout 3; Proxy \"p\"; }; Queue-Mode x; };", "p",
          "among others");
    gives("Acquire::http::Proxy \"a\"; Acquire::http::Proxy \"b\";", "b", "the last one counts");
    gives("// Acquire::http::Proxy \"a\";\n# Acquire::http::Proxy \"b\";\n/* Acquire::http::Proxy "
          "\"c\"; */",
          NULL, "comments");
    gives("Acquire { ftp { Proxy \"p\"; }; }; Proxy \"q\";", NULL, "another scope");
    gives("Acquire::http::Proxy::host \"DIRECT\";", NULL, "a name that goes on");
    gives("Acquire::http::Proxy \"\";", "", "an empty value is a value");
    gives("Acquire::http::Proxy \"p\"", NULL, "no semicolon");
    gives("Acquire::http::Proxy \"p", NULL, "a quote without an end");
    gives("Acquire::http::Proxy;", NULL, "no value");
    gives("}}}} Acquire::http::Proxy \"p\";", "p", "too many closing braces");
    gives("{ Acquire::http::Proxy \"p\"; }", "p", "a brace without a name");
    gives("/*", NULL, "a comment without an end");
    gives("", NULL, "an empty file");

    for (int i = 0; i < 1000; i++)
        n += (size_t)snprintf(deep + n, sizeof deep - n, "a{");
    deep[n] = '\0';
    gives(deep, NULL, "a thousand braces");
    n = 0;
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(deep + n, sizeof deep - n, "x{");
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(deep + n, sizeof deep - n, "}");
    snprintf(deep + n, sizeof deep - n, ";Acquire::http::Proxy \"p\";");
    gives(deep, "p", "braces that close again, deeper than is counted");
    memset(deep, 'x', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    memcpy(deep + 2000, "{ Proxy p; }; Acquire::http::Proxy \"q\"; y", 41);
    gives(deep, "q", "a name longer than any");
    for (size_t fill = APT_CONF_NAME_MAX - 6; fill < APT_CONF_NAME_MAX + 2; fill++) {
        memset(deep, 'x', fill);
        strcpy(deep + fill, "{ abc { d { }; }; }; Acquire::http::Proxy \"r\";");
        gives(deep, "r", "names that just fill what is kept of them");
    }
    memset(deep, 'x', sizeof deep - 1);
    memcpy(deep, "Acquire::http::Proxy ", 21);
    deep[sizeof deep - 2] = ';';
    gives(deep, NULL, "a value longer than any proxy's");
    return tap_done();
}
