package api

// Scope is what a session must be allowed for a route; a grant has a set of them.
// Each also allows reading. Package auth has the set.
type Scope string

const (
	// ScopeRead allows reading only.
	ScopeRead Scope = "read"
	// ScopeOperate allows creating, changing, starting and stopping VMs, and
	// opening their consoles and ports.
	ScopeOperate Scope = "operate"
	// ScopeData allows deleting VMs and disks.
	ScopeData Scope = "data"
	// ScopeKeys allows setting passwords in VMs.
	ScopeKeys Scope = "keys"
	// ScopeFull allows everything that the wallet may do in the rental,
	// including ending sessions.
	ScopeFull Scope = "full"
)
