// Command signer is the smallest remote signer that CometBFT's library makes: it
// dials a validator's priv_validator_laddr until that answers, and signs with the
// key and the state in a folder. It shows what an operator of tmkms or horcrux does;
// it protects its key no better than a file is protected.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/privval"
)

func main() {
	address := flag.String("address", "", "the validator's priv_validator_laddr")
	chain := flag.String("chain-id", "", "sign for this chain only")
	folder := flag.String("folder", "", "folder of priv_validator_key.json and priv_validator_state.json")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := sign(ctx, *address, *chain, *folder); err != nil {
		fmt.Fprintln(os.Stderr, "signer:", err)
		os.Exit(1)
	}
}

// sign serves a validator until ctx is done. It makes no key: without both files
// it ends.
func sign(ctx context.Context, address, chain, folder string) error {
	key := privval.LoadFilePV(filepath.Join(folder, "priv_validator_key.json"), filepath.Join(folder, "priv_validator_state.json"))
	dial := privval.DialTCPFn(strings.TrimPrefix(address, "tcp://"), 3*time.Second, ed25519.GenPrivKey())
	endpoint := privval.NewSignerDialerEndpoint(log.NewNopLogger(), dial, privval.SignerDialerEndpointConnRetries(math.MaxInt))
	server := privval.NewSignerServer(endpoint, chain, key)
	if err := server.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	fmt.Printf("signing for %s at %s\n", chain, address)
	<-ctx.Done()
	return server.Stop()
}
