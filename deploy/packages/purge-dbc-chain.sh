cd /var/lib/dbcd 2>/dev/null || exit 0
# What the validator's key has signed stays with it: without that, a key that comes
# back could sign twice.
[ ! -d data ] || find data -mindepth 1 -name priv_validator_state.json -o ! -type d -exec rm -f {} +
rm -rf cosmovisor config/app.toml config/client.toml config/config.toml config/genesis.json config/addrbook.json
