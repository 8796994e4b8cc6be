package client_test

import (
	"crypto/ed25519"
	"encoding/pem"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/client"
)

// TestSSHInOddFolders logs in with the installed ssh while the temporary folder, the
// key and its home have names that ssh's options would split or expand.
func TestSSHInOddFolders(t *testing.T) {
	for _, name := range []string{"plain", "with a space", "100%h", `a"quote`, `back\slash`, "it's", "tab\there", "#hash", "中文"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("TMPDIR", dir)
			file, public := writeKey(t, filepath.Join(dir, "my key %d"))
			login := serveSSH(t, public)
			for how, ssh := range map[string]client.SSH{
				"-i":            {Identities: []string{file}},
				"configuration": {Keys: client.UserKeys(t.Context(), "ssh", "127.0.0.1", "-F", configOf(t, dir, file))},
			} {
				ssh.Batch, ssh.Remote = true, []string{"uptime"}
				argv, remove, err := login.Command(ssh)
				if err != nil {
					t.Fatal(err)
				}
				if said, err := exec.CommandContext(t.Context(), "ssh", argv...).CombinedOutput(); err != nil {
					t.Errorf("%s: %v: %s", how, err, said)
				}
				remove()
			}
		})
	}
}

// configOf writes an ssh configuration that names the key.
func configOf(t *testing.T, dir, key string) string {
	t.Helper()
	path := filepath.Join(dir, "config")
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%").Replace(key)
	if err := os.WriteFile(path, []byte("Host *\n  AddKeysToAgent confirm 5m\n  IdentityFile \""+quoted+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeKey(t *testing.T, path string) (file string, public ssh.PublicKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return path, signer.PublicKey()
}

// serveSSH is a guest that lets this key in, and succeeds at every command.
func serveSSH(t *testing.T, public ssh.PublicKey) client.Login {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	host, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, offered ssh.PublicKey) (*ssh.Permissions, error) {
		if string(offered.Marshal()) != string(public.Marshal()) {
			return nil, io.EOF
		}
		return &ssh.Permissions{}, nil
	}}
	config.AddHostKey(host)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerSSH(conn, config)
		}
	}()
	at := listener.Addr().(*net.TCPAddr).AddrPort()
	return client.Login{TaskID: "abc", User: "dbc", Addr: netip.MustParseAddr("127.0.0.1"), Port: at.Port(), HostKeys: []ssh.PublicKey{host.PublicKey()}}
}

func answerSSH(conn net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for channel := range channels {
		stream, asked, err := channel.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range asked {
				_ = r.Reply(r.Type == "exec", nil)
				if r.Type == "exec" {
					_, _ = stream.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
					_ = stream.Close()
				}
			}
		}()
	}
}
