package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/test/junk"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	flooders = 12
	slots    = 16
)

// world has four validators, a machine that takes rentals, and accounts that
// flood.
type world struct {
	*testnet.Net
	host, renter, challenger *secp256k1.PrivKey
	machine                  ed25519.PrivateKey
	id                       string
	active                   uint64 // the rental that is renewed
}

func newWorld(ctx context.Context, cfg config) (w *world, err error) {
	w = &world{
		host: keyOf("host"), renter: keyOf("renter"), challenger: keyOf("challenger"),
		machine: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)),
	}
	w.id = hex.EncodeToString(w.machine.Public().(ed25519.PublicKey))
	rich := []string{chain.Address(w.host.PubKey()), chain.Address(w.renter.PubKey()), chain.Address(w.challenger.PubKey())}
	for _, k := range junk.Kinds() {
		for _, from := range spammers(k) {
			rich = append(rich, from.Address())
		}
	}
	if w.Net, err = testnet.New(ctx, testnet.Config{Dir: cfg.dir, Dbcd: cfg.dbcd, Rich: rich, AsInitialized: true}); err != nil {
		return nil, err
	}
	if err := w.Start(ctx); err != nil {
		return nil, err
	}
	if err := w.list(ctx); err != nil {
		return nil, err
	}
	if w.active, err = w.rent(ctx); err != nil {
		return nil, err
	}
	_, err = w.send(ctx, 0, w.renter, &rental.MsgConfirmRent{Renter: chain.Address(w.renter.PubKey()), RentId: w.active})
	return w, err
}

func keyOf(name string) *secp256k1.PrivKey { return secp256k1.GenPrivKeyFromSecret([]byte(name)) }

// send sends through a validator and returns the block with the transaction.
func (w *world) send(ctx context.Context, through int, key *secp256k1.PrivKey, msg sdk.Msg) (chain.TxResult, error) {
	return w.Validators[through].Client.Broadcast(ctx, chain.NewKeySigner(key), msg)
}

// list bonds the machine and puts it online.
func (w *world) list(ctx context.Context) error {
	host, expiry := chain.Address(w.host.PubKey()), time.Now().Add(30*time.Minute).Unix()
	facts := machine.Facts{
		CpuModel: "EPYC", CpuCores: 64, MemoryMib: 1 << 18, PortFirst: 5200, PortLast: 32767,
		KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM, Delivery: machine.DELIVERY_VM,
	}
	for i := range slots {
		facts.Slots = append(facts.Slots, machine.Slot{
			Kind: machine.SLOT_KIND_GPU, GpuType: "RTX 4090", GpuIds: []string{fmt.Sprint("gpu", i)}, GpuCount: 1, VramMib: 24564,
		})
	}
	if _, err := w.send(ctx, 0, w.host, &machine.MsgBondMachines{Owner: host, Bonds: []machine.Bond{{
		MachineId: w.id, Operator: host, Payout: host, Facts: facts, PricePerDay: 24_000_000, BondSeq: 1, Expiry: expiry,
		Signature: ed25519.Sign(w.machine, machine.BondText(testnet.ChainID, w.id, host, 1, expiry, facts)),
	}}}); err != nil {
		return err
	}
	_, err := w.send(ctx, 0, w.host, &machine.MsgSetOnline{
		Operator: host, MachineId: w.id, Expiry: expiry,
		Signature: ed25519.Sign(w.machine, machine.OnlineText(testnet.ChainID, w.id, 1, expiry)),
	})
	return err
}

func (w *world) rent(ctx context.Context) (uint64, error) {
	result, err := w.send(ctx, 0, w.renter, &rental.MsgRentMachine{
		Renter: chain.Address(w.renter.PubKey()), MachineId: w.id, DurationSeconds: 7200, Slots: 1,
	})
	if err != nil {
		return 0, err
	}
	var reply rental.MsgRentMachineResponse
	return reply.RentId, result.Response(0, &reply)
}

// deadlines returns the messages that must get through, each through another
// validator.
func (w *world) deadlines(ctx context.Context) ([3]deadline, error) {
	trial, err := w.rent(ctx)
	if err != nil {
		return [3]deadline{}, err
	}
	result, err := w.send(ctx, 0, w.challenger, &machine.MsgChallenge{Challenger: chain.Address(w.challenger.PubKey()), MachineId: w.id})
	if err != nil {
		return [3]deadline{}, err
	}
	var reply machine.MsgChallengeResponse
	if err := result.Response(0, &reply); err != nil {
		return [3]deadline{}, err
	}
	renter, host := chain.Address(w.renter.PubKey()), chain.Address(w.host.PubKey())
	return [3]deadline{
		{w.host, &machine.MsgAnswerChallenge{
			Operator: host, MachineId: w.id, ChallengeId: reply.ChallengeId, Height: result.Height,
			Signature: ed25519.Sign(w.machine, machine.AnswerText(testnet.ChainID, w.id, reply.ChallengeId, result.Height)),
		}},
		{w.renter, &rental.MsgConfirmRent{Renter: renter, RentId: trial}},
		{w.renter, &rental.MsgReletMachine{Renter: renter, RentId: w.active, AddDurationSeconds: 3600}},
	}, nil
}

type deadline struct {
	key *secp256k1.PrivKey
	msg sdk.Msg
}

// sendAll sends them at once and returns for each the number of blocks until it
// was included.
func (w *world) sendAll(ctx context.Context, all [3]deadline) (after [3]int64, err error) {
	group, ctx := errgroup.WithContext(ctx)
	for i, d := range all {
		group.Go(func() error {
			through := i + 1
			if i == 2 {
				through = 2 // the same account: its program knows about the previous one
			}
			head, err := w.Validators[through].Client.Head(ctx)
			if err != nil {
				return err
			}
			result, err := w.send(ctx, through, d.key, d.msg)
			if err != nil {
				return fmt.Errorf("send %T: %w", d.msg, err)
			}
			after[i] = result.Height - head.Height
			return nil
		})
	}
	return after, group.Wait()
}
