package keeper_test

import (
	"crypto/ed25519"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

func TestOnlineAndOffline(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	require.Equal(t, machine.MACHINE_STATE_ONLINE, f.machine(n.id).State)
	require.Empty(t, f.hooks.take(), "it was not offline before")
	f.next(10 * time.Second)
	_, err := f.msgs.SetOffline(f.ctx, &machine.MsgSetOffline{Operator: operator, MachineId: n.id})
	require.NoError(t, err)
	require.Equal(t, f.ctx.BlockTime(), *f.machine(n.id).OfflineSince)
	f.check()
	f.next(50 * time.Second)
	_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.NoError(t, err)
	require.Equal(t, []string{"offline since +10s by 0", "online after 50s"}, f.hooks.take())
	require.Nil(t, f.machine(n.id).OfflineSince)
	f.check()
}

func TestNobodyIsOfflineWhileTheChainStandsStill(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	f.next(time.Second)
	_, err := f.msgs.SetOffline(f.ctx, &machine.MsgSetOffline{Operator: operator, MachineId: n.id})
	require.NoError(t, err)
	f.next(10 * time.Hour)
	halted, err := f.k.Halted(f.ctx)
	require.NoError(t, err)
	require.Equal(t, 10*time.Hour, halted)
	since := f.ctx.BlockTime().Add(-10 * time.Hour)
	require.Equal(t, since, *f.machine(n.id).OfflineSince, "a halt moves no start")
	between, err := f.k.HaltedBetween(f.ctx, since, f.ctx.BlockTime())
	require.NoError(t, err)
	require.Equal(t, 10*time.Hour, between, "it is subtracted from the outage")
	f.next(7 * time.Second)
	_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.NoError(t, err)
	require.Equal(t, "online after 10h0m7s", f.hooks.take()[1])
}

// A long-lived signature would bring the machine online when its node is gone.
func TestOnlineExpiry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ahead int64
		want  error
	}{
		"an hour":      {3_600, nil},
		"a second":     {1, nil},
		"now":          {0, machine.ErrExpired},
		"over an hour": {3_601, machine.ErrExpiry},
		"for ever":     {math.MaxInt64 - genesisTime.Unix(), machine.ErrExpiry},
		"long ago":     {math.MinInt64, machine.ErrExpired},
	} {
		f := newFixture(t)
		n := f.bonded(1, 1)
		expiry := genesisTime.Unix() + c.ahead
		_, err := f.msgs.SetOnline(f.ctx, &machine.MsgSetOnline{
			Operator: operator, MachineId: n.id, Expiry: expiry, Signature: ed25519.Sign(n.key, machine.OnlineText(chainID, n.id, 1, expiry)),
		})
		if c.want == nil {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, c.want, name)
		}
	}
}

func TestOnlineRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		msg  func(f *fixture, n node) *machine.MsgSetOnline
		want error
	}{
		{"not the operator", func(f *fixture, n node) *machine.MsgSetOnline {
			msg := n.online(f, 1)
			msg.Operator = owner
			return msg
		}, machine.ErrUnauthorized},
		{"no such machine", func(f *fixture, _ node) *machine.MsgSetOnline { return newNode(9).online(f, 1) }, machine.ErrNotFound},
		{"signed by another machine", func(f *fixture, n node) *machine.MsgSetOnline {
			msg := newNode(9).online(f, 1)
			msg.MachineId = n.id
			return msg
		}, machine.ErrSignature},
		{"of another bond", func(f *fixture, n node) *machine.MsgSetOnline { return n.online(f, 2) }, machine.ErrSignature},
		{"expired", func(f *fixture, n node) *machine.MsgSetOnline {
			msg := n.online(f, 1)
			f.next(time.Minute)
			return msg
		}, machine.ErrExpired},
		{"online already", func(f *fixture, n node) *machine.MsgSetOnline {
			_, err := f.msgs.SetOnline(f.ctx, n.online(f, 1))
			require.NoError(f.t, err)
			return n.online(f, 1)
		}, machine.ErrState},
		{"retired", func(f *fixture, n node) *machine.MsgSetOnline {
			_, err := f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
			require.NoError(f.t, err)
			return n.online(f, 1)
		}, machine.ErrState},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			msg := c.msg(f, f.bonded(1, 1))
			_, err := f.msgs.SetOnline(f.ctx, msg)
			require.ErrorIs(t, err, c.want)
			f.check()
		})
	}
}

func TestOfflineRefusals(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.bonded(1, 1)
	msg := &machine.MsgSetOffline{Operator: operator, MachineId: n.id}
	_, err := f.msgs.SetOffline(f.ctx, msg)
	require.ErrorIs(t, err, machine.ErrState)
	_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.NoError(t, err)
	f.challenged(n)
	_, err = f.msgs.SetOffline(f.ctx, msg)
	require.ErrorIs(t, err, machine.ErrChallengeOpen, "going offline is no way around a challenge")
}
