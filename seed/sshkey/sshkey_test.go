package sshkey_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/seed/sshkey"
)

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAenSH0vZmMQdTxtMB2z5IfLnL8VUh+yqBKHjk03o+ws"

// TestFiles parses files of real users.
func TestFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code sshkey.Code
		line int
	}{
		"k_ed25519.pub": {}, "k_ecdsa.pub": {}, "k_rsa.pub": {}, "k_sk_ed25519.pub": {}, "crlf.pub": {}, "leading_space.pub": {},
		"unicode_comment.pub": {}, "bom_key.pub": {}, "utf16.pub": {}, "k_cert.pub": {}, "ca.pub": {},
		"options.pub":           {sshkey.CodeOptions, 1},
		"k_dsa.pub":             {sshkey.CodeDSA, 1},
		"k_rsa1024.pub":         {sshkey.CodeShortRSA, 1},
		"k_cert-cert.pub":       {sshkey.CodeCertificate, 1},
		"first_line_broken.pub": {sshkey.CodeBroken, 1},
		"wrapped.pub":           {sshkey.CodeBroken, 1},
		"rfc4716.pub":           {sshkey.CodeSSH2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			keys, err := sshkey.ReadFile(text)
			if c.code == "" {
				if err != nil || len(keys) != 1 || strings.Count(keys[0], " ") != 1 {
					t.Fatalf("%q, %v", keys, err)
				}
				return
			}
			wrong(t, err, c.code, c.line)
		})
	}
}

func wrong(t *testing.T, err error, code sshkey.Code, line int) {
	t.Helper()
	var e *sshkey.Error
	if !errors.As(err, &e) || e.Code != code || e.Line != line {
		t.Fatalf("got %v, want %s in line %d", err, code, line)
	}
	if e.What() == "" || e.Remedy() == "" || strings.Contains(e.Error(), "AAAA") {
		t.Errorf("%v", e)
	}
}

func TestSeveral(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unix":    "# mine\n\n" + ed25519 + " a\n" + ed25519 + " b\n",
		"windows": "\xef\xbb\xbf" + ed25519 + " a\r\n\r\n" + ed25519 + "\r\n",
		"old mac": ed25519 + " a\r" + ed25519 + "\r",
	} {
		if keys, err := sshkey.ReadFile([]byte(text)); err != nil || len(keys) != 2 || keys[0] != ed25519 || keys[1] != ed25519 {
			t.Errorf("%s: %q, %v", name, keys, err)
		}
	}
	wrong(t, err(sshkey.ReadFile([]byte("\n"+ed25519+"\r\n\r\nssh-ed25519 AAAA\r\n"))), sshkey.CodeBroken, 4)
	wrong(t, err(sshkey.ReadFile([]byte(strings.Repeat(ed25519+"\n", sshkey.MaxKeys+1)))), sshkey.CodeTooMany, 0)
	wrong(t, err(sshkey.ReadFile([]byte("\n# nothing\n"))), sshkey.CodeEmpty, 0)
	wrong(t, err(sshkey.ReadFile(make([]byte, sshkey.MaxFile+1))), sshkey.CodeTooLong, 0)
}

func err(_ []string, err error) error { return err }

// A private key is refused as one, and never repeated.
func TestPrivateKeys(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
	} {
		_, err := sshkey.ReadFile([]byte(text))
		wrong(t, err, sshkey.CodePrivate, 1)
		_, err = sshkey.Parse(text)
		wrong(t, err, sshkey.CodePrivate, 0)
	}
}

// FuzzReadFile verifies that an accepted key is accepted again unchanged, and
// has no room for options.
func FuzzReadFile(f *testing.F) {
	for _, name := range []string{"utf16.pub", "options.pub", "crlf.pub", "first_line_broken.pub"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := sshkey.ReadFile(text)
		if err != nil {
			var e *sshkey.Error
			if !errors.As(err, &e) || e.Remedy() == "" {
				t.Fatal(err)
			}
			return
		}
		for _, key := range keys {
			again, err := sshkey.Parse(key)
			if err != nil || again != key || strings.Count(key, " ") != 1 || strings.ContainsAny(key, "\r\n\",") {
				t.Fatalf("%q, %v", key, err)
			}
		}
	})
}
