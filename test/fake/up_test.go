package fake

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/devnet"
	"github.com/dbc-network/dbc/x/rental"
)

// renter is a user with coins at a terminal of his own.
type renter struct {
	t      *testing.T
	n      *devnet.Network
	wallet string
	env    []string
}

// funded is what a renter of these tests has, in udbc.
const funded = 1_000_000_000

// upNetwork starts a devnet, and what its users have in common.
func upNetwork(t *testing.T) *devnet.Network {
	t.Helper()
	dbcd, err := filepath.Abs("../../bin/dbcd")
	must(t, err)
	n, err := devnet.StartFake(t.Context(), devnet.Options{Home: t.TempDir(), Dbcd: dbcd})
	must(t, err)
	t.Cleanup(func() { must(t, n.Close()) })
	return n
}

func newRenter(t *testing.T, n *devnet.Network, name string) renter {
	t.Helper()
	_, err := n.Renter(t.Context(), name, funded)
	must(t, err)
	home := t.TempDir()
	key := filepath.Join(home, ".ssh", "id_ed25519")
	must(t, os.Mkdir(filepath.Dir(key), 0o700))
	must(t, exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).Run())
	return renter{t, n, name, append(os.Environ(), "HOME="+home, "DBC_HOME="+n.Info().Home, "DBC_WALLET="+name, "TZ=UTC")}
}

func (r renter) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "../../bin/dbc", args...)
	cmd.Env = r.env
	return cmd
}

// result is what a command left.
type result struct {
	code        int
	out, errOut string
}

func (r renter) dbc(args ...string) result {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), within)
	defer cancel()
	cmd := r.command(ctx, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	return result{exitOf(r.t, cmd.Run()), out.String(), errOut.String()}
}

func exitOf(t *testing.T, err error) int {
	t.Helper()
	exit := new(exec.ExitError)
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	must(t, err)
	return 0
}

// interrupted presses Ctrl-C as soon as the command has printed a line that begins so.
func (r renter) interrupted(at string, args ...string) result {
	r.t.Helper()
	return r.meanwhile(at, func(p *os.Process) { must(r.t, p.Signal(os.Interrupt)) }, args...)
}

// meanwhile does something as soon as the command has printed a line that begins so.
func (r renter) meanwhile(at string, do func(*os.Process), args ...string) result {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), within)
	defer cancel()
	cmd := r.command(ctx, args...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	pipe, err := cmd.StdoutPipe()
	must(r.t, err)
	must(r.t, cmd.Start())
	var out strings.Builder
	happened := false
	for lines := bufio.NewScanner(pipe); lines.Scan(); {
		out.WriteString(lines.Text() + "\n")
		if !happened && strings.HasPrefix(lines.Text(), at) {
			happened = true
			do(cmd.Process)
		}
	}
	got := result{exitOf(r.t, cmd.Wait()), out.String(), errOut.String()}
	if !happened {
		r.t.Fatalf("it never printed %q: %+v", at, got)
	}
	return got
}

func (g result) expect(t *testing.T, code int, says ...string) {
	t.Helper()
	if g.code != code {
		t.Fatalf("exit code %d, want %d\n%s%s", g.code, code, g.out, g.errOut)
	}
	for _, text := range says {
		if !strings.Contains(g.out+g.errOut, text) {
			t.Errorf("it does not say %q:\n%s%s", text, g.out, g.errOut)
		}
	}
}

func (r renter) order(f devnet.Fault) { r.t.Helper(); must(r.t, r.n.Order(r.t.Context(), f)) }
func (r renter) clear(f devnet.Fault) { r.t.Helper(); must(r.t, r.n.Clear(r.t.Context(), f)) }

// rentals are all that the wallet ever rented, the first one first.
func (r renter) rentals() []rental.Rental {
	r.t.Helper()
	page, err := r.n.Chain().RentalsByRenter(r.t.Context(), rental.QueryRentalsByRenterRequest{Renter: r.ring().Address()})
	must(r.t, err)
	slices.Reverse(page.Rentals)
	return page.Rentals
}

func (r renter) ring() *market.Wallet {
	r.t.Helper()
	ring, err := market.OpenKeyring(r.n.Info().Home, market.Backend(r.n.Info().ChainID), nil)
	must(r.t, err)
	w, err := ring.Wallet(r.wallet)
	must(r.t, err)
	return w
}

// paid checks that nothing but what is named left the wallet, but for gas.
func (r renter) paid(udbc uint64) {
	r.t.Helper()
	const gas = 100_000
	has, err := r.n.Chain().Balance(r.t.Context(), r.ring().Address())
	must(r.t, err)
	if gone := funded - has; gone <= udbc || gone > udbc+gas {
		r.t.Errorf("%d udbc are gone, of which %d are paid for", gone, udbc)
	}
}

