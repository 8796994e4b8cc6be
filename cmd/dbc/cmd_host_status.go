package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/host"
)

type hostStatus struct {
	machineRow
	Owner         string          `json:"owner"`
	Operator      string          `json:"operator"`
	Payout        string          `json:"payout"`
	OfflineSince  *time.Time      `json:"offline_since,omitempty"`
	DrainFrom     *time.Time      `json:"drain_from,omitempty"`
	RetiredAt     *time.Time      `json:"retired_at,omitempty"`
	Withdrawable  *time.Time      `json:"stake_withdrawable_at,omitempty"`
	Stake         uint64          `json:"stake_udbc"`
	StakeRequired uint64          `json:"stake_required_udbc"`
	StakeMissing  uint64          `json:"stake_missing_udbc"`
	TakesNone     bool            `json:"stake_too_low"`
	Challenges    []openChallenge `json:"open_challenges"`
	Rentals       []rentalRow     `json:"open_rentals"`
	Node          nodeStatus      `json:"node"`
	Height        int64           `json:"height"`
	Time          time.Time       `json:"time"`
}

type openChallenge struct {
	ID         uint64    `json:"challenge_id"`
	Challenger string    `json:"challenger"`
	Deposit    uint64    `json:"deposit_udbc"`
	Deadline   time.Time `json:"deadline"`
}

// nodeStatus is what the machine's own API said.
type nodeStatus struct {
	URL       string `json:"url"`
	Reachable bool   `json:"reachable"`
	// Problem says why it is not reachable, or why it does not believe the chain.
	Problem string `json:"problem,omitempty"`
	// Chain is what the node finds wrong with the chain, also before it doubts.
	Chain  *chain.Problem `json:"chain_problem,omitempty"`
	Height int64          `json:"believed_height,omitempty"`
}

func newHostStatusCommand(s *settings) *cobra.Command {
	var nodeHome string
	cmd := &cobra.Command{
		Use:   "status [MACHINE]",
		Short: "Show a machine's listing, stake, challenge and rentals, and whether its node answers",
		Long: "The chain is asked for everything but the line of the node. A node that does not answer is no failure of this\n" +
			"command, for it may be asked from elsewhere; --node says where the node's API is.",
		Example: "  dbc host status\n  dbc host status MACHINE --json",
		Args:    machineArgs(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := s.hostedMachine(args, nodeHome)
			if err != nil {
				return err
			}
			url := s.nodeURL(nodeHome, id)
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			read, err := host.ReadStatus(cmd.Context(), c, id)
			if err != nil {
				return err
			}
			if s.node != direct {
				fill(&url, s.node)
			}
			fill(&url, s.compute)
			status := newHostStatus(read)
			status.Node = askNode(cmd.Context(), url, id)
			return s.show(cmd, status, func(w io.Writer) { writeHostStatus(w, status) })
		},
	}
	nodeHomeFlag(cmd, &nodeHome)
	return cmd
}

// nodeURL is the API of this machine's node as its configuration has it; "" is
// left to the flags and the devnet.
func (s *settings) nodeURL(nodeHome, id string) string {
	h, err := s.openHost(nodeHome)
	if s.node != "" || err != nil || h.Key.MachineID() != id {
		return ""
	}
	if h.Config.HTTPTLSCert != "" {
		return "https://" + h.Config.HTTPListen.String()
	}
	return "http://" + h.Config.HTTPListen.String()
}

func askNode(ctx context.Context, url, id string) nodeStatus {
	root, err := askRoot(ctx, http.DefaultClient, url)
	switch {
	case err != nil:
		return nodeStatus{URL: url, Problem: err.Error()}
	case root.MachineID != id:
		return nodeStatus{URL: url, Problem: "another machine answers there: " + client.Printable(root.MachineID)}
	}
	return nodeStatus{URL: url, Reachable: true, Problem: client.Printable(root.Doubt), Chain: root.Problem, Height: root.Height}
}

