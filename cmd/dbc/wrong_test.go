package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestWrongWords: typing errors, and the messages that they get.
func TestWrongWords(t *testing.T) {
	w := newWorld(t)
	m := w.add(t, 1, taskOne).id
	for _, c := range []struct {
		line string
		code int
		want string
	}{
		{"version", exitDone, "dbc version"},
		{"verzion", exitUsage, `unknown command "verzion" for "dbc"; did you mean version?`},
		{"rnet", exitUsage, "did you mean relet or rent?"},
		{"vm creat", exitUsage, `unknown command "creat" for "dbc vm"; did you mean create?`},
		{"vm rm", exitUsage, `unknown command "rm" for "dbc vm"; did you mean delete?`},
		{"wallet ls", exitUsage, "did you mean list?"},
		{"vm create --ssh-keys x", exitUsage, "unknown flag: --ssh-keys; did you mean --ssh-key?"},
		{"rent " + m + " 3d --slot 1", exitUsage, "unknown flag: --slot; did you mean --slots?"},
		{"machines --qwertz", exitUsage, "unknown flag: --qwertz\n"},
		{"qwertz", exitUsage, `unknown command "qwertz" for "dbc"` + "\n"},
		{"help qwertz", exitUsage, "unknown command"},
		{"help vm qwertz", exitUsage, `unknown command "qwertz" for "dbc vm"`},
		{"rent", exitUsage, "MACHINE and DURATION missing"},
		{"rent " + m, exitUsage, "DURATION missing; want: dbc rent MACHINE DURATION"},
		{"rent " + m + " 3d 4d", exitUsage, `"4d" is too much`},
		{"rent " + m + " 3w", exitUsage, `"3w" is not a duration: days, hours`},
		{"rent " + m + " -3d", exitUsage, "nothing here is below zero"},
		{"rent " + m + " 3d --slots many", exitUsage, `--slots "many": a whole number from 0 on wanted`},
		{"rent " + m + " 3d --slots -1", exitUsage, `--slots "-1": a whole number from 0 on wanted`},
		{"rent " + m + " 3d --max-total 1,5", exitUsage, `--max-total "1,5" is not an amount of DBC: such as 10.5`},
		{"rent " + m + " 3d --max-total=", exitUsage, "--max-total"},
		{"rent " + m + " 3days", exitRefused, "259200 s"},
		{"quote " + m + " 1天，12小时", exitRefused, "129600 s"},
		{"rent " + m + " 3", exitRefused, "a quote of rental 0, machine " + m + ", 259200 s"},
		{"rent " + m[:8] + " 3d", exitRefused, "machine " + m},
		{"quote " + strings.ToUpper(m[:6]) + " 1d", exitRefused, "machine " + m},
		{"confirm -1", exitUsage, "nothing here is below zero"},
		{"machines --country Germany", exitUsage, "the two letters of a country wanted, such as DE"},
		{"machines --country XX", exitUsage, "the two letters of a country"},
		{"machines --min-memory 1.5", exitUsage, `--min-memory "1.5": a whole number`},
		{"machines --timeout 5", exitUsage, "with its unit wanted, such as 30s"},
		{"machines --timeout x", exitUsage, "a time wanted, such as 30s"},
		{"machines x", exitUsage, `"x" is too much; want: dbc machines`},
		{"vm create 1 --ssh-port 70000", exitUsage, `--ssh-port "70000": a whole number from 0 to 65535 wanted`},
		{"vm create 1 --restore x --disk 5", exitUsage, "--restore and --disk: kept disks come back as they are"},
		{"vm create 1 --ssh-key none.pub", exitUsage, "--ssh-key"},
		{"vm create 1 --wait=x", exitUsage, `--wait "x": true or false wanted`},
		{"vm show zzz", exitRefused, "no such virtual machine zzz is yours: dbc vm list shows them"},
		{"break", exitUsage, "RENT_ID missing; want: dbc break RENT_ID"},
		{"break x", exitUsage, `rental "x": a number wanted`},
		{"brake 1", exitUsage, "did you mean break?"},
		{"challenge", exitUsage, "MACHINE missing; want: dbc challenge MACHINE"},
		{"challenge zz", exitUsage, "64 hex digits"},
		{"host retire zz", exitUsage, "64 hex digits"},
		{"host retire " + m[:10], exitUsage, "Machine " + m + " leaves the market"},
		{"host withdraw", exitUsage, "MACHINE missing"},
		{"host stake add x 5", exitUsage, "64 hex digits"},
		{"wallet send dbc1x", exitUsage, "DBC missing"},
		{"wallet create a/b", exitUsage, "letters, digits, - and _ only"},
		{"wallet import a/b", exitUsage, ""},
		{"forward " + taskOne, exitUsage, "[LOCAL:]PORT missing; want: dbc forward TASK_ID [LOCAL:]PORT"},
		{"session sign none.json", exitUsage, "none.json: no such file"},
		{"session send none.json", exitUsage, "none.json: no such file"},
		{"host bond --file none.json", exitUsage, "none.json: no such file"},
		{"image pull https://example.org/x.qcow2 --sha256 xyz", exitUsage, `--sha256 "xyz": 64 hex digits wanted`},
		{"host bond", exitUsage, "--price missing"},
		{"host bond --price 0", exitUsage, `--price "0": must be more than 0`},
		{"host price " + m + " 0", exitUsage, `price "0": must be more than 0`},
		{"host stake add " + m + " 0.000000", exitUsage, "must be more than 0"},
		{"host stake add " + m + " 1,5", exitUsage, `amount: "1,5" is not an amount of DBC`},
		{"session sign testdata/image.txt", exitUsage, "no file of dbc session create --team"},
		{"wallet history --limit x", exitUsage, "a whole number"},
	} {
		code, out, errOut := w.dbc(t, strings.Fields(c.line)...)
		if code != c.code || !strings.Contains(out+errOut, c.want) {
			t.Errorf("%s: %d %s%s, want %d with %q", c.line, code, out, errOut, c.code, c.want)
		}
		for _, never := range []string{"strconv", "arg(s)", ".go:", "/api/v1", "udbc"} {
			if strings.Contains(out+errOut, never) {
				t.Errorf("%s: says %q: %s%s", c.line, never, out, errOut)
			}
		}
	}
	if got := shorten("spendable balance 1500000udbc is smaller than 2000000udbc"); got != "spendable balance 1.5 DBC is smaller than 2 DBC" {
		t.Errorf("%q", got)
	}
	if !slices.Contains([]string{"DE", "CN"}, must(country("de"))) || must(country(" cn ")) != "CN" {
		t.Error("a country in small letters")
	}
}

