package cosmjs_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/test/testnet"
)

// patience bounds the whole test.
const patience = 5 * time.Minute

// inOrder are the messages that live.mjs sends, in each mode.
var inOrder = []string{
	"BondMachines", "UpdateFacts", "SetPrice", "SetOnline", "AddStake",
	"RentMachine", "ConfirmRent", "ReletMachine", "LeaveRental", "RentMachine", "CancelRent",
	"Challenge", "AnswerChallenge", "ClaimRent", "BreakRental", "Drain", "SetOffline", "Retire",
}

// TestLive verifies that a real daemon executes what CosmJS sends, in both
// modes.
func TestLive(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	install := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	said, err := install.CombinedOutput()
	require.NoError(t, err, "npm ci: %s", said)

	dbcd := filepath.Join(t.TempDir(), "dbcd")
	require.NoError(t, testnet.Build(ctx, dbcd, ""))
	net, err := testnet.New(ctx, testnet.Config{
		Dir: filepath.Join(t.TempDir(), "net"), Dbcd: dbcd, Validators: 1, Rich: []string{read(t).Address},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, net.Stop()) })
	require.NoError(t, net.Start(ctx))

	walk := exec.CommandContext(ctx, "node", "live.mjs")
	walk.Env = append(walk.Environ(), "RPC="+net.Validators[0].RPC)
	var failed bytes.Buffer
	walk.Stderr = &failed
	out, err := walk.Output()
	require.NoError(t, err, "%s%s", out, failed.Bytes())
	sent := make(map[string][]string)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var line struct {
			Mode, Message, Log string
			Code               uint32
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line), lines.Text())
		require.Zero(t, line.Code, "%s %s: %s", line.Mode, line.Message, line.Log)
		sent[line.Mode] = append(sent[line.Mode], line.Message)
	}
	require.Equal(t, map[string][]string{"direct": inOrder, "amino-json": inOrder}, sent)
}
