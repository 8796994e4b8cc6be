package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain/earnings"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/rental"
)

// amounts are in udbc.
type amounts struct {
	Paid      uint64 `json:"paid_udbc"`
	Earned    uint64 `json:"earned_udbc"`
	Claimed   uint64 `json:"claimed_udbc"`
	Unclaimed uint64 `json:"unclaimed_udbc"`
	// Fee is the host's part of trials' fees, which is paid at once.
	Fee uint64 `json:"fee_udbc"`
}

type earningRow struct {
	ID      uint64    `json:"rent_id"`
	State   string    `json:"state"`
	End     time.Time `json:"end"`
	Waiting string    `json:"waiting,omitempty"`
	amounts
}

type earningsReply struct {
	MachineID string       `json:"machine_id"`
	Rentals   []earningRow `json:"rentals"`
	Sum       amounts      `json:"sum"`
}

func newHostEarningsCommand(s *settings) *cobra.Command {
	var nodeHome string
	cmd := &cobra.Command{
		Use:   "earnings [MACHINE]",
		Short: "Show what each rental of a machine paid, earned and still owes",
		Long: "Rent is earned as time passes. It goes to the payout address when claimed, and by itself when a rental is\n" +
			"over. Rentals that the chain has pruned, ninety days after their end, are not counted.",
		Example: "  dbc host earnings MACHINE\n  dbc host earnings --node-home ~/.dbc/mining --json",
		Args:    machineArgs(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := hostedMachine(s, args, nodeHome)
			if err != nil {
				return err
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			books, err := earnings.Read(cmd.Context(), c, id)
			if err != nil {
				return err
			}
			reply := newEarningsReply(id, books)
			return s.show(cmd, reply, func(w io.Writer) { writeEarnings(w, reply) })
		},
	}
	nodeHomeFlag(cmd, &nodeHome)
	return cmd
}

// hostedMachine returns the named machine, or that of this computer's node.
func hostedMachine(s *settings, args []string, nodeHome string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	id, err := machineHere(s, nodeHome)
	if err != nil {
		return "", usagef("no MACHINE given, and no mining node here to take it from: %w", err)
	}
	return id, nil
}

func newEarningsReply(id string, books []earnings.Earning) earningsReply {
	reply := earningsReply{MachineID: id, Rentals: make([]earningRow, len(books))}
	for i, e := range books {
		a := amounts{Paid: e.Rental.Paid, Earned: e.Earned, Claimed: e.Claimed, Unclaimed: e.Unclaimed, Fee: e.Rental.FeeToHost()}
		reply.Rentals[i] = earningRow{
			ID: e.Rental.Id, State: stateWord(e.Rental.State.String(), "RENTAL_STATE_"), End: e.Rental.End,
			Waiting: e.Waiting, amounts: a,
		}
		// No overflow: all of it exists, and all existing coins fit.
		reply.Sum.Paid += a.Paid
		reply.Sum.Earned += a.Earned
		reply.Sum.Claimed += a.Claimed
		reply.Sum.Unclaimed += a.Unclaimed
		reply.Sum.Fee += a.Fee
	}
	return reply
}

func writeEarnings(w io.Writer, reply earningsReply) {
	if len(reply.Rentals) == 0 {
		fmt.Fprintln(w, "No rentals yet.")
		return
	}
	row(w, "RENTAL", "STATE", "PAID", "EARNED", "CLAIMED", "UNCLAIMED", "FEE", "END")
	line := func(first any, state string, a amounts, end string) {
		row(w, first, state, client.FormatDBC(a.Paid), client.FormatDBC(a.Earned), client.FormatDBC(a.Claimed),
			client.FormatDBC(a.Unclaimed), client.FormatDBC(a.Fee), end)
	}
	for _, r := range reply.Rentals {
		state := r.State
		if r.Waiting != "" {
			state += ", waiting: " + r.Waiting
		}
		line(r.ID, state, r.amounts, clock(r.End))
	}
	line("Sum", "", reply.Sum, "")
}

type claimReply struct {
	MachineID string `json:"machine_id"`
	Claimed   uint64 `json:"claimed_udbc"`
	Rentals   int    `json:"rentals"`
	Gas       uint64 `json:"gas_udbc"`
	// Hashes of the transactions, one per hundred rentals.
	Hashes []string `json:"tx_hashes"`
}

func newHostClaimCommand(s *settings) *cobra.Command {
	var nodeHome string
	cmd := &cobra.Command{
		Use:     "claim [MACHINE]",
		Short:   "Send what a machine's running rentals earned to the payout address",
		Long:    "The owner's, operator's and payout's wallets may do it; whoever does pays the gas.",
		Example: "  dbc host claim MACHINE --wallet operator",
		Args:    machineArgs(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := hostedMachine(s, args, nodeHome)
			if err != nil {
				return err
			}
			return claimEarnings(s, cmd, id)
		},
	}
	nodeHomeFlag(cmd, &nodeHome)
	return cmd
}

func claimEarnings(s *settings, cmd *cobra.Command, id string) error {
	signer, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	books, err := earnings.Read(cmd.Context(), c, id)
	if err != nil {
		return err
	}
	reply := claimReply{MachineID: id, Hashes: []string{}}
	for _, msg := range earnings.Claims(signer.Wallet.Address(), books) {
		tx, err := c.Broadcast(cmd.Context(), signer.Wallet, msg)
		if err != nil {
			return fmt.Errorf("claim the rent of %d rentals (%s of %d others was claimed): %w",
				len(msg.RentIds), client.FormatDBC(reply.Claimed), reply.Rentals, err)
		}
		var res rental.MsgClaimRentResponse
		if err := tx.Response(0, &res); err != nil {
			return err
		}
		s.sayEarlier(cmd, tx)
		reply.Claimed += res.Claimed
		reply.Rentals += len(msg.RentIds)
		reply.Gas += tx.Fee
		reply.Hashes = append(reply.Hashes, tx.Hash)
	}
	return s.show(cmd, reply, func(w io.Writer) {
		if reply.Rentals == 0 {
			fmt.Fprintln(w, "Nothing to claim: no running rental has earned anything that is not claimed.")
			return
		}
		fmt.Fprintf(w, "%s went to the payout address, rentals: %d (gas %s).\n",
			client.FormatDBC(reply.Claimed), reply.Rentals, client.FormatDBC(reply.Gas))
	})
}