// TestEveryCountOfArguments: whatever number of words a command gets, it answers in
// its own.
func TestEveryCountOfArguments(t *testing.T) {
	t.Parallel()
	root, _ := newRootCommand(&settings{})
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			look(sub)
		}
		for n := range 7 {
			if err := cmd.ValidateArgs(slices.Repeat([]string{"1"}, n)); err != nil && strings.Contains(err.Error(), "arg(s)") {
				t.Errorf("%s with %d arguments: %v", cmd.CommandPath(), n, err)
			}
		}
	}
	look(root)
}

func must(text string, err error) string {
	if err != nil {
		return err.Error()
	}
	return text
}

// TestArgumentsFirst: what this computer can say of an argument it says before it asks
// which wallet is meant, for a passphrase, or the network, which is not there.
func TestArgumentsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, _, err := w.ring(t).Create("bob"); err != nil {
		t.Fatal(err)
	}
	w.settle(t, map[string]any{"chain_id": "dbc-devnet-1", "grpc": "127.0.0.1:1", "rpc": "http://127.0.0.1:1", "client": "http://127.0.0.1:1"})
	m := strings.Repeat("ab", machineBytes)
	for _, c := range []struct{ line, want string }{
		{"rent " + m + " 3d --max-total x", `--max-total "x"`},
		{"rent " + m[:6] + " 3d --max-total x", `--max-total "x"`},
		{"rent " + m + " 3d --max-total 0", `--max-total "0": must be more than 0`},
		{"rent " + m[:6] + " 3w", `"3w"`},
		{"relet 3w", `"3w"`},
		{"confirm x", `rental "x"`},
		{"cancel 1 --cause x", `--cause "x"`},
		{"break x", `rental "x"`},
		{"challenge zz", `machine "zz"`},
		{"vm create --ssh-key none.pub", "--ssh-key"},
		{"vm create --restore $$", `--restore: task id "$$"`},
		{"vm show $$", `task id "$$"`},
		{"vm list --machine zz", `machine "zz"`},
		{"vm vnc " + taskOne + " --listen 0.0.0.0:1", "--listen"},
		{"vm verify -i none", "-i none"},
		{"ssh -i none", "-i none"},
		{"forward " + taskOne + " x", `"x"`},
		{"disk add " + taskOne + " x", `size "x"`},
		{"session create 1 --public-key xx", "--public-key"},
		{"session create 1 --public-key xx --team team.json", "--public-key"},
		{"session create 1 --scope x", `--scope "x"`},
		{"session create 1 --for x", `"x"`},
		{"wallet send x 5", `"x": not an address`},
		{"wallet faucet --amount 0", `--amount "0": must be more than 0`},
		{"wallet history --limit 0", "--limit 0"},
		{"host price " + m + " x", `price: "x"`},
		{"host drain " + m + " --in x", `--in: "x"`},
		{"host stake add " + m + " x", `amount: "x"`},
		{"host withdraw zz", `machine "zz"`},
		{"host bond --price 5 --operator x", `--operator: "x": not an address`},
		{"host bond --price 5 --payout x", `--payout: "x": not an address`},
		{"host bond --price 5 --owner x", `--owner: "x": not an address`},
		{"host bond --price 5 --latitude x --longitude 1", "--latitude"},
		{"host online --from x", `--from "x": http(s)://host:port wanted`},
		{"host status " + m + " --from x", `--from "x"`},
		{"host doctor --from x", `--from "x"`},
		{"host doctor --self-rent --image ../x", "image"},
		{"image delete ../x", "image name"},
		{"image build ../x", "image name"},
	} {
		code, out, errOut := w.dbc(t, strings.Fields(c.line)...)
		if code != exitUsage || out != "" || !strings.Contains(errOut, c.want) {
			t.Errorf("%s: %d %s%s, want %q", c.line, code, out, errOut, c.want)
		}
	}
}
