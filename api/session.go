package api

// ForSession is additional of PathSessionID.
type ForSession struct {
	// RentOrder may be left out by a wallet with one rental here.
	RentOrder Text `json:"rent_order,omitempty"`
}

// Session is the reply of PathSessionID.
type Session struct {
	SessionID string `json:"session_id"`
	RentOrder string `json:"rent_order"`
	// Expires is the ticket's, RFC 3339 in UTC.
	Expires string `json:"expires"`
}

// CreateSession is additional of PathSessionCreate: a grant, with the wallet's
// sign over it or a multisig's.
type CreateSession struct {
	// Grant is the text that was signed: the lines dbc-session-v1, chain id, machine
	// id, rental, the session's public key, scope, expiry. The scope is full, or some of
	// read, operate, data and keys in this order, separated by commas.
	Grant    string    `json:"grant"`
	Sign     string    `json:"sign,omitempty"`
	Multisig *Multisig `json:"multisig,omitempty"`
}

// Multisig is the SDK's multisig wallet with signs of its members.
type Multisig struct {
	Threshold Text `json:"threshold"`
	// PublicKeys of all members, 33 bytes in hex, in the wallet's order.
	PublicKeys []string `json:"public_keys"`
	// Signs are over the grant, each member as himself.
	Signs []string `json:"signs"`
}

// GrantedSession is the reply of PathSessionCreate and a row of PathSessionList.
type GrantedSession struct {
	Session
	Wallet    string `json:"wallet"`
	PublicKey string `json:"public_key"`
	Scope     string `json:"scope"`
	Created   string `json:"created"`
	Revoked   bool   `json:"revoked"`
}

// Sessions is the reply of PathSessionList.
type Sessions struct {
	Sessions []GrantedSession `json:"sessions"`
}

// RevokeSession is additional of PathSessionRevoke.
type RevokeSession struct {
	SessionID string `json:"session_id"`
}
