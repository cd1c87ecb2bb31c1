/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"
#include "commands/flash_measure.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "outputs/file.h"
#include "outputs/json.h"

const char *const measure_vmm_names[] = {
    [VMSA_QEMU] = "qemu", [VMSA_EC2] = "ec2", [VMSA_GCE] = "gce", [VMSA_HYPERV] = "hyperv", NULL};

static int write_vcpus(const char *directory, const struct measure_inputs *in, struct failure *f)
{
    uint8_t page[VMSA_SIZE];

    for (unsigned i = 0; i < in->guest.vcpus; i++) {
        if (measure_vcpu(&in->image, &in->guest, i, page, f) != 0)
            return -1;
        char *path = xasprintf("%s/vmsa%u.bin", directory, i);
        int result = write_file_atomically(path, page, sizeof page, 0666, f);
        free(path);
        if (result != 0)
            return -1;
    }
    return 0;
}

void measure_add_digest(struct json_object *o, const char *key, const uint8_t *bytes, size_t size)
{
    char hex[2 * SHA384_SIZE + 1];

    json_add_text(o, key, hex_encode(bytes, size, hex));
}

static void add_vcpus(struct json_object *o, const struct measure_guest *g)
{
    json_add_number(o, "vcpus", g->vcpus);
    json_add_number(o, "cpu_signature", g->signature);
    json_add_number(o, "guest_features", g->features);
    json_add_text(o, "vmm", measure_vmm_names[g->vmm]);
}

static void add_base64(struct json_object *o, const char *key, const void *data, size_t size)
{
    char *text = base64_text(data, size);

    json_add_text(o, key, text);
    free(text);
}

void measure_add_id_block(struct json_object *o, const struct id_block *b, bool has_author)
{
    add_base64(o, "id_block", b->block, ID_BLOCK_SIZE);
    add_base64(o, "id_auth", b->authentication, ID_AUTHENTICATION_SIZE);
    measure_add_digest(o, "id_key_digest", b->id_key_digest, SHA384_SIZE);
    if (has_author)
        measure_add_digest(o, "author_key_digest", b->author_key_digest, SHA384_SIZE);
}

/* Properties of QEMU's sev-snp-guest. */
void measure_print_id_block(const struct id_block *b, bool has_author)
{
    char *block = base64_text(b->block, ID_BLOCK_SIZE);
    char *authentication = base64_text(b->authentication, ID_AUTHENTICATION_SIZE);

    print_line("id-block=%s,id-auth=%s%s", block, authentication,
               has_author ? ",author-key-enabled=on" : "");
    free(block);
    free(authentication);
}

static void print_json(const struct measure_job *job, const struct measure_inputs *in,
                       const struct measurement *m, const struct id_block *id_block, bool expected)
{
    const struct measure_guest *g = &in->guest;
    struct json_object *o = json_document("romcompat-flash-measure", 1);

    json_add_text(o, "file", in->image.path);
    json_add_text(o, "mode", job->mode);
    measure_add_digest(o, "digest", m->digest, m->size);
    if (job->expect)
        json_add_flag(o, "as_expected", expected);
    if (measures_snp(g))
        measure_add_digest(o, "image_digest", m->image_digest, SHA384_SIZE);
    if (measures_vcpus(g))
        add_vcpus(o, g);
    json_add_flag(o, "kernel_hashes", g->kernel != NULL);
    if (id_block)
        measure_add_id_block(o, id_block, in->author_key != NULL);
    json_print(o);
}

static void print_text(const struct measure_inputs *in, const struct measurement *m,
                       const struct id_block *id_block)
{
    char hex[2 * SHA384_SIZE + 1];

    print_line("%s  %s", hex_encode(m->digest, m->size, hex), in->image.path);
    if (id_block)
        measure_print_id_block(id_block, in->author_key != NULL);
}

int measure_answer(const struct measure_job *job, const struct measure_inputs *in)
{
    struct id_block block = {0}, *id_block = in->id_key ? &block : NULL;
    struct measurement m;
    struct failure f;

    if (measure(&in->image, &in->guest, &m, &f) != 0 ||
        (job->vmsa && write_vcpus(job->vmsa, in, &f) != 0))
        return report(&f);
    if (id_block)
        id_block_make(m.digest, job->policy == MEASURE_UNSET ? SNP_POLICY_DEFAULT : job->policy,
                      in->id_key, in->author_key, id_block);
    bool expected = measure_is_expected(job, in, &m);
    if (job->json)
        print_json(job, in, &m, id_block, expected);
    else
        print_text(in, &m, id_block);
    return finish_output(expected ? STATUS_YES : STATUS_NO);
}
