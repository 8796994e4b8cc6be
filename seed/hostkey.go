package seed

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// NewHostKey generates an SSH host key and its public line as shown in
// known_hosts and by the API ("ssh-ed25519 AAAA…").
func NewHostKey() (private ed25519.PrivateKey, publicLine string, err error) {
	_, private, err = ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", fmt.Errorf("make host key: %w", err)
	}
	publicLine, err = PublicLine(private)
	return private, publicLine, err
}

// PublicLine returns the public half of a host key, "ssh-ed25519 AAAA…".
func PublicLine(private ed25519.PrivateKey) (string, error) {
	if len(private) != ed25519.PrivateKeySize {
		return "", fmt.Errorf("%w: host key has %d bytes, want %d", ErrInvalid, len(private), ed25519.PrivateKeySize)
	}
	pub, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		return "", fmt.Errorf("encode host key: %w", err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(pub))), nil
}

// privatePEM encodes the key in OpenSSH's format. That format contains a random
// check number, which would make two seeds of the same data differ, so it is
// derived from the key instead.
func privatePEM(private ed25519.PrivateKey) (string, error) {
	block, err := marshalOpenSSH(private)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(block)), nil
}
