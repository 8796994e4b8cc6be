package devnet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// paths are the files of a devnet. They are all below DBC_HOME and belong to
// the caller.
type paths struct {
	home, dir, info, lock, chain, mining, client, logs, demo string
	// demoMark marks a network that the demo created, so that a demo may
	// replace it.
	demoMark string
	// fakeMark marks a devnet whose virtual machines are simulated.
	fakeMark string
	// id is the devnet's identity, which moves with the home.
	id string
}

func newPaths(home string) paths {
	dir := filepath.Join(home, "devnet")
	return paths{
		home: home, dir: dir,
		info: filepath.Join(dir, "devnet.json"), lock: filepath.Join(dir, "lock"),
		chain: filepath.Join(dir, "chain", "val0"), mining: filepath.Join(dir, "mining"),
		client: filepath.Join(dir, "client0"),
		logs:   filepath.Join(dir, "logs"), demo: filepath.Join(dir, "demo"),
		demoMark: filepath.Join(dir, "made-by-demo"),
		fakeMark: filepath.Join(dir, "fake.json"),
		id:       filepath.Join(dir, "identity"),
	}
}

// MiningHome returns the folder of the mining node of a home's devnet.
func MiningHome(home string) string { return newPaths(home).mining }

// dataRoot is where devnets keep what QEMU's user must be able to reach; tests
// that have no privileges move it.
var dataRoot = "/var/lib/dbc/devnet"

// homeHash distinguishes the devnets of one computer: by what the home says since
// its first start, so that a moved home keeps its guests, else by its path,
// whichever of several that is.
func homeHash(home string) [32]byte {
	if id, ok := readID(home); ok {
		return id
	}
	return sha256.Sum256([]byte(realPath(home)))
}

// realPath resolves the links in the existing part of a path.
func realPath(path string) string {
	real, err := filepath.EvalSymlinks(path)
	switch dir := filepath.Dir(path); {
	case err == nil:
		return real
	case dir == path:
		return path
	default:
		return filepath.Join(realPath(dir), filepath.Base(path))
	}
}

// DataDir returns the privileged folder of a home's devnet.
func DataDir(home string) string {
	hash := homeHash(home)
	return filepath.Join(dataRoot, hex.EncodeToString(hash[:6]))
}

// Programs are the absolute paths of the binaries and images that a devnet
// uses.
type Programs struct {
	Dbc, Dbcd string
	// Images is the folder with tiny.qcow2.
	Images string
}

// FindPrograms looks for the binaries next to the running dbc, and for images
// where make puts them unless images names another folder. Run checks whether
// they exist.
func FindPrograms(images string) (Programs, error) {
	self, err := os.Executable()
	if err != nil {
		return Programs{}, fmt.Errorf("find this program: %w", err)
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return Programs{}, fmt.Errorf("find this program: %w", err)
	}
	p := Programs{Dbc: self, Dbcd: filepath.Join(filepath.Dir(self), "dbcd"), Images: images}
	if p.Images == "" {
		p.Images = filepath.Join(filepath.Dir(filepath.Dir(self)), "build", "images")
	}
	if p.Images, err = filepath.Abs(p.Images); err != nil {
		return Programs{}, fmt.Errorf("find images: %w", err)
	}
	return p, nil
}

// check is called only to start a devnet; stopping and deleting one needs less.
func (p Programs) check() error {
	for path, fix := range map[string]string{
		p.Dbcd: "make build", filepath.Join(p.Images, tinyImage): "make tiny",
	} {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s %w: %s makes it", path, ErrMissing, fix)
		}
	}
	return nil
}

const tinyImage = "tiny.qcow2"
