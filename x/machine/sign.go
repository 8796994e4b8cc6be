package machine

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"filippo.io/edwards25519"
)

// First lines of the texts that a machine's key signs. Each purpose has its
// own, so that no signature serves another purpose.
const (
	bondWord   = "dbc-bond-v1"
	onlineWord = "dbc-online-v1"
	answerWord = "dbc-answer-v1"

	inventoryWord = "dbc-inventory-v1"
)

// BondText returns what a machine's key signs for BondMachines and UpdateFacts:
// it binds chain, machine, owner, a number that must grow, an expiry in unix
// seconds and the facts.
func BondText(chainID, machineID, owner string, bondSeq uint64, expiry int64, facts Facts) []byte {
	hash := FactsHash(facts)
	return text(bondWord, chainID, machineID, owner, strconv.FormatUint(bondSeq, 10),
		strconv.FormatInt(expiry, 10), hex.EncodeToString(hash[:]))
}

// OnlineText returns what a machine's key signs for SetOnline; bondSeq is that of its
// bond.
func OnlineText(chainID, machineID string, bondSeq uint64, expiry int64) []byte {
	return text(onlineWord, chainID, machineID, strconv.FormatUint(bondSeq, 10), strconv.FormatInt(expiry, 10))
}

// AnswerText returns what a machine's key signs for AnswerChallenge; height is the
// challenge's.
func AnswerText(chainID, machineID string, challengeID uint64, height int64) []byte {
	return text(answerWord, chainID, machineID, strconv.FormatUint(challengeID, 10), strconv.FormatInt(height, 10))
}

// InventoryText returns what a machine's key signs for the JSON inventory that
// its node serves, by its hash.
func InventoryText(chainID, machineID string, inventory []byte) []byte {
	hash := sha256.Sum256(inventory)
	return text(inventoryWord, chainID, machineID, hex.EncodeToString(hash[:]))
}

// FactsHash returns the SHA-256 of the protobuf bytes as the chain marshals them.
func FactsHash(facts Facts) [sha256.Size]byte {
	// The generated marshaller cannot fail for these plain fields.
	bz, err := facts.Marshal()
	if err != nil {
		return [sha256.Size]byte{}
	}
	return sha256.Sum256(bz)
}

func text(lines ...string) []byte { return []byte(strings.Join(lines, "\n")) }

// ParseID returns the ed25519 public key that a machine id encodes. It refuses
// keys of low order, for which one signature fits many texts, and encodings
// that are not unique for their key.
func ParseID(id string) (ed25519.PublicKey, error) {
	if len(id) != 2*ed25519.PublicKeySize || !lowerHex(id) {
		return nil, ErrInvalidID.Wrapf("machine_id %q: must be %d lower-case hex digits", Clip(id), 2*ed25519.PublicKeySize)
	}
	key, err := hex.DecodeString(id)
	if err != nil {
		return nil, ErrInvalidID.Wrapf("machine_id %q: must be hex digits", id)
	}
	point, err := new(edwards25519.Point).SetBytes(key)
	if err != nil || string(point.Bytes()) != string(key) {
		return nil, ErrInvalidID.Wrapf("machine_id %q: no machine can have this id, it is not an ed25519 public key; look for a wrong digit", id)
	}
	if new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return nil, ErrInvalidID.Wrapf("machine_id %q: no machine can have this id, its ed25519 key is of low order; look for a wrong digit", id)
	}
	return key, nil
}

func lowerHex(s string) bool {
	for _, b := range []byte(s) {
		if (b < '0' || b > '9') && (b < 'a' || b > 'f') {
			return false
		}
	}
	return true
}

// VerifySignature checks a machine key's signature of one of the texts above.
func VerifySignature(id string, text, signature []byte) error {
	key, err := ParseID(id)
	if err != nil {
		return err
	}
	if len(signature) != ed25519.SignatureSize {
		return ErrSignature.Wrapf("signature of machine %s has %d bytes; must have %d", id, len(signature), ed25519.SignatureSize)
	}
	if !ed25519.Verify(key, text, signature) {
		return ErrSignature.Wrapf("machine %s; sign exactly this text with its key: %q", id, text)
	}
	return nil
}

// Clip shortens a wrong value for an error message.
func Clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:most], len(s))
}
