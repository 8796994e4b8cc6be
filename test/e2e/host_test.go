package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/devnet"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// TestHost follows a machine's life from its host's side: challenges that the
// node answers automatically, earnings, drain and retirement.
func TestHost(t *testing.T) {
	w := start(t, "--fast")
	w.renter("alice", coins)
	w.challenges()

	made := w.rent("alice", "1m")
	id := strconv.FormatUint(made.RentID, 10)
	w.refused("host", "retire", "--yes", w.info.MachineID, "--wallet", devnet.Owner)
	w.dbc("confirm", id, "--wallet", "alice")
	w.moves()
	w.dbc("host", "stake", "add", "--yes", w.info.MachineID, "5.5", "--wallet", devnet.Owner)
	w.dbc("host", "drain", w.info.MachineID, "--in", "2m", "--wallet", devnet.Operator)
	w.refused("host", "drain", w.info.MachineID, "--in", "1s", "--wallet", devnet.Operator)
	w.refused("host", "drain", w.info.MachineID, "--lift", "--wallet", "alice")
	if status := w.status(); status.DrainFrom == "" || status.Stake != status.StakeRequired+5_500_000 ||
		len(status.Rentals) != 1 || !status.Node.Reachable || len(status.Challenges) != 0 {
		t.Errorf("status %+v", status)
	}

	var claimed struct {
		Claimed uint64 `json:"claimed_udbc"`
	}
	w.dbcJSON(&claimed, "host", "claim", w.info.MachineID, "--wallet", devnet.Operator)
	if got := w.balance(w.info.Accounts[devnet.Payout]); got != claimed.Claimed || got == 0 {
		t.Errorf("payout has %d, %d were claimed", got, claimed.Claimed)
	}
	w.waitFor("the rental ended", func() bool { return w.state(made.RentID) == rental.RENTAL_STATE_ENDED })
	w.waitFor("it is settled", func() bool { return w.balance(w.info.Accounts[devnet.Payout]) == made.Rent })
	var earnings struct {
		Sum struct {
			Earned    uint64 `json:"earned_udbc"`
			Claimed   uint64 `json:"claimed_udbc"`
			Unclaimed uint64 `json:"unclaimed_udbc"`
		}
	}
	w.dbcJSON(&earnings, "host", "earnings", w.info.MachineID)
	if sum := earnings.Sum; sum.Earned != made.Rent || sum.Claimed != made.Rent || sum.Unclaimed != 0 {
		t.Errorf("earnings %+v, the rent was %d", sum, made.Rent)
	}
	w.dbcJSON(&claimed, "host", "claim", w.info.MachineID, "--wallet", devnet.Operator)
	if claimed.Claimed != 0 {
		t.Errorf("%d were claimed of what is over", claimed.Claimed)
	}

	w.dbc("host", "retire", "--yes", w.info.MachineID, "--wallet", devnet.Owner)
	w.refused("host", "withdraw", w.info.MachineID, "--wallet", devnet.Owner)
	if status := w.status(); status.State != "retired" || status.WithdrawableAt == "" {
		t.Errorf("status %+v", status)
	}
}

// moves changes the ports while the rental is open: the listing follows,
// although disks are fuller and clocks faster than when it was bonded.
func (w *world) moves() {
	w.t.Helper()
	mining := filepath.Join(w.home, "devnet", "mining")
	conf := filepath.Join(mining, "conf", "core.conf")
	text, err := os.ReadFile(conf)
	w.must(err)
	last := regexp.MustCompile(`(?m)^port_last=.*$`)
	old, err := strconv.Atoi(strings.TrimPrefix(string(last.Find(text)), "port_last="))
	w.must(err)
	w.must(os.WriteFile(conf, last.ReplaceAll(text, fmt.Appendf(nil, "port_last=%d", old-1)), 0o600))
	if differs := w.status().Listing.Differences; len(differs) != 1 || differs[0].Code != "OTHER_PORTS" {
		w.t.Errorf("other ports than listed: %+v", differs)
	}
	w.dbc("host", "update", "--node-home", mining, "--wallet", devnet.Operator)
	listed, err := w.chain.Machine(w.ctx, w.info.MachineID)
	w.must(err)
	if listed.Machine.Facts.PortLast != uint32(old-1) {
		w.t.Errorf("port_last is %d, want %d", listed.Machine.Facts.PortLast, old-1)
	}
	if differs := w.status().Listing.Differences; len(differs) > 0 {
		w.t.Errorf("after the update: %+v", differs)
	}
	w.must(os.WriteFile(conf, text, 0o600))
	w.dbc("host", "update", "--node-home", mining, "--wallet", devnet.Operator)
}

// challenges opens two challenges one after the other: the machine stays online
// and the operator has the deposits, less the answers' gas.
func (w *world) challenges() {
	w.t.Helper()
	stranger, operator := w.renter("stranger", coins), w.info.Accounts[devnet.Operator]
	params, err := w.chain.MachineParams(w.ctx)
	w.must(err)
	for range 2 {
		before := w.balance(operator)
		_, err := w.chain.Broadcast(w.ctx, stranger, &machine.MsgChallenge{
			Challenger: stranger.Address(), MachineId: w.info.MachineID,
		})
		w.must(err)
		w.waitFor("the challenge is answered", func() bool { return len(w.status().Challenges) == 0 })
		if status := w.status(); status.State != "online" {
			w.t.Fatalf("the machine is %s", status.State)
		}
		after := w.balance(operator)
		if gained := after - before; after < before || gained > params.ChallengeDeposit || gained < params.ChallengeDeposit*9/10 {
			w.t.Errorf("the operator had %d and has %d; the deposit is %d", before, after, params.ChallengeDeposit)
		}
	}
}

// hostStatus is the documented output of dbc host status --json.
type hostStatus struct {
	State          string
	DrainFrom      string `json:"drain_from"`
	WithdrawableAt string `json:"stake_withdrawable_at"`
	Stake          uint64 `json:"stake_udbc"`
	StakeRequired  uint64 `json:"stake_required_udbc"`
	Challenges     []any  `json:"open_challenges"`
	Rentals        []any  `json:"open_rentals"`
	Node           struct{ Reachable bool }
	Listing        struct {
		Differences []struct {
			Code   string
			Params map[string]string
		}
	}
}

func (w *world) status() (status hostStatus) {
	w.t.Helper()
	w.dbcJSON(&status, "host", "status", w.info.MachineID)
	return status
}

// refused runs a command that the chain must refuse.
func (w *world) refused(args ...string) {
	w.t.Helper()
	out, err := w.tryDbc(args...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		w.t.Errorf("dbc %v: %v, want exit code 3: %s", args, err, out)
	}
}
