package api

import "net/http"

// HealthCode is a reason not to rely on a node now. Those of the chain are the codes of
// Problem.
type HealthCode string

// The codes.
const (
	// HealthDoubt means that a compute node does not trust the chain: it grants nothing
	// and destroys nothing. Params: height.
	HealthDoubt HealthCode = "CHAIN_NOT_TRUSTED"
	// HealthJournal means that a compute node's journal can't be read.
	HealthJournal HealthCode = "JOURNAL_FAILING"
	// HealthReconcile means that a compute node could not compare chain, hypervisor and
	// journal for a while. Params: age_s, limit_s.
	HealthReconcile HealthCode = "RECONCILE_STUCK"
	// HealthDisk means that a file system of the node is full, or can't be read. Params:
	// disk, free_mib, wanted_mib.
	HealthDisk HealthCode = "DISK_FULL"
	// HealthReadOnly means that a file system that the node writes to was mounted, or
	// remounted after a fault, read-only. Params: disk.
	HealthReadOnly HealthCode = "DISK_READ_ONLY"
	// HealthHelper means that a compute node's helper does not answer.
	HealthHelper HealthCode = "HELPER_UNREACHABLE"
	// HealthCheck means that a check of dbc host doctor failed. Params: check.
	HealthCheck HealthCode = "CHECK_FAILED"
	// HealthUnknown means that the node could not find out in time how it is.
	HealthUnknown HealthCode = "HEALTH_UNKNOWN"
)

// HealthReason is a code with parameters.
type HealthReason struct {
	Code   HealthCode        `json:"code"`
	Params map[string]string `json:"params,omitempty"`
}

// Health is the reply of GET PathHealth.
type Health struct {
	// Healthy is set where there is no reason not to rely on the node.
	Healthy bool           `json:"healthy"`
	Reasons []HealthReason `json:"reasons"`
	Role    string         `json:"role"`
	ChainID string         `json:"chain_id"`
}

// HTTPStatus is the status of the reply: 503 for a node that should not be relied on.
func (h Health) HTTPStatus() int {
	if h.Healthy {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}
