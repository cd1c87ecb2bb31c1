# SPDX-License-Identifier: GPL-2.0-or-later
# The dh sequence behind "Build-Depends: dh-sequence-romcompat": see dh_romcompat(1).
#
# Without a `package` line, as all of these are: dh reads them where insert_after() is.
use strict;
use warnings;

# What is checked is what will be in the packages, so not before dh_install put it there.
insert_after('dh_install', 'dh_romcompat');

1;
