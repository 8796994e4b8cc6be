rm -rf /etc/dbc/conf /etc/dbc/peer.conf /etc/dbc/dat/*.lock /run/dbc
# The data may hold the operator's keyring (keyring_dir) and the helper's key.
[ ! -d /var/lib/dbc ] || find /var/lib/dbc -mindepth 1 \( -name keys -o -name 'keyring-*' -o -name 'passphrase*' -o -name helper.key \) -prune \
	-o ! -type d -exec rm -f {} +
