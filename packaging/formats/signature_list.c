/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/signature_list.h"

#include "base/bytes.h"

/* EFI_SIGNATURE_LIST. */
enum { SIZE_AT = 16, HEADER_SIZE_AT = 20, ENTRY_SIZE_AT = 24 };

/* UEFI 2.10, 32.4.1; `size` of a signature without its owner, 0: any. */
static const struct kind {
    const char *name;
    size_t size;
    uint8_t guid[GUID_SIZE];
} kinds[] = {
    [SIGNATURE_X509] = {"x509", 0,
                        GUID_BYTES(0xa5c059a1, 0x94e4, 0x4aa7, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b,
                                   0xf0, 0x72)},
    [SIGNATURE_SHA1] = {"sha1", 20,
                        GUID_BYTES(0x826ca512, 0xcf10, 0x4ac9, 0xb1, 0x87, 0xbe, 0x01, 0x49, 0x66,
                                   0x31, 0xbd)},
    [SIGNATURE_SHA224] = {"sha224", 28,
                          GUID_BYTES(0x0b6e5233, 0xa65c, 0x44c9, 0x94, 0x07, 0xd9, 0xab, 0x83, 0xbf,
                                     0xc8, 0xbd)},
    [SIGNATURE_SHA256] = {"sha256", 32,
                          GUID_BYTES(0xc1c41626, 0x504c, 0x4092, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93,
                                     0x43, 0x28)},
    [SIGNATURE_SHA384] = {"sha384", 48,
                          GUID_BYTES(0xff3e5307, 0x9fd0, 0x48c9, 0x85, 0xf1, 0x8a, 0xd5, 0x6c, 0x70,
                                     0x1e, 0x01)},
    [SIGNATURE_SHA512] = {"sha512", 64,
                          GUID_BYTES(0x093e0fae, 0xa6c4, 0x4f50, 0x9f, 0x1b, 0xd4, 0x1e, 0x2b, 0x89,
                                     0xc1, 0x9a)},
    [SIGNATURE_RSA2048] = {"rsa2048", 256,
                           GUID_BYTES(0x3c5766e8, 0x269c, 0x4e34, 0xaa, 0x14, 0xed, 0x77, 0x6e,
                                      0x85, 0xb3, 0xb6)},
    [SIGNATURE_RSA2048_SHA256] = {"rsa2048-sha256", 256,
                                  GUID_BYTES(0xe2b36190, 0x879b, 0x4a3d, 0xad, 0x8d, 0xf2, 0xe7,
                                             0xbb, 0xa3, 0x27, 0x84)},
    [SIGNATURE_RSA2048_SHA1] = {"rsa2048-sha1", 256,
                                GUID_BYTES(0x67f8444f, 0x8743, 0x48f1, 0xa3, 0x28, 0x1e, 0xaa, 0xb8,
                                           0x73, 0x60, 0x80)},
    [SIGNATURE_X509_SHA256] = {"x509-sha256", 48,
                               GUID_BYTES(0x3bd2a492, 0x96c0, 0x4079, 0xb4, 0x20, 0xfc, 0xf9, 0x8e,
                                          0xf1, 0x03, 0xed)},
    [SIGNATURE_X509_SHA384] = {"x509-sha384", 64,
                               GUID_BYTES(0x7076876e, 0x80c2, 0x4ee6, 0xaa, 0xd2, 0x28, 0xb3, 0x49,
                                          0xa6, 0x86, 0x5b)},
    [SIGNATURE_X509_SHA512] = {"x509-sha512", 80,
                               GUID_BYTES(0x446dbf63, 0x2502, 0x4cda, 0xbc, 0xfa, 0x24, 0x65, 0xd2,
                                          0xb0, 0xfe, 0x9d)},
    [SIGNATURE_PKCS7] = {"pkcs7", 0,
                         GUID_BYTES(0x4aafd29d, 0x68df, 0x49ee, 0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56,
                                    0x65, 0xa7)},
    [SIGNATURE_EXTERNAL] = {"external", 1,
                            GUID_BYTES(0x452e8ced, 0xdfff, 0x4b8c, 0xae, 0x01, 0x51, 0x18, 0x86,
                                       0x2e, 0x68, 0x2c)},
};

const char *signature_kind_name(enum signature_kind kind)
{
    return kind == SIGNATURE_UNKNOWN ? "unknown" : kinds[kind].name;
}

