package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client/market"
)

// ticketReply has the fields of a request's body, as sign_tool prints them.
type ticketReply struct {
	Sign   string `json:"sign"`
	Nonce  string `json:"nonce"`
	Wallet string `json:"wallet"`
	// SessionIDSign is over a session's id.
	SessionIDSign string    `json:"session_id_sign,omitempty"`
	MachineID     string    `json:"machine_id,omitempty"`
	Expires       time.Time `json:"expires"`
}

func newTicketCommand(s *settings) *cobra.Command {
	var (
		life            = auth.TicketLife
		sessionID       string
		everyMachine    bool
		machineOfTicket string
	)
	cmd := &cobra.Command{
		Use:   "ticket [MACHINE]",
		Short: "Sign a ticket to paste into Postman or curl, with a wallet of this computer",
		Long: "It prints what sign_tool does, the fields sign, nonce and wallet of a request's body, and needs no private key: the\n" +
			"wallet signs. Without MACHINE the ticket is for the only machine that you rent. It can be sent many times until it\n" +
			"expires, to create, start, stop and show; deleting and passwords need what dbc signs itself.",
		Example: "  dbc ticket\n  dbc ticket MACHINE --valid-for 2h --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if life < time.Second || life > auth.MaxTicketLife {
				return usagef("--valid-for %s: 1s-%s", life, auth.MaxTicketLife)
			}
			if everyMachine && len(args) > 0 {
				return usagef("--every-machine and MACHINE: choose one")
			}
			var err error
			if !everyMachine {
				if machineOfTicket, err = ticketMachine(s, cmd, first(args)); err != nil {
					return err
				}
			}
			return signTicket(s, cmd, machineOfTicket, life, sessionID)
		},
	}
	cmd.Flags().Var(patience{&life}, "valid-for", "until then it can be used, at most 24h")
	cmd.Flags().StringVar(&sessionID, "sign-session-id", "", "also sign this id, which mining_nodes/session_id returned")
	cmd.Flags().BoolVar(&everyMachine, "every-machine", false, "name no machine: it is refused where you rent elsewhere, or began to rent later")
	return cmd
}

// ticketMachine returns the machine that word names, or the only one that is rented.
func ticketMachine(s *settings, cmd *cobra.Command, word string) (string, error) {
	if word != "" {
		return wholeMachineID(cmd.Context(), s, word)
	}
	renter, c, err := s.renter(cmd)
	if err != nil {
		return "", err
	}
	open, err := market.Rentals(cmd.Context(), c, renter.Wallet.Address(), true)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, r := range open {
		if !slices.Contains(ids, r.MachineId) {
			ids = append(ids, r.MachineId)
		}
	}
	switch len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		return "", usagef("MACHINE is missing, and you rent none: dbc machines shows them; --every-machine names none")
	}
	return "", usagef("which MACHINE? %s; --every-machine names none", strings.Join(ids, ", "))
}

func signTicket(s *settings, cmd *cobra.Command, machineID string, life time.Duration, sessionID string) error {
	wallet, err := s.signer(cmd)
	if err != nil {
		return err
	}
	ticket, err := auth.NewTicket(time.Now(), life, machineID)
	if err != nil {
		return err
	}
	reply := ticketReply{Nonce: ticket.Nonce(), Wallet: wallet.Address(), MachineID: machineID, Expires: ticket.Expires}
	if reply.Sign, err = auth.SignTicket(cmd.Context(), wallet, ticket); err != nil {
		return err
	}
	if sessionID != "" {
		if reply.SessionIDSign, err = auth.SignSession(cmd.Context(), wallet, sessionID); err != nil {
			return err
		}
	}
	return s.show(cmd, reply, func(w io.Writer) {
		fmt.Fprintf(w, "sign: %s\nnonce: %s\nwallet: %s\n", reply.Sign, reply.Nonce, reply.Wallet)
		if reply.SessionIDSign != "" {
			fmt.Fprintf(w, "session_id_sign: %s\n", reply.SessionIDSign)
		}
	})
}
