package conf

import (
	"maps"
	"strings"
)

func (c *Client) keys() table {
	keys := c.Node.keys()
	maps.Copy(keys, table{
		"chain_rest": {"http(s)://host:port", func(v string) error {
			c.ChainREST = v
			return must(strings.Contains(v, "://") && endpointHost(v) != "")
		}},
		"faucet_key": {"the name of a key", func(v string) error { c.FaucetKey = v; return must(keyName.MatchString(v)) }},
	})
	return keys
}
