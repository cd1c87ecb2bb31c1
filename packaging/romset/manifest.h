/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest.json of a compat set: everything that went in and came out, with sizes and
 * checksums. Shape, version 1 (sizes and offsets in bytes, checksums SHA-256 in hex):
 *
 *   { "format": "romcompat-manifest", "version": 1,
 *     "sets": [ {
 *       "romset", "summary", "package", "package_version", "bucket",
 *       "source": { "kind": "deb"|"url"|"archive"|"directory", "name", "version"?,
 *                   "path"?, "size"?, "sha256"?, "source_package"?, "source_version"? },
 *       "machines": [ "pc-q35 - 7.2", "pc-i440fx-xenial", ... ],
 *       "roms": [ { "name", "transform"?, "images", "chain_end",
 *                   "input": { "file", "size", "sha256" },
 *                   "output": { "path", "size", "sha256", "bucket", "fill" } } ],
 *       "map": { "path", "size", "sha256" },
 *       "deb"?: { "path", "size", "sha256" } } ] }
 *
 * Keys with "?" are there only where they have a value. Paths are relative to the
 * directory of the manifest. The same romsets give the same bytes.
 */
#ifndef ROMSET_MANIFEST_H
#define ROMSET_MANIFEST_H

#include "romset/build.h"

struct json_object;

/* One file that came out. */
struct json_object *built_file_object(const struct built_file *file);

/* What it all was made from; `size` 0: a directory. */
struct json_object *built_source_object(const struct romset_source *source, uint64_t size,
                                        const struct deb_package *package);

/* The text of the manifest; the caller frees it. */
char *manifest_write(const struct built_set *sets, size_t count);

#endif
