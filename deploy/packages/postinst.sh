#!/bin/sh
# Makes the user and folders. A service that runs goes on with the new program;
# none is started that was not: it needs a home first.
set -e
[ "$1" = configure ] || exit 0
systemd-sysusers @SYSUSERS@
[ -z "@TMPFILES@" ] || systemd-tmpfiles --create @TMPFILES@
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	for unit in @UNITS@; do
		systemctl try-restart "$unit" || echo "@PACKAGE@: $unit did not start again: journalctl -u $unit says why" >&2
	done
fi
