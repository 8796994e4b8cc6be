//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/host"
	nodecmd "github.com/dbc-network/dbc/cmd/dbc/node"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/x/machine"
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
	OutOfService  []uint32        `json:"out_of_service"`
	Challenges    []openChallenge `json:"open_challenges"`
	Rentals       []rentalRow     `json:"open_rentals"`
	Node          nodeStatus      `json:"node"`
	// Listing are the differences between listing and node; nil if the machine's
	// home is not on this computer.
	Listing *compared `json:"listing,omitempty"`
	// Health is what the node found out about itself; nil if its home is not on
	// this computer, or if none has run.
	Health *nodeHealth `json:"health,omitempty"`
	// Next is the host's next step, by code.
	Next   string    `json:"next,omitempty"`
	Height int64     `json:"height"`
	Time   time.Time `json:"time"`
}

type openChallenge struct {
	ID         uint64    `json:"challenge_id"`
	Challenger string    `json:"challenger"`
	Deposit    uint64    `json:"deposit_udbc"`
	Deadline   time.Time `json:"deadline"`
}

// nodeStatus is what the machine's own API reports.
type nodeStatus struct {
	URL       string `json:"url"`
	Reachable bool   `json:"reachable"`
	// Problem says why it is not reachable, or why it does not trust the chain.
	Problem string `json:"problem,omitempty"`
	// Chain is what the node finds wrong with the chain, even before it is in doubt.
	Chain  *api.Problem `json:"chain_problem,omitempty"`
	Height int64        `json:"believed_height,omitempty"`
}

func newHostStatusCommand(s *settings) *cobra.Command {
	var nodeHome, from string
	cmd := &cobra.Command{
		Use:   "status [MACHINE]",
		Short: "Show a machine's listing, stake, challenge and rentals, and whether its node answers",
		Long: "The chain is asked for everything but the line of the node. A node that does not answer is no failure of this\n" +
			"command, for it may be asked from elsewhere; --node says where the node's API is.",
		Example: "  dbc host status\n  dbc host status MACHINE --json",
		Args:    machineArgs(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := hostedMachine(s, args, nodeHome)
			if err != nil {
				return err
			}
			url := nodeURL(s, nodeHome, id)
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
			if err := compareOwn(cmd.Context(), s, &status, c, read.Listing.Machine.Facts, nodeHome, from); err != nil {
				return err
			}
			status.Next = nextStep(status)
			return s.show(cmd, status, func(w io.Writer) { writeHostStatus(w, status) })
		},
	}
	nodeHomeFlag(cmd, &nodeHome)
	fromFlag(cmd, &from)
	return cmd
}

// compareOwn compares the listing with the node whose home is on this computer;
// a retired machine's does not matter.
func compareOwn(ctx context.Context, s *settings, status *hostStatus, c *chain.Client, listed machine.Facts, nodeHome, from string) error {
	h, err := openHost(s, nodeHome)
	if err != nil || h.Key.MachineID() != status.ID || status.RetiredAt != nil {
		return nil //nolint:nilerr // its home is elsewhere
	}
	status.Health = readHealth(compute.HealthPath(h.Config), status.OutOfService)
	seen, err := compareFacts(ctx, s, h, c, listed, from)
	seen.Differences = slices.DeleteFunc(seen.Differences, func(d listing.Difference) bool {
		return d.Code == listing.NoNode && !status.Node.Reachable // already reported
	})
	status.Listing = &seen
	return err
}

// nodeURL returns the URL of this machine's node's API from its configuration;
// if it is "", flags and devnet decide.
func nodeURL(s *settings, nodeHome, id string) string {
	h, err := openHost(s, nodeHome)
	if s.node != "" || err != nil || h.Key.MachineID() != id {
		return ""
	}
	if h.Config.HTTPTLSCert != "" {
		return "https://" + h.Config.HTTPListen.String()
	}
	return "http://" + h.Config.HTTPListen.String()
}

func askNode(ctx context.Context, url, id string) nodeStatus {
	root, err := nodecmd.AskRoot(ctx, http.DefaultClient, url)
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
		OutOfService: append([]uint32{}, m.OutOfService...),
		Challenges:   make([]openChallenge, len(read.Challenges)), Rentals: make([]rentalRow, len(read.Rentals)), Height: read.Height, Time: read.Time,
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
	if len(h.OutOfService) > 0 {
		row(w, "Out of service:", fmt.Sprintf("slots %v take no new rental; dbc host gpu slots says why", h.OutOfService))
	}
	row(w, "Price:", client.FormatDBC(h.PricePerDay)+" for each slot and day")
	row(w, "Exit notice:", noticeWord(h.Notice))
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
	h.writeListing(w)
	h.writeHealth(w)
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
	if words := nextWords(h); words != "" {
		row(w, "Next:", words)
	}
}

func (h hostStatus) writeListing(w io.Writer) {
	if h.Listing == nil {
		return
	}
	label := "Listing:"
	for _, d := range h.Listing.Differences {
		row(w, label, differenceWords(d))
		label = ""
	}
	if len(h.Listing.Differences) == 0 {
		row(w, label, "agrees with the node, which answers at its listed addresses")
	}
	if h.Listing.From != "" {
		row(w, "", strings.TrimSuffix("from elsewhere: "+h.Listing.From+": "+h.Listing.FromReason, ": "))
	}
}

// The next steps of a host.
const (
	nextStart    = "START_NODE"
	nextUpdate   = "UPDATE_LISTING"
	nextStake    = "ADD_STAKE"
	nextOnline   = "GO_ONLINE"
	nextWait     = "WAIT_UNBONDING"
	nextWithdraw = "WITHDRAW_STAKE"
	nextBond     = "BOND"
)

// nextStep returns what the host should do now; "" for nothing.
func nextStep(h hostStatus) string {
	switch {
	case h.RetiredAt != nil && h.Stake == 0:
		return nextBond
	case h.RetiredAt != nil && h.Withdrawable != nil && h.Withdrawable.After(h.Time):
		return nextWait
	case h.RetiredAt != nil:
		return nextWithdraw
	case !h.Node.Reachable:
		return nextStart
	case h.Listing != nil && len(listing.Refused(h.Listing.Differences, true)) > 0:
		return nextUpdate
	case h.TakesNone:
		return nextStake
	case h.State != "online":
		return nextOnline
	}
	return ""
}

func nextWords(h hostStatus) string {
	switch h.Next {
	case nextBond:
		return "the stake is withdrawn; dbc host bond registers the machine anew"
	case nextWait:
		return fmt.Sprintf("nothing until %s; then dbc host withdraw takes the stake back, and dbc host bond registers the machine anew", clock(*h.Withdrawable))
	case nextWithdraw:
		return "dbc host withdraw takes the stake back; after that dbc host bond registers the machine anew"
	case nextStart:
		return "start the machine's node (dbc node start, or systemctl start dbc-node)"
	case nextUpdate:
		return "mend what differs from the listing, with dbc host update where core.conf is right"
	case nextStake:
		return fmt.Sprintf("dbc host stake add MACHINE %s, so that it takes new rentals", strings.TrimSuffix(client.FormatDBC(h.StakeMissing), " DBC"))
	case nextOnline:
		return "dbc host online opens the machine for rentals"
	}
	return ""
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