func newHostStatus(read host.Status) hostStatus {
	m := read.Listing.Machine
	status := hostStatus{
		machineRow: chainRow(read.Listing), Owner: m.Owner, Operator: m.Operator, Payout: m.Payout,
		OfflineSince: m.OfflineSince, DrainFrom: m.DrainFrom, RetiredAt: m.RetiredAt,
		Stake: m.Stake, StakeRequired: m.StakeRequired, StakeMissing: m.StakeShort(), TakesNone: m.BelowStake(),
		Challenges: make([]openChallenge, len(read.Challenges)), Rentals: make([]rentalRow, len(read.Rentals)), Height: read.Height, Time: read.Time,
	}
	for i, r := range read.Rentals {
		status.Rentals[i] = newRentalRow(r)
	}
	for i, c := range read.Challenges {
		status.Challenges[i] = openChallenge{ID: c.Id, Challenger: c.Challenger, Deposit: c.Deposit, Deadline: c.Deadline}
	}
	if !read.WithdrawableAt.IsZero() {
		status.Withdrawable = &read.WithdrawableAt
	}
	return status
}

func writeHostStatus(w io.Writer, h hostStatus) {
	row(w, "Machine:", h.ID)
	row(w, "State:", h.stateLine())
	row(w, "Offers:", fmt.Sprintf("GPUs %s, %d CPUs, %d MiB, %d of %d slots free", gpuCounts(h.GPUs), h.CPUs, h.MemoryMiB, len(h.Free), h.Slots))
	row(w, "Price:", client.FormatDBC(h.PricePerDay)+" for each slot and day")
	stake := fmt.Sprintf("%s of %s", client.FormatDBC(h.Stake), client.FormatDBC(h.StakeRequired))
	if h.StakeMissing > 0 && h.RetiredAt == nil {
		stake += ": short of " + client.FormatDBC(h.StakeMissing) + ", a tenth of each payment goes into it"
		if h.TakesNone {
			stake += "; takes no new rental until dbc host stake add brings it to nine tenths"
		}
	}
	if h.Withdrawable != nil && h.Stake > 0 {
		stake += ", can be withdrawn from " + clock(*h.Withdrawable)
	}
	row(w, "Stake:", stake)
	for i, c := range h.Challenges {
		label := ""
		if i == 0 {
			label = "Challenges:"
		}
		row(w, label, fmt.Sprintf("%d, to be answered before %s (in %s)", c.ID, clock(c.Deadline), client.Until(h.Time, c.Deadline)))
	}
	if len(h.Challenges) == 0 {
		row(w, "Challenges:", "none open")
	}
	row(w, "Node:", h.Node.line())
	for i, r := range h.Rentals {
		label := ""
		if i == 0 {
			label = "Rentals:"
		}
		row(w, label, fmt.Sprintf("%d, %s, slots %v, %s paid, ends %s", r.ID, r.State, r.Slots, client.FormatDBC(r.Paid), clock(r.End)))
	}
	if len(h.Rentals) == 0 {
		row(w, "Rentals:", "none open")
	}
}

func (h hostStatus) stateLine() string {
	line := h.State
	if h.OfflineSince != nil {
		line += " since " + clock(*h.OfflineSince)
	}
	if h.RetiredAt != nil {
		line += " since " + clock(*h.RetiredAt)
	}
	if h.DrainFrom != nil {
		line += ", takes no rental beyond " + clock(*h.DrainFrom)
	}
	return line
}

func (n nodeStatus) line() string {
	switch {
	case !n.Reachable:
		return "no answer at " + n.URL + ": " + n.Problem
	case n.Problem != "":
		return "answers at " + n.URL + ", but does not believe the chain: " + n.Problem
	case n.Chain != nil:
		return "answers at " + n.URL + "; " + n.Chain.String()
	}
	return fmt.Sprintf("answers at %s, believes block %d", n.URL, n.Height)
}
