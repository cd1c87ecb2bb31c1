/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file \NvVars, in which OVMF without a flash device keeps variables on a FAT volume of the
 * guest (edk2 OvmfPkg/Library/NvVarsFileLib and SerializeVariablesLib): one after the other
 * u32 bytes of the name, the name in UTF-16 with its NUL, GUID, u32 attributes, u32 bytes of
 * data, data.
 */
#ifndef FORMATS_NV_VARS_H
#define FORMATS_NV_VARS_H

#include "formats/variable_store.h"

/* What firmware looks for in the root directory of each volume. */
#define NV_VARS_NAME "NvVars"

/* Whether data[0, size) is such a file, from its first to its last byte. Its variables are then
 * all live ones of *store, whose only other member is `sound`; free it with varstore_free().
 * False when it is not, or when memory ran out. */
bool nv_vars_read(const uint8_t *data, size_t size, struct varstore *store);

#endif
