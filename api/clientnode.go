package api

// WebApp is the reply of GET PathWeb.
type WebApp struct {
	ChainID string `json:"chain_id"`
	Version string `json:"version"`
	// KeyHosts are the host names under which a browser may keep a wallet over
	// https. On loopback it always may.
	KeyHosts []string `json:"key_hosts"`
	// Faucet reports whether this node gives away a devnet's coins.
	Faucet bool `json:"faucet"`
}

// ClientRoot is the reply of GET /.
type ClientRoot struct {
	Root
	// PeerID is this node's id in the peer-to-peer network; Peers is the number
	// of connected peers.
	PeerID string `json:"peer_id"`
	Peers  int    `json:"peers"`
}
