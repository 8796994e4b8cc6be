package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/rental"
)

// completeLimit is how long a shell waits for completions; a slow network yields none.
const completeLimit = 700 * time.Millisecond

// completer finds the values of one argument, each with a tab and a note.
type completer func(ctx context.Context, s *settings, cmd *cobra.Command) ([]string, error)

// completers map the words that usage lines have for arguments.
var completers = map[string]completer{
	"MACHINE": machineWords, "RENT_ID": rentalWords, "TASK_ID": taskWords, "SESSION_ID": sessionWords, "[NAME]": walletWords,
}

// completerOf returns the completer for a word in a usage line; optional
// arguments are in brackets there.
func completerOf(word string) completer {
	if find := completers[word]; find != nil {
		return find
	}
	return completers[strings.Trim(word, "[]")]
}

// complete gives every command below cmd the completions for its usage line.
func complete(s *settings, cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		complete(s, sub)
	}
	words := strings.Fields(cmd.Use)[1:]
	if cmd.ValidArgsFunction != nil || !slices.ContainsFunc(words, func(w string) bool { return completerOf(w) != nil }) {
		return
	}
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(words) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return completions(s, cmd, completerOf(words[len(args)]))
	}
}

// flagWords are the values of flags that accept a fixed set.
var flagWords = map[string][]string{
	"bios-mode": {"legacy", "uefi"}, "cause": rental.Causes(), "role": {"client", "mining"}, "scope": {"read", "operate", "data", "keys", "full"},
	"sort": {"price", "-price", "gpus", "-gpus", "vram", "-vram", "cpus", "-cpus", "memory", "-memory", "free", "-free"},
}

func completeFlags(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		completeFlags(sub)
	}
	for name, words := range flagWords {
		if cmd.LocalNonPersistentFlags().Lookup(name) != nil {
			_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder))
		}
	}
}

// completions never reports errors: they would appear in the middle of a command line.
func completions(s *settings, cmd *cobra.Command, find completer) ([]string, cobra.ShellCompDirective) {
	if find == nil || s.adopt(cmd) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeLimit)
	defer cancel()
	cmd.SetContext(ctx)
	s.completing = true
	type answer struct {
		list []string
		err  error
	}
	found := make(chan answer, 1) // the process ends with the completions, and a blocked search with it
	go func() {
		list, err := find(ctx, s, cmd)
		found <- answer{list, err}
	}()
	select {
	case a := <-found:
		if a.err == nil {
			return a.list, cobra.ShellCompDirectiveNoFileComp
		}
	case <-ctx.Done():
	}
	return nil, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveError
}

func machineWords(_ context.Context, s *settings, cmd *cobra.Command) ([]string, error) {
	rows, err := findMachines(s, cmd, machineFilter{sort: "price", limit: maxMachines})
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = client.Printable(r.ID) + "\t" + gpuCounts(r.GPUs) + ", " + client.FormatDBC(r.PricePerDay)
	}
	return list, err
}

func rentalWords(ctx context.Context, s *settings, cmd *cobra.Command) ([]string, error) {
	renter, c, err := s.renter(cmd)
	if err != nil {
		return nil, err
	}
	rentals, err := market.Rentals(ctx, c, renter.Wallet.Address(), cmd.Name() != "explain")
	if err != nil {
		return nil, err
	}
	list := make([]string, len(rentals))
	for i, r := range rentals {
		row := newRentalRow(r)
		list[i] = strconv.FormatUint(r.Id, 10) + "\t" + row.State + ", ends " + clock(r.End)
	}
	return list, nil
}

func taskWords(_ context.Context, s *settings, cmd *cobra.Command) (list []string, err error) {
	parts, _, err := gather(s, cmd, "", func(ctx context.Context, n *client.Node) ([]api.TaskSummary, error) { return n.Tasks(ctx) })
	if book, bookErr := s.book(); bookErr == nil {
		names, _ := book.All() // without names, the ids are left
		for _, v := range names {
			list = append(list, v.Name+"\tyour name of "+v.TaskID)
		}
	}
	for _, p := range parts {
		for _, t := range p.rows {
			list = append(list, client.Printable(t.TaskID)+"\t"+client.Printable(t.Status)+" "+client.Printable(t.Desc))
		}
	}
	return list, err
}

func sessionWords(_ context.Context, s *settings, cmd *cobra.Command) (list []string, err error) {
	parts, _, err := gather(s, cmd, "", func(ctx context.Context, n *client.Node) ([]api.GrantedSession, error) {
		more, err := n.Sessions(ctx)
		return more.Sessions, err
	})
	for _, p := range parts {
		for _, x := range p.rows {
			if !x.Revoked {
				list = append(list, client.Printable(x.SessionID)+"\t"+client.Printable(x.Scope)+" in rental "+client.Printable(x.RentOrder))
			}
		}
	}
	return list, err
}

func walletWords(_ context.Context, s *settings, cmd *cobra.Command) ([]string, error) {
	wallets, err := allWallets(s, cmd)
	list := make([]string, len(wallets))
	for i, w := range wallets {
		list[i] = w.Name + "\t" + w.Address
	}
	return list, err
}
