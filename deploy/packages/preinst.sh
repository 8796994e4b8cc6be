#!/bin/sh
# Refuses an older version where a newer one is, or left its data: what the newer one
# wrote can be unreadable for the older.
set -e
if { [ "$1" = upgrade ] || [ "$1" = install ]; } && [ -n "$2" ] && dpkg --compare-versions "$2" gt "@DEBIAN@"; then
	echo "@PACKAGE@: version $2 is installed, or left its data; @DEBIAN@ is older and may not read it." >&2
	echo "Install $2 or newer, or purge the package first: that deletes its data, and keeps keys." >&2
	exit 1
fi
