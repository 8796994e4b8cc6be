// Command start runs a testnet of four validators in the foreground until Ctrl-C.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/dbc-network/dbc/test/testnet"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "testnet:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dbcd := flag.String("dbcd", "bin/dbcd", "the daemon's file")
	dir := flag.String("dir", "build/testnet", "folder of homes and logs; what an earlier run left there is deleted")
	ports := flag.Int("ports", 27600, "first port, ten for each validator: RPC, p2p, gRPC")
	flag.Parse()
	file, err := filepath.Abs(*dbcd)
	if err != nil {
		return fmt.Errorf("find dbcd: %w", err)
	}
	if err := clear(*dir); err != nil {
		return err
	}
	net, err := testnet.New(ctx, testnet.Config{Dir: *dir, Dbcd: file, Ports: *ports})
	if err != nil {
		return err
	}
	defer func() {
		if err := net.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "testnet:", err)
		}
	}()
	if err := net.Start(ctx); err != nil {
		return err
	}
	fmt.Printf("Chain %s runs with %d validators; Ctrl-C ends it.\n", testnet.ChainID, len(net.Validators))
	for _, v := range net.Validators {
		fmt.Printf("  %d  %s  grpc %s  account %s (key \"validator\" in %s, --keyring-backend test)\n", v.Number, v.RPC, v.GRPC, v.Address, v.Home)
	}
	fmt.Printf("Try: %s status --node %s\n", *dbcd, net.Validators[0].RPC)
	return net.Wait(ctx)
}

// clear deletes what a testnet left, and nothing else.
func clear(dir string) error {
	entries, err := filepath.Glob(filepath.Join(dir, "val[0-9]*"))
	if err != nil {
		return fmt.Errorf("look into %s: %w", dir, err)
	}
	for _, entry := range entries {
		if err := os.RemoveAll(entry); err != nil {
			return fmt.Errorf("delete what an earlier testnet left: %w", err)
		}
	}
	return nil
}
