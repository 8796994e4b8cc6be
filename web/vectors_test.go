package web

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/auth"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

// TestVectors: what the app's own tests are held to is what package auth makes.
func TestVectors(t *testing.T) {
	t.Parallel()
	const file = "testdata/vectors.json"
	made, err := json.MarshalIndent(vectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	made = append(made, '\n')
	if *update {
		if err := os.WriteFile(file, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != string(made) {
		t.Errorf("%s is stale: go test ./web -run Vectors -update", file)
	}
}

func vectors(t *testing.T) map[string]any {
	t.Helper()
	raw := make([]byte, 32)
	for i := range raw {
		raw[i] = byte(i + 1)
	}
	wallet := auth.NewSigner(secp256k1.PrivKeyFromBytes(raw))
	machineKey := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	machine := hex.EncodeToString(machineKey.Public().(ed25519.PublicKey))
	body := []byte(`{"peer_nodes_list":["` + machine + `"],"additional":{}}`)
	exact := auth.Exact{
		ChainID: "dbc-devnet-1", Method: "POST", Target: "/api/v1/tasks/x?flag=tail", MachineID: machine,
		BodySHA256: sha256.Sum256(body), Time: 1_795_435_200, Nonce: "0123456789abcdef0123456789abcdef",
	}
	header, err := auth.SignExact(t.Context(), wallet, exact)
	if err != nil {
		t.Fatal(err)
	}
	grant := auth.Grant{
		ChainID: "dbc-devnet-1", MachineID: machine, RentID: 7, Scope: auth.ScopeOperate, Expiry: 1_795_438_800,
		PublicKey: "0284bf7562262bbd6940085748f3be6afa52ae317155181ece31b66351ccffa4b0",
	}
	granted, err := auth.SignGrant(t.Context(), wallet, grant)
	if err != nil {
		t.Fatal(err)
	}
	reply := []byte(`{"errcode":0,"message":"ok"}`)
	return map[string]any{
		"private_key": hex.EncodeToString(raw), "address": wallet.Address(), "machine_id": machine,
		"request": map[string]any{
			"body": string(body), "time": exact.Time, "nonce": exact.Nonce, "target": exact.Target,
			"text": exact.Text(), "header": header,
		},
		"grant": map[string]any{
			"public_key": grant.PublicKey, "expiry": grant.Expiry, "text": grant.Text(), "id": grant.ID(), "sign": granted,
		},
		"reply": map[string]any{
			"status": 200, "body": string(reply), "sign": auth.SignReply(machineKey, exact.Text(), 200, reply),
		},
	}
}
