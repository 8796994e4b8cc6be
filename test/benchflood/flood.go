package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dbc-network/dbc/test/junk"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/guard"
)

func kinds() []string {
	var names []string
	for _, k := range junk.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// spammers returns the wallets that send a kind of junk.
func spammers(k junk.Kind) []*junk.Wallet {
	var all []*junk.Wallet
	for i := range flooders {
		all = append(all, junk.NewWallet(fmt.Sprint(k.Name, i), k.Keys))
	}
	return all
}

// pour floods all validators until ctx ends.
func (w *world) pour(ctx context.Context, k junk.Kind, n *junk.Counts) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, from := range spammers(k) {
		group.Go(func() error {
			err := w.pourFrom(ctx, w.Validators[i%len(w.Validators)], from, k, n)
			if ctx.Err() != nil {
				return nil //nolint:nilerr // it ended because the flood did
			}
			return err
		})
	}
	return group.Wait()
}

func (w *world) pourFrom(ctx context.Context, v *testnet.Validator, from *junk.Wallet, k junk.Kind, n *junk.Counts) error {
	if err := from.Sync(ctx, v.GRPC); err != nil {
		return err
	}
	for {
		tx, err := from.Sign(testnet.ChainID, k)
		if err != nil {
			return err
		}
		result, err := v.Comet.BroadcastTxSync(ctx, tx)
		switch {
		case err == nil && result.Code == 0:
			n.Add("", 0)
			from.Sent()
			continue
		case err != nil:
			n.Add("unanswered", 1)
		default:
			n.Add(result.Codespace, result.Code)
		}
		if err == nil && result.Codespace != guard.ModuleName {
			// Some accepted transactions went elsewhere first, or were lost:
			// continue from the chain's sequence.
			if err := from.Sync(ctx, v.GRPC); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
