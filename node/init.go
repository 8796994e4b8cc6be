package node

import (
	"path/filepath"

	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/key"
)

// Init writes conf/core.conf, conf/peer.conf and dat/node.key below home, as
// conf.Write does. Existing files are kept, so it can be repeated. A compute node's
// home is made by compute.Init.
func Init(home, role string, set map[string]string) (key.Key, error) {
	if err := conf.Write(home, role, set); err != nil {
		return key.Key{}, err
	}
	return key.Create(filepath.Join(home, conf.KeyFile))
}
