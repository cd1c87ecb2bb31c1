/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/kvm_encryption.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/file.h"

#define CPUINFO_MAX ((size_t)32 << 20) /* a host with 4096 processors has half of that */
#define PARAMETER_MAX ((size_t)4096)

static const struct {
    const char *module, *parameter, *name;
    const char *flag; /* in /proc/cpuinfo */
} kinds[] = {
    [KVM_SEV] = {"kvm_amd", "sev", "kvm_amd.sev", "sev"},
    [KVM_SEV_ES] = {"kvm_amd", "sev_es", "kvm_amd.sev_es", "sev_es"},
    [KVM_SNP] = {"kvm_amd", "sev_snp", "kvm_amd.sev_snp", "sev_snp"},
    [KVM_TDX] = {"kvm_intel", "tdx", "kvm_intel.tdx", "tdx_host_platform"},
};

const char *const kvm_encryption_keys[KVM_ENCRYPTIONS] = {
    [KVM_SEV] = "sev", [KVM_SEV_ES] = "sev_es", [KVM_SNP] = "snp", [KVM_TDX] = "tdx"};

const char *kvm_encryption_parameter(enum kvm_encryption kind)
{
    return kinds[kind].name;
}

/* The file as a string, or NULL. Those of /proc and /sys say nothing of how long they are. */
static char *read_text(const char *root, const char *path, size_t limit)
{
    char *whole = xasprintf("%s%s%s", root, root[strlen(root) - 1] == '/' ? "" : "/", path);
    int fd = open(whole, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text = NULL;
    size_t size;

    if (fd >= 0) {
        uint8_t *data = read_stream(fd, limit, &size);

        text = size ? xstrndup((const char *)data, size) : NULL;
        free(data);
        close(fd);
    }
    free(whole);
    return text;
}

/* A word of the first processor's line of flags. */
static bool has_flag(const char *cpuinfo, const char *flag)
{
    const char *line = strstr(cpuinfo, "\nflags");
    size_t length = strlen(flag), end;

    if (!line)
        return false;
    line++;
    for (end = strcspn(line, "\n"); end >= length; line++, end--) {
        if (line[-1] == ' ' && strncmp(line, flag, length) == 0 &&
            (line[length] == ' ' || line[length] == '\n' || !line[length]))
            return true;
    }
    return false;
}

enum kvm_state kvm_encryption_ask(const char *root, enum kvm_encryption kind)
{
    char *path =
        xasprintf("sys/module/%s/parameters/%s", kinds[kind].module, kinds[kind].parameter);
    char *value = read_text(root, path, PARAMETER_MAX);
    char *cpuinfo = value ? NULL : read_text(root, "proc/cpuinfo", CPUINFO_MAX);
    enum kvm_state state = KVM_NOT_KNOWN;

    if (value && (value[0] == 'Y' || value[0] == '1'))
        state = KVM_ON;
    else if (value && (value[0] == 'N' || value[0] == '0'))
        state = KVM_OFF;
    else if (cpuinfo && strstr(cpuinfo, "\nflags") && !has_flag(cpuinfo, kinds[kind].flag))
        state = KVM_NO_PROCESSOR;
    free(path);
    free(value);
    free(cpuinfo);
    return state;
}
