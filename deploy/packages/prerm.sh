#!/bin/sh
# Ends the services when the package goes. An upgrade leaves them running until
# the new program is there.
set -e
[ "$1" = remove ] || exit 0
@GUARD@
if [ -d /run/systemd/system ]; then
	for unit in @UNITS@; do
		systemctl disable --now "$unit" 2>/dev/null || true
	done
fi
