package api

// FaucetRequest is the body of PathFaucet.
type FaucetRequest struct {
	// Address receives the coins.
	Address string `json:"address"`
	// Amount is in udbc. Empty means the maximum.
	Amount Text `json:"amount,omitempty"`
}

// Gift is the reply of PathFaucet. Amount is in udbc.
type Gift struct {
	Amount string `json:"amount"`
	TxHash string `json:"tx_hash"`
	Height int64  `json:"height"`
}
