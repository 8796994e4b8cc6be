package client

import (
	"fmt"
	"strings"
)

// DryRun is returned instead of sending a request that would change something,
// if NodeConfig.DryRun is set.
type DryRun struct {
	// Name of the route in api.Routes.
	Name string
	// MachineID of the machine that would receive it.
	MachineID string
}

// Error says that nothing happened.
func (d *DryRun) Error() string {
	return fmt.Sprintf("nothing was sent: %s would go to machine %s", strings.ReplaceAll(d.Name, "_", " "), d.MachineID)
}
