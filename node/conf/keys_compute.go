package conf

import (
	"errors"
	"maps"
	"time"
)

func (c *Compute) keys() table {
	keys := c.Node.keys()
	maps.Copy(keys, c.Guests.keys())
	public := keys["public_ip"]
	keys["public_ip"] = setting{public.limit, func(v string) error {
		err := public.parse(v)
		c.Published = c.PublicIP
		return err
	}}
	maps.Copy(keys, table{
		"chain_trusted": {"host names or addresses, with commas between them", func(v string) error {
			return setList(&c.ChainTrusted, v, func(s string) bool { return hostName.MatchString(s) })
		}},
		"host_cpus":       {"0-4096", func(v string) error { return setInt(&c.HostCPUs, v, 4096) }},
		"host_memory_mib": {"0-16777216", func(v string) error { return setInt(&c.HostMemoryMiB, v, 16<<20) }},
		"reconcile_seconds": {"1-60", func(v string) error {
			var seconds int
			err := setInt(&seconds, v, 60)
			c.Reconcile = time.Duration(seconds) * time.Second
			return errors.Join(err, must(seconds > 0))
		}},
		"operator_key":            {"the name of a key", func(v string) error { c.OperatorKey = v; return must(keyName.MatchString(v)) }},
		"keyring_passphrase_file": {"an absolute path", func(v string) error { return setPath(&c.KeyringPassphraseFile, v) }},
	})
	return keys
}
