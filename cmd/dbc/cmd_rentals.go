package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/x/rental"
)

type rentalRow struct {
	ID        uint64     `json:"rent_id"`
	MachineID string     `json:"machine_id"`
	Slots     []uint32   `json:"slots"`
	State     string     `json:"state"`
	Start     time.Time  `json:"start"`
	End       time.Time  `json:"end"`
	Deadline  time.Time  `json:"deadline"`
	Paid      uint64     `json:"paid_udbc"`
	Fee       uint64     `json:"fee_udbc"`
	Claimed   uint64     `json:"claimed_udbc"`
	FromStake uint64     `json:"from_stake_udbc"`
	Held      uint64     `json:"held_penalty_udbc"`
	HeldUntil *time.Time `json:"held_until,omitempty"`
	Notice    uint64     `json:"exit_notice_seconds"`
}

func newRentalsCommand(s *settings) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "rentals",
		Short:   "List your open rentals",
		Example: "  dbc rentals\n  dbc rentals --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			renter, c, err := s.renter(cmd)
			if err != nil {
				return err
			}
			rentals, err := market.Rentals(cmd.Context(), c, renter.Wallet.Address(), !all)
			if err != nil {
				return err
			}
			rows := make([]rentalRow, len(rentals))
			for i, r := range rentals {
				rows[i] = newRentalRow(r)
			}
			return s.show(cmd, rows, func(w io.Writer) { writeRentals(w, rows) })
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also those that are over")
	return cmd
}

func newRentalRow(r rental.Rental) rentalRow {
	return rentalRow{
		ID: r.Id, MachineID: r.MachineId, Slots: r.Slots, State: stateWord(r.State.String(), "RENTAL_STATE_"),
		Start: r.Start, End: r.End, Deadline: r.Deadline, Paid: r.Paid, Fee: r.Fee, Claimed: r.Claimed, FromStake: r.FromStake, Held: r.HeldPenalty, HeldUntil: r.HeldUntil,
		Notice: r.ExitNoticeSeconds,
	}
}

func writeRentals(w io.Writer, rows []rentalRow) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "No open rental. dbc machines shows what can be rented, --all what was.")
		return
	}
	row(w, "RENTAL", "STATE", "SLOTS", "PAID", "END", "MACHINE")
	for _, r := range rows {
		state := r.State
		if r.State == "trial" {
			state = "trial, confirm by " + clock(r.Deadline) + left(r.Deadline)
		}
		row(w, r.ID, state, fmt.Sprint(r.Slots), client.FormatDBC(r.Paid), clock(r.End), r.MachineID)
	}
}
