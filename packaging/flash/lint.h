/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with the firmware of a release: descriptors against the images and templates
 * that they name. */
#ifndef FLASH_LINT_H
#define FLASH_LINT_H

#include "base/finding.h"
#include "flash/firmware_tree.h"

/* In the order of findings_sort(); free with findings_free(). */
void firmware_lint(const struct firmware_tree *tree, struct findings *findings);

#endif
