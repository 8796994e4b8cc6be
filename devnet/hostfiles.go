package devnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/google/renameio/v2"

	"github.com/dbc-network/dbc/image"
	guestnet "github.com/dbc-network/dbc/node/guests/network"
)

// prepare creates the privileged folder and copies the image into it, unless it
// returns the number of disks that stand on another one. QEMU's user can traverse
// the folders but not list them.
func (p *privileged) prepare(ctx context.Context) (oldImage int, err error) {
	images := filepath.Join(p.dir, "images")
	for _, dir := range []string{dataRoot, p.dir, images, filepath.Join(p.dir, "logs"), filepath.Join(p.dir, "run")} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return 0, fmt.Errorf("make the devnet's folder: %w", err)
		}
	}
	if err := os.Chmod(filepath.Join(p.dir, "logs"), 0o755); err != nil {
		return 0, fmt.Errorf("open the logs: %w", err)
	}
	if err := p.own(); err != nil {
		return 0, err
	}
	return copyImage(ctx, filepath.Join(p.order.Images, tinyImage), filepath.Join(images, tinyImage), filepath.Join(p.dir, "tasks"))
}

// lock waits for a privileged side whose devnet was killed with kill -9 and
// that is still cleaning up: it must not remove what the new one creates.
func (p *privileged) lock(ctx context.Context) (release func(), err error) {
	if err := os.MkdirAll(p.dir, 0o711); err != nil {
		return nil, fmt.Errorf("make the devnet's folder: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sideGrace)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		release, err := lockFile(filepath.Join(p.dir, "lock"))
		if err == nil {
			return func() { _ = release() }, nil
		}
		if !errors.Is(err, ErrRunning) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the last devnet's clean-up: %w", context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// imageMode is read-only: the store refuses a base image that could be changed.
const imageMode = 0o444

// copyImage skips an identical file, and one on which disks of guests stand: it
// returns how many, if the source differs. A disk holds only what differs from
// its image, so under another one of the same name it would be ruined.
func copyImage(ctx context.Context, from, to, tasks string) (users int, err error) {
	source, err := os.Open(from)
	if err != nil {
		return 0, fmt.Errorf("read image: %w", err)
	}
	defer func() { _ = source.Close() }()
	info, err := source.Stat()
	if err != nil {
		return 0, fmt.Errorf("read image: %w", err)
	}
	old, err := os.Stat(to)
	if err == nil && old.Size() == info.Size() && old.ModTime().Equal(info.ModTime()) && old.Mode().Perm() == imageMode {
		return 0, nil
	}
	if err == nil {
		if disks, err := image.Users(ctx, tasks, to); err != nil || len(disks) > 0 {
			return len(disks), err
		}
	}
	copied, err := renameio.NewPendingFile(to, renameio.WithPermissions(imageMode))
	if err != nil {
		return 0, fmt.Errorf("copy image: %w", err)
	}
	defer func() { _ = copied.Cleanup() }()
	if _, err := io.Copy(copied, source); err != nil {
		return 0, fmt.Errorf("copy image: %w", err)
	}
	if err := os.Chtimes(copied.Name(), info.ModTime(), info.ModTime()); err != nil {
		return 0, fmt.Errorf("copy image: %w", err)
	}
	return 0, copied.CloseAtomicallyReplace()
}

// network is what the node creates in the kernel, recorded so that another
// process can remove it.
type network struct {
	Bridge string `json:"bridge"`
	CIDR   string `json:"cidr"`
}

var guestBridge = regexp.MustCompile(`^dbc[0-9a-f]{8}$`)

func isGuestBridge(name string) bool { return guestBridge.MatchString(name) }

func (p *privileged) networkFile() string { return filepath.Join(p.dir, "network.json") }

// rememberNetwork runs before the node: a kill between the two leaves a record
// without a network, never a network without a record.
func (p *privileged) rememberNetwork(n network) error {
	if !isGuestBridge(n.Bridge) {
		return fmt.Errorf("bridge %q: dbc and eight hex digits wanted", n.Bridge)
	}
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode network: %w", err)
	}
	if err := renameio.WriteFile(p.networkFile(), text, 0o644); err != nil {
		return fmt.Errorf("remember the network: %w", err)
	}
	return nil
}

func (p *privileged) removeNetwork(ctx context.Context) error {
	text, err := os.ReadFile(p.networkFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("recall the network: %w", err)
	}
	var n network
	if err := json.Unmarshal(text, &n); err != nil {
		return fmt.Errorf("recall the network: %w", err)
	}
	cidr, err := netip.ParsePrefix(n.CIDR)
	if err != nil {
		return fmt.Errorf("recall the network: %w", err)
	}
	made, err := guestnet.Open(guestnet.Config{
		Bridge: n.Bridge, CIDR: cidr, Published: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Logger: p.log,
	})
	if err != nil {
		return fmt.Errorf("recall the network: %w", err)
	}
	if err := made.Remove(ctx); err != nil {
		return fmt.Errorf("remove the network: %w", err)
	}
	return os.Remove(p.networkFile())
}