const (
	// fee of a rental, and the rent of an hour, in udbc.
	fee  = 10_000_000
	hour = pricePerDay / 24
)

// TestUpRetries: a machine on which nothing comes up is left for the next one, which is
// paid for with its own fee, and whose virtual machine has the name.
func TestUpRetries(t *testing.T) {
	t.Parallel()
	n := upNetwork(t)
	other := second(t, n)
	r := newRenter(t, n, "rita")
	r.order(devnet.CreateFails)
	got := r.dbc("up", "--yes", "--json", "--retry", "1")
	got.expect(t, 0, "rental 1 was cancelled as not-ready: 4.166666 DBC came back, the fee of 10 DBC did not", "trying another machine, which takes its own fee")
	var reply struct {
		Machine string `json:"machine_id"`
		Rent    uint64 `json:"rent_id"`
	}
	must(t, json.Unmarshal([]byte(got.out), &reply))
	if reply.Machine != other || reply.Rent != 2 {
		t.Errorf("%+v, want rental 2 on %s", reply, other)
	}
	all := r.rentals()
	if len(all) != 2 || all[0].MachineId != n.Info().MachineID || all[0].State != rental.RENTAL_STATE_REFUNDED || all[1].State != rental.RENTAL_STATE_TRIAL {
		t.Fatalf("%+v", all)
	}
	if last := all[0].Transitions[len(all[0].Transitions)-1]; last.Cause != rental.CAUSE_NOT_READY {
		t.Errorf("cancelled as %s", last.Cause)
	}
	r.paid(2*fee + 2*hour)
	r.dbc("ssh", "gpu", "--", "hostname").expect(t, 0)
	// The same command again goes on with it, and pays nothing.
	r.dbc("up", "--yes", "--retry", "1").expect(t, 0, "On trial until:")
	r.paid(2*fee + 2*hour)
	r.dbc("down", "--yes").expect(t, 0)
	r.paid(2 * fee)
	keepsToItsTerms(t, n, other)
}

// keepsToItsTerms: nothing is rented that is not as it was asked for, also where the
// machine was named, and where a run goes on without the options that it began with.
func keepsToItsTerms(t *testing.T, n *devnet.Network, other string) {
	t.Helper()
	r := newRenter(t, n, "tess")
	for _, wish := range [][]string{{"--max-price", "0.001/h"}, {"--max-notice", "1h"}, {"--min-cpus", "4096"}} {
		args := slices.Concat([]string{"up", "train", "--yes", "--machine", other[:8]}, wish)
		r.dbc(args...).expect(t, 1, "does not meet "+wish[0], "nothing was paid")
	}
	if all := r.rentals(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	r.meanwhile("Machine:", func(*os.Process) { r.order(devnet.ChainStalled) }, "up", "train", "--yes", "--machine", other, "--timeout", "5s")
	r.clear(devnet.ChainStalled)
	r.dbc("up", "train", "--yes").expect(t, 0, "On trial until:")
	if all := r.rentals(); len(all) != 1 || all[0].MachineId != other {
		t.Errorf("%+v, want one on %s", all, other)
	}
	r.paid(fee + 2*hour)
}

// TestUpGivesUp: without --retry, or where no other machine fits, one fee is lost, the
// error says it, and the name is free.
func TestUpGivesUp(t *testing.T) {
	t.Parallel()
	n := upNetwork(t)
	for i, c := range []struct {
		name string
		args []string
		says string
	}{
		{"once", nil, "was cancelled as not-ready: 4.166666 DBC came back, the fee of 10 DBC did not"},
		{"alone", []string{"--retry", "3"}, "no machine fits any more"},
		{"named", []string{"--retry", "3", "--machine", n.Info().MachineID[:8]}, "--machine names the one that failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRenter(t, n, c.name)
			r.order(devnet.CreateFails)
			r.dbc(append([]string{"up", "train", "--yes"}, c.args...)...).expect(t, 1, c.says)
			r.paid(fee)
			if all := r.rentals(); len(all) != 1 || all[0].State != rental.RENTAL_STATE_REFUNDED {
				t.Errorf("%d: %+v", i, all)
			}
			r.clear(devnet.CreateFails)
			r.dbc("down", "train", "--yes").expect(t, 3)
			r.dbc("up", "train", "--dry-run", "--yes").expect(t, 3, "trial too soon after a refund")
		})
	}
}

