#!/bin/sh
# A purge removes what the programs wrote, and neither keys nor files that it does not
# know: a machine's key is its identity and its stake, a wallet's key its money.
set -e
[ ! -d /run/systemd/system ] || systemctl daemon-reload
[ "$1" = purge ] || exit 0

(
@PURGE@
)
for home in @HOMES@; do
	[ -d "$home" ] || continue
	find "$home" -depth -type d -empty -delete
	[ ! -d "$home" ] || echo "@PACKAGE@: keys and files of yours are kept:" $(find "$home" ! -type d -printf '%h\n' | sort -u) >&2
done
