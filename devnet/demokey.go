package devnet

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"golang.org/x/crypto/ssh"
)

// demoKey is an SSH key generated for one demo.
type demoKey struct {
	path string
	// line is the public key in authorized_keys format.
	line string
}

func newDemoKey(dir string) (demoKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return demoKey{}, fmt.Errorf("make ssh key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return demoKey{}, fmt.Errorf("encode ssh key: %w", err)
	}
	sshPublic, err := ssh.NewPublicKey(public)
	if err != nil {
		return demoKey{}, fmt.Errorf("encode ssh key: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return demoKey{}, fmt.Errorf("make the demo's folder: %w", err)
	}
	k := demoKey{
		path: filepath.Join(dir, "id_ed25519"),
		line: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(sshPublic))),
	}
	if err := renameio.WriteFile(k.path, pem.EncodeToMemory(block), 0o600); err != nil {
		return demoKey{}, fmt.Errorf("write ssh key: %w", err)
	}
	// The command line reads the public half from a file.
	if err := renameio.WriteFile(k.path+".pub", []byte(k.line+"\n"), 0o644); err != nil {
		return demoKey{}, fmt.Errorf("write ssh key: %w", err)
	}
	return k, nil
}
