package machine_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	hash := machine.FactsHash(machine.Facts{})
	require.Equal(t, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hex.EncodeToString(hash[:]),
		"empty facts marshal to nothing")
	for _, c := range []struct {
		name string
		text []byte
		want string
	}{
		{
			"bond", machine.BondText("dbc-devnet-1", "aa", "dbc1owner", 7, 1800000000, machine.Facts{}),
			"dbc-bond-v1\ndbc-devnet-1\naa\ndbc1owner\n7\n1800000000\n" + hex.EncodeToString(hash[:]),
		},
		{"online", machine.OnlineText("dbc-devnet-1", "aa", 7, 1800000000), "dbc-online-v1\ndbc-devnet-1\naa\n7\n1800000000"},
		{
			"inventory", machine.InventoryText("dbc-devnet-1", "aa", []byte("{}")),
			"dbc-inventory-v1\ndbc-devnet-1\naa\n44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
		},
		{"answer", machine.AnswerText("dbc-devnet-1", "aa", 3, 12), "dbc-answer-v1\ndbc-devnet-1\naa\n3\n12"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, string(c.text))
		})
	}
}

func TestParseID(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	good := hex.EncodeToString(key.Public().(ed25519.PublicKey))
	for _, c := range []struct {
		name, id string
		ok       bool
	}{
		{"a key", good, true},
		{"upper case", strings.ToUpper(good), false},
		{"0x before it", "0x" + good, false},
		{"short", good[2:], false},
		{"not hex", strings.Repeat("zz", 32), false},
		{"not on the curve", "02" + strings.Repeat("00", 31), false},
		{"identity, order 1", "01" + strings.Repeat("00", 31), false},
		{"order 2", "ec" + strings.Repeat("ff", 30) + "7f", false},
		{"order 4", strings.Repeat("00", 32), false},
		{"order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", false},
		{"second encoding of the identity", "ee" + strings.Repeat("ff", 30) + "7f", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := machine.ParseID(c.id)
			if c.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, machine.ErrInvalidID)
		})
	}
}

func TestVerifySignature(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	id := hex.EncodeToString(key.Public().(ed25519.PublicKey))
	text := machine.OnlineText("dbc-devnet-1", id, 1, 10)
	signature := ed25519.Sign(key, text)
	require.NoError(t, machine.VerifySignature(id, text, signature))
	require.ErrorIs(t, machine.VerifySignature(id, machine.OnlineText("dbc-devnet-2", id, 1, 10), signature), machine.ErrSignature)
	require.ErrorIs(t, machine.VerifySignature(id, text, signature[:63]), machine.ErrSignature)
	require.ErrorIs(t, machine.VerifySignature("", text, signature), machine.ErrInvalidID)
}

func FuzzParseID(f *testing.F) {
	f.Add("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")
	f.Add("")
	f.Fuzz(func(t *testing.T, id string) {
		key, err := machine.ParseID(id)
		if err == nil && hex.EncodeToString(key) != id {
			t.Fatalf("%q parsed to another key", id)
		}
	})
}
