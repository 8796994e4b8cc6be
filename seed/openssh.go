package seed

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/pem"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// marshalOpenSSH encodes a key without a passphrase, as ssh-keygen does; see
// PROTOCOL.key of OpenSSH.
func marshalOpenSSH(private ed25519.PrivateKey) (*pem.Block, error) {
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: host key", ErrInvalid)
	}
	pub, err := ssh.NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("encode host key: %w", err)
	}
	// A reader compares the two numbers to check the passphrase; here they only
	// have to be equal.
	digest := sha256.Sum256(public)
	check := binary.BigEndian.Uint32(digest[:])
	secret := ssh.Marshal(struct {
		Check1, Check2 uint32
		Keytype        string
		Pub, Priv      []byte
		Comment        string
	}{check, check, ssh.KeyAlgoED25519, public, private, ""})
	for pad := byte(1); len(secret)%8 != 0; pad++ {
		secret = append(secret, pad)
	}
	body := ssh.Marshal(struct {
		CipherName, KdfName, KdfOpts string
		NumKeys                      uint32
		PubKey, PrivKeyBlock         []byte
	}{"none", "none", "", 1, pub.Marshal(), secret})
	return &pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: append([]byte("openssh-key-v1\x00"), body...)}, nil
}
