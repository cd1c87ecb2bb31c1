/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `flash inspect` shows of an IGVM file. */
#ifndef COMMANDS_IGVM_REPORT_H
#define COMMANDS_IGVM_REPORT_H

#include "formats/igvm.h"

struct json_object;

void igvm_print(const struct igvm *igvm);
struct json_object *igvm_object(const struct igvm *igvm);

#endif
