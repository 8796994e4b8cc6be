package main

import (
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/compute/listing"
)

// TestNextStep: a host is told what to do in every state of its machine.
func TestNextStep(t *testing.T) {
	t.Parallel()
	now := time.Now()
	later, earlier := now.Add(14*24*time.Hour), now.Add(-time.Hour)
	up := nodeStatus{Reachable: true}
	moved := &compared{Differences: []listing.Difference{{Code: listing.OtherPorts}}}
	grown := &compared{Differences: []listing.Difference{{Code: listing.Unmeasured}}}
	in := func(state string) machineRow { return machineRow{State: state} }
	for name, c := range map[string]struct {
		status hostStatus
		want   string
		says   string
	}{
		"bonded, node away":    {hostStatus{machineRow: in("bonded")}, nextStart, "dbc node start"},
		"bonded, node there":   {hostStatus{machineRow: in("bonded"), Node: up}, nextOnline, "dbc host online"},
		"bonded, listed wrong": {hostStatus{machineRow: in("bonded"), Node: up, Listing: moved}, nextUpdate, "dbc host update"},
		"bonded, more memory":  {hostStatus{machineRow: in("bonded"), Node: up, Listing: grown}, nextOnline, "dbc host online"},
		"offline":              {hostStatus{machineRow: in("offline"), Node: up}, nextOnline, "dbc host online"},
		"online":               {hostStatus{machineRow: in("online"), Node: up}, "", ""},
		"online, node away":    {hostStatus{machineRow: in("online")}, nextStart, "dbc node start"},
		"online, little stake": {hostStatus{machineRow: in("online"), Node: up, TakesNone: true, StakeMissing: 5_500_000}, nextStake, "dbc host stake add MACHINE 5.5,"},
		"retired, locked":      {hostStatus{machineRow: in("retired"), RetiredAt: &earlier, Withdrawable: &later, Stake: 1, Time: now}, nextWait, "nothing until"},
		"retired, unbonded":    {hostStatus{machineRow: in("retired"), RetiredAt: &earlier, Withdrawable: &earlier, Stake: 1, Time: now}, nextWithdraw, "dbc host withdraw"},
		"retired, withdrawn":   {hostStatus{machineRow: in("retired"), RetiredAt: &earlier, Withdrawable: &earlier, Time: now}, nextBond, "dbc host bond"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.status.Next = nextStep(c.status)
			if words := nextWords(c.status); c.status.Next != c.want || !strings.Contains(words, c.says) || (words == "") != (c.want == "") {
				t.Errorf("%s: %q, want %s", c.status.Next, words, c.want)
			}
		})
	}
}
