cd /var/lib/dbc-client 2>/dev/null || exit 0
rm -rf conf peer.conf ran dat/machines.db* dat/*.lock
