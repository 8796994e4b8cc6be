package main

import (
	"github.com/dbc-network/dbc/chain"
)

// txReply is the reply for a transaction that has no result of its own.
type txReply struct {
	RentID   uint64 `json:"rent_id,omitempty"`
	Refunded uint64 `json:"refunded_udbc,omitempty"`
	Gas      uint64 `json:"gas_udbc"`
	Height   int64  `json:"height"`
	Hash     string `json:"tx_hash"`
}

func newTxReply(rentID uint64, tx chain.TxResult) txReply {
	return txReply{RentID: rentID, Gas: tx.Fee, Height: tx.Height, Hash: tx.Hash}
}