// TestUpKeepsATrial: with --cancel=false a failed virtual machine ends nothing, and the
// same command tries again on the same rental.
func TestUpKeepsATrial(t *testing.T) {
	t.Parallel()
	n := upNetwork(t)
	r := newRenter(t, n, "kim")
	r.order(devnet.CreateFails)
	r.dbc("up", "train", "--yes", "--cancel=false").expect(t, 1, "Rental 1 goes on", "dbc up train goes on and pays nothing twice; dbc down train ends it")
	r.paid(fee + hour)
	r.clear(devnet.CreateFails)
	r.dbc("up", "train", "--cancel=false").expect(t, 0, "Verified:", "On trial until:")
	r.paid(fee + hour)
	// One that ran and does not start again has its renter's data.
	r.dbc("vm", "stop", "train").expect(t, 0)
	r.order(devnet.CreateFails)
	r.dbc("up", "train").expect(t, 1, "Rental 1 goes on")
	r.clear(devnet.CreateFails)
	r.dbc("up", "train").expect(t, 0, "On trial until:")
	r.paid(fee + hour)
	if all := r.rentals(); len(all) != 1 || all[0].State != rental.RENTAL_STATE_TRIAL {
		t.Errorf("%+v", all)
	}
}

// TestUpInterrupted: Ctrl-C in the middle ends the command only, which says what goes on;
// the same command goes on and pays nothing twice.
func TestUpInterrupted(t *testing.T) {
	t.Parallel()
	n := upNetwork(t)
	r := newRenter(t, n, "ina")
	r.order(devnet.SlowBoot)
	r.interrupted("Rented:", "up", "train", "--yes").expect(t, 130, "Rental 1 goes on", "dbc up train goes on and pays nothing twice; dbc down train ends it")
	r.interrupted("Creating:", "up", "train").expect(t, 130, "Rental 1 goes on")
	r.dbc("up", "train", "--for", "2h", "--yes").expect(t, 2, "was asked for something else")
	r.dbc("up", "train").expect(t, 0, "Verified:")
	if all := r.rentals(); len(all) != 1 || all[0].State != rental.RENTAL_STATE_TRIAL {
		t.Errorf("%+v", all)
	}
	r.paid(fee + hour)
	r.clear(devnet.SlowBoot)
}

// TestUpMeanwhile: what goes wrong in the middle of a run and passes costs no second fee.
func TestUpMeanwhile(t *testing.T) {
	t.Parallel()
	n := upNetwork(t)
	t.Run("the machine is away", func(t *testing.T) {
		r := newRenter(t, n, "away")
		r.meanwhile("Rented:", func(*os.Process) { r.order(devnet.NodeDown) }, "up", "train", "--yes").expect(t, 4, "goes on and pays nothing twice")
		r.clear(devnet.NodeDown)
		r.dbc("up", "train").expect(t, 0, "Verified:")
		r.paid(fee + hour)
		r.dbc("down", "train", "--yes").expect(t, 0)
	})
	t.Run("replies are lost", func(t *testing.T) {
		r := newRenter(t, n, "lost")
		r.meanwhile("Rented:", func(*os.Process) { r.order(devnet.ReplyLost) }, "up", "train", "--yes")
		r.clear(devnet.ReplyLost)
		r.dbc("up", "train").expect(t, 0, "On trial until:")
		if all := r.rentals(); len(all) != 1 {
			t.Errorf("%+v", all)
		}
		r.paid(fee + hour)
		r.dbc("down", "train", "--yes").expect(t, 0)
	})
	t.Run("the chain stands still", func(t *testing.T) {
		r := newRenter(t, n, "still")
		r.meanwhile("Machine:", func(*os.Process) { r.order(devnet.ChainStalled) }, "up", "train", "--yes", "--timeout", "5s")
		r.clear(devnet.ChainStalled)
		r.dbc("up", "train", "--yes").expect(t, 0, "On trial until:")
		if all := r.rentals(); len(all) != 1 {
			t.Errorf("%+v", all)
		}
		r.paid(fee + hour)
		r.dbc("down", "train", "--yes").expect(t, 0)
	})
}

// TestUpCancelLater: a trial whose cancellation could not be sent is cancelled by the same
// command, once.
func TestUpCancelLater(t *testing.T) {
	t.Parallel()
	n := upNetwork(t)
	r := newRenter(t, n, "carl")
	r.order(devnet.SSHNever)
	r.meanwhile("Creating:", func(p *os.Process) {
		r.order(devnet.ChainStalled)
		must(t, p.Signal(os.Interrupt))
	}, "up", "train", "--yes").expect(t, 130, "Rental 1 goes on")
	r.clear(devnet.ChainStalled)
	r.dbc("up", "train").expect(t, 1, "rental 1 was cancelled as not-ready")
	r.paid(fee)
	r.clear(devnet.SSHNever)
}