const uint8_t *signature_kind_guid(enum signature_kind kind)
{
    return kinds[kind].guid;
}

static enum signature_kind kind_of(const uint8_t *guid)
{
    for (int i = 0; i < SIGNATURE_UNKNOWN; i++) {
        if (guid_is(guid, kinds[i].guid))
            return (enum signature_kind)i;
    }
    return SIGNATURE_UNKNOWN;
}

void signature_walk_init(struct signature_walk *w, const uint8_t *data, size_t size)
{
    *w = (struct signature_walk){.data = data, .size = size};
}

static bool stop(struct signature_walk *w, const char *why)
{
    w->broken = why;
    w->broken_at = w->at;
    return false;
}

static bool begin_list(struct signature_walk *w)
{
    size_t left = w->size - w->at;
    const uint8_t *list = w->data + w->at;

    if (left < SIGNATURE_LIST_HEADER)
        return stop(w, "a list is cut off");
    uint32_t size = load_le32(list + SIZE_AT), header = load_le32(list + HEADER_SIZE_AT),
             entry = load_le32(list + ENTRY_SIZE_AT);
    if (size < SIGNATURE_LIST_HEADER || size > left)
        return stop(w, "a list has an impossible length");
    size -= SIGNATURE_LIST_HEADER;
    if (header > size)
        return stop(w, "the header of a list is longer than the list");
    size -= header;
    if (entry <= GUID_SIZE || !size || size % entry)
        return stop(w, "the entries of a list do not fill it");
    enum signature_kind kind = kind_of(list);
    if (kind != SIGNATURE_UNKNOWN && kinds[kind].size && kinds[kind].size != entry - GUID_SIZE)
        return stop(w, "the entries of a list are not as long as its type says");
    w->type = list;
    w->at += SIGNATURE_LIST_HEADER + header;
    w->list_end = w->at + size;
    w->entry_size = entry;
    return true;
}

bool signature_next(struct signature_walk *w, struct signature *s)
{
    if (w->broken)
        return false;
    if (w->at == w->list_end) {
        if (w->at == w->size || !begin_list(w))
            return false;
    }
    if (w->count == SIGNATURES_MAX)
        return stop(w, "there are more entries than are read");
    w->count++;
    *s = (struct signature){.kind = kind_of(w->type),
                            .type = w->type,
                            .owner = w->data + w->at,
                            .data = w->data + w->at + GUID_SIZE,
                            .size = w->entry_size - GUID_SIZE};
    w->at += w->entry_size;
    return true;
}

bool signature_is(const struct signature *a, const struct signature *b)
{
    return guid_is(a->type, b->type) && a->size == b->size &&
           memcmp(a->data, b->data, a->size) == 0;
}

size_t signature_list_size(const struct signature *s, size_t count)
{
    return SIGNATURE_LIST_HEADER + count * (GUID_SIZE + s->size);
}

void signature_list_write(uint8_t *out, const struct signature *s, size_t count)
{
    memcpy(out, s->type, GUID_SIZE);
    store_le32(out + SIZE_AT, (uint32_t)signature_list_size(s, count));
    store_le32(out + HEADER_SIZE_AT, 0);
    store_le32(out + ENTRY_SIZE_AT, (uint32_t)(GUID_SIZE + s->size));
    out += SIGNATURE_LIST_HEADER;
    for (size_t i = 0; i < count; i++) {
        memcpy(out, s[i].owner, GUID_SIZE);
        memcpy(out + GUID_SIZE, s[i].data, s[i].size);
        out += GUID_SIZE + s[i].size;
    }
}

size_t signed_value_at(const uint8_t *data, size_t size)
{
    enum { LENGTH_AT = 16, REVISION_AT = 20, TYPE_AT = 22, KIND_AT = 24, LEAST = 40 };
    enum { REVISION = 0x200, TYPE_EFI_GUID = 0xef1 };

    if (size < LEAST || load_le16(data + REVISION_AT) != REVISION ||
        load_le16(data + TYPE_AT) != TYPE_EFI_GUID ||
        !guid_is(data + KIND_AT, kinds[SIGNATURE_PKCS7].guid))
        return 0;
    uint32_t length = load_le32(data + LENGTH_AT);
    if (length < LEAST - LENGTH_AT || length > size - LENGTH_AT)
        return 0;
    return LENGTH_AT + length;
}
