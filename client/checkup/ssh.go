package checkup

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/dbc-network/dbc/hw/doctor"
)

// sshLimit bounds a call of ssh, which opens no connection.
const sshLimit = 5 * time.Second

// SSH is the ssh of this computer.
type SSH struct {
	// Home is the user's home folder.
	Home string
	// Keys are the names of public keys that ssh offers by itself.
	Keys []string
}

// Examine makes the checks of ssh.
func (s SSH) Examine(ctx context.Context) []doctor.Finding {
	ctx, cancel := context.WithTimeout(ctx, sshLimit)
	defer cancel()
	path, err := exec.LookPath("ssh")
	if err != nil {
		return []doctor.Finding{finding(CheckSSH, doctor.Fail, "code", "MISSING")}
	}
	version, err := exec.CommandContext(ctx, path, "-V").CombinedOutput()
	if err != nil {
		return []doctor.Finding{finding(CheckSSH, doctor.Fail, "code", "BROKEN", "program", path, "error", firstLine(version))}
	}
	return []doctor.Finding{finding(CheckSSH, doctor.Pass, "version", firstLine(version)), config(ctx, path), s.key()}
}

// config has ssh evaluate its configuration for a name that no configuration has.
func config(ctx context.Context, path string) doctor.Finding {
	said, err := exec.CommandContext(ctx, path, "-G", "checkup.invalid").CombinedOutput()
	if err != nil {
		return finding(CheckSSHConfig, doctor.Fail, "error", firstLine(said))
	}
	return finding(CheckSSHConfig, doctor.Pass)
}

func (s SSH) key() doctor.Finding {
	for _, name := range s.Keys {
		if _, err := os.Stat(filepath.Join(s.Home, ".ssh", name)); err == nil {
			return finding(CheckSSHKey, doctor.Pass, "key", name)
		}
	}
	return finding(CheckSSHKey, doctor.Warn, "code", "NONE")
}

func firstLine(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return line
}
