package devnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/google/renameio/v2"
)

// Info is the content of devnet.json, which describes a running devnet.
type Info struct {
	ChainID string `json:"chain_id"`
	Home    string `json:"home"`
	// RPC and REST are URLs, GRPC is host:port.
	RPC  string `json:"rpc"`
	GRPC string `json:"grpc"`
	REST string `json:"rest"`
	// Client is the URL of the client node's API, which renters use, and Node
	// that of the compute node's API.
	Client    string            `json:"client"`
	Node      string            `json:"node"`
	MachineID string            `json:"machine_id"`
	Accounts  map[string]string `json:"accounts"`
	// Virsh is the URI for virsh -c, for root.
	Virsh     string             `json:"virsh,omitempty"`
	GuestCIDR string             `json:"guest_cidr"`
	Bridge    string             `json:"bridge,omitempty"`
	DataDir   string             `json:"data_dir"`
	Processes map[string]Process `json:"processes"`
	// Fast reports that time windows are short, so that deadlines can be
	// watched passing.
	Fast bool `json:"fast"`
	// Fake reports that virtual machines are simulated; then Control is the socket that
	// orders faults.
	Fake    bool      `json:"fake,omitempty"`
	Control string    `json:"control,omitempty"`
	Started time.Time `json:"started"`
}

// Read returns the running devnet of a home, or ErrNotRunning.
func Read(home string) (Info, error) {
	text, err := os.ReadFile(newPaths(home).info)
	if errors.Is(err, fs.ErrNotExist) {
		return Info{}, ErrNotRunning
	}
	if err != nil {
		return Info{}, fmt.Errorf("read devnet: %w", err)
	}
	var info Info
	if err := json.Unmarshal(text, &info); err != nil {
		return Info{}, fmt.Errorf("read devnet: %w", err)
	}
	// The file survives a kill -9, so the process decides.
	if !info.Processes[supervisor].Alive() {
		return Info{}, ErrNotRunning
	}
	return info, nil
}

func (i Info) write(path string) error {
	text, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return fmt.Errorf("encode devnet.json: %w", err)
	}
	if err := renameio.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write devnet.json: %w", err)
	}
	return nil
}
