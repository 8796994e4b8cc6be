package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
)

type rentReply struct {
	RentID    uint64    `json:"rent_id"`
	MachineID string    `json:"machine_id"`
	Rent      uint64    `json:"rent_udbc"`
	Fee       uint64    `json:"fee_udbc"`
	Total     uint64    `json:"total_udbc"`
	Gas       uint64    `json:"gas_udbc"`
	Deadline  time.Time `json:"deadline"`
	End       time.Time `json:"end"`
	Height    int64     `json:"height"`
	Hash      string    `json:"tx_hash"`
}

func newRentCommand(s *settings) *cobra.Command {
	var (
		slots    uint32
		maxTotal string
	)
	cmd := &cobra.Command{
		Use:   "rent MACHINE DURATION",
		Short: "Rent a machine, or slots of it, on trial",
		Long: "Rent quotes first and pays no more than the quote: if the listing moves meanwhile, the chain refuses.\n" +
			"The rental is a trial until dbc confirm; without it the rent comes back at the deadline. The fee waits in escrow:\n" +
			"confirmed, it goes to the community pool; of a trial that nobody confirms or that is cancelled, half of it is the\n" +
			"host's unless the machine was named as the cause; where the machine fails the trial, it comes back.",
		Example: "  dbc rent MACHINE 3d\n  dbc rent MACHINE 2h --slots 1 --max-total 50",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var most uint64
			if cmd.Flags().Changed("max-total") {
				var err error
				if most, err = client.ParseDBC(maxTotal); err != nil {
					return fmt.Errorf("--max-total %w", err)
				}
				if most == 0 { // it would mean the quote
					return usagef("--max-total %q: must be more than 0", maxTotal)
				}
			}
			order, err := parseOrder(cmd.Context(), s, args[0], args[1], slots)
			if err != nil {
				return err
			}
			order.MaxTotal = most
			return rentMachine(s, cmd, order)
		},
	}
	cmd.Flags().Uint32Var(&slots, "slots", 0, "slots to rent (default the whole machine)")
	cmd.Flags().StringVar(&maxTotal, "max-total", "", "refuse above so many DBC, rent and fee (default the quote)")
	return cmd
}

func rentMachine(s *settings, cmd *cobra.Command, order market.Order) error {
	renter, _, err := s.renter(cmd)
	if err != nil {
		return err
	}
	rented, earlier, err := renter.Earlier(cmd.Context(), order)
	if err != nil {
		return err
	}
	if !earlier {
		if rented, err = rentAnew(s, cmd, renter, order); err != nil {
			return err
		}
	}
	s.sayEarlier(cmd, rented.Tx)
	reply := rentReply{
		RentID: rented.RentID, MachineID: order.MachineID, Rent: rented.Rent, Fee: rented.Fee,
		Total: rented.Rent + rented.Fee, Gas: rented.Tx.Fee, Deadline: rented.Deadline, End: rented.End,
		Height: rented.Tx.Height, Hash: rented.Tx.Hash,
	}
	return s.show(cmd, reply, func(w io.Writer) {
		row(w, "Gas:", client.FormatDBC(reply.Gas))
		row(w, "Rented:", fmt.Sprintf("rental %d in block %d", reply.RentID, reply.Height))
		row(w, "Confirm by:", clock(reply.Deadline)+left(reply.Deadline)+fmt.Sprintf(" with dbc confirm %d", reply.RentID))
		row(w, "Next:", fmt.Sprintf("dbc vm create %d", reply.RentID))
	})
}

// rentAnew pays no more than the quote that it shows.
func rentAnew(s *settings, cmd *cobra.Command, renter market.Renter, order market.Order) (market.Rented, error) {
	quote, err := renter.Quote(cmd.Context(), order)
	if err != nil {
		return market.Rented{}, err
	}
	if !s.json {
		if err := s.show(cmd, nil, func(w io.Writer) { writeQuote(w, newQuoteReply(order, quote)) }); err != nil {
			return market.Rented{}, err
		}
	}
	wait := newWaiting(s, cmd)
	wait.say("waiting for the block with the rental")
	defer wait.end()
	return renter.Rent(cmd.Context(), order, quote)
}
