// Package commands runs scripts of the renters' commands on a devnet with a real
// guest, the way a user would type them.
//
// It needs root, libvirt, QEMU, ssh and nft, the programs that make build builds
// and the image that make tiny builds; it fails if one is missing.
package commands

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbc-network/dbc/devnet"
)

// programs is where make build puts dbc, dbcd and sign_tool.
const programs = "../../bin"

// TestScripts runs every script, one after the other, on one devnet.
func TestScripts(t *testing.T) {
	bin := toolsOf(t)
	info := start(t, bin)
	scripts, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		// Each in a separate test: the library runs those of one call in
		// parallel, and the machine has only two slots.
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txt"), func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Files: []string{script}, Cmds: words, Deadline: time.Now().Add(limit),
				Setup: func(env *testscript.Env) error { return prepare(env, bin, info) },
			})
		})
	}
}

// limit is far above what a slow computer needs: it ends a script that hangs.
const limit = 10 * time.Minute

// prepare gives a script the devnet's home and an SSH key.
func prepare(env *testscript.Env, bin string, info devnet.Info) error {
	key := filepath.Join(env.WorkDir, "id_ed25519")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		env.T().Log(string(out))
		return err
	}
	for name, value := range map[string]string{
		"PATH": bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME": env.WorkDir,
		"DBC_HOME": info.Home, "DBC_WALLET": "", "MACHINE": info.MachineID, "NODE": info.Client, "COMPUTE": info.Node,
		"GRPC": info.GRPC, "RPC": info.RPC, "KEY": key, "TZ": "UTC",
	} {
		env.Setenv(name, value)
	}
	return nil
}

// start runs a devnet until the test's end.
func start(t *testing.T, bin string) devnet.Info { return startAt(t, bin, t.TempDir()) }

func startAt(t *testing.T, bin, home string) (info devnet.Info) {
	t.Helper()
	images, err := filepath.Abs("../../build/images")
	if err != nil {
		t.Fatal(err)
	}
	// The clean-up ends it in order, which is why it has no context.
	cmd := exec.Command(filepath.Join(bin, "dbc"), "devnet", "start", "--json", "--home", home, "--images", images)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	decoded := json.NewDecoder(out).Decode(&info)
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(3 * time.Minute):
			t.Error("the devnet does not end")
			_ = cmd.Process.Kill()
			<-ended
		}
		reset := exec.CommandContext(context.Background(), filepath.Join(bin, "dbc"), "devnet", "reset", "--home", home, "--images", images)
		if said, err := reset.CombinedOutput(); err != nil {
			t.Errorf("reset: %v: %s", err, said)
		}
	})
	if decoded != nil {
		t.Fatalf("the devnet did not start: %v", decoded)
	}
	return info
}
