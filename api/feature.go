package api

// Version is that of this API. It grows where a client of an older one would fail.
const Version = "1"

// Feature is something that a node can do and one of an older version cannot.
type Feature string

// The features.
const (
	// FeatureTaskID means that a create with a known task id returns its task.
	FeatureTaskID Feature = "task-id"
	// FeatureAutoPorts means that the machine chooses a port that is auto.
	FeatureAutoPorts Feature = "auto-ports"
	// FeaturePortSources means that a port can be closed to all but some networks.
	FeaturePortSources Feature = "port-sources"
	// FeatureScopes means that a session's scope is a set.
	FeatureScopes Feature = "session-scopes"
	// FeatureRevision means that tasks and rentals have a revision that can be waited on.
	FeatureRevision Feature = "revision"
	// FeatureHeight means that HeaderHeight is obeyed.
	FeatureHeight Feature = "chain-height"
)

// MachineFeatures and ClientFeatures are those of this version's nodes, sorted.
var (
	MachineFeatures = []Feature{FeatureAutoPorts, FeatureHeight, FeaturePortSources, FeatureRevision, FeatureScopes, FeatureTaskID}
	ClientFeatures  = []Feature{FeatureHeight, FeatureRevision}
)

// HeaderHeight is the header of a request with the block that the caller has seen, such
// as that of the rent. A machine that has not seen it refuses with ChainBehind where it
// would say that there is no rental.
const HeaderHeight = "DBC-Height"
