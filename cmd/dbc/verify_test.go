package main

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/client/verify"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Both languages have texts for all possible results.
func TestVerifyHasWords(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]verifyWords{"English": verifyEnglish, "Chinese": verifyChinese} {
		for _, check := range probe.Checks {
			if words.checks[check] == "" {
				t.Errorf("%s: no words for %s", name, check)
			}
		}
		for _, code := range probe.Codes {
			if words.codes[string(code)] == nil || words.codes[string(code)](probe.Result{}) == "" && code != probe.CodeSame {
				t.Errorf("%s: no words for %s", name, code)
			}
		}
		for _, level := range []probe.Level{probe.Pass, probe.Warn, probe.Fail, probe.Unmeasured} {
			if words.levels[level] == "" || words.summary[level] == "" {
				t.Errorf("%s: no words for %s", name, level)
			}
		}
		for _, code := range []adviceCode{adviceConfirm, adviceLook, adviceCancel, adviceAgain} {
			if words.advice[code] == "" {
				t.Errorf("%s: no words for %s", name, code)
			}
		}
		for key := range words.codes {
			check, code, special := strings.Cut(key, " ")
			if special && (!slices.Contains(probe.Checks, probe.Check(check)) || !slices.Contains(probe.Codes, probe.Code(code))) {
				t.Errorf("%s: words for %q, which there is not", name, key)
			}
		}
	}
}

func TestVerifyText(t *testing.T) {
	t.Parallel()
	v := verify.Verified{TaskID: "one", RentID: 7, Rental: xrental.Rental{State: xrental.RENTAL_STATE_TRIAL, Deadline: time.Unix(1_700_000_000, 0)}}
	v.Report = probe.NewReport(
		probe.Result{Check: probe.CheckMemory, Level: probe.Fail, Code: probe.CodeLess, Expected: "16384", Read: "8000"},
		probe.Result{Check: probe.CheckCPUModel, Level: probe.Warn, Code: probe.CodeOther, Expected: "AMD \x1b[2J", Read: "Intel"},
		probe.Result{Check: probe.CheckRegions, Level: probe.Fail, Code: probe.CodeUnassigned, Device: "0000:01:00.0", Params: map[string]string{"bar": "1"}},
	)
	for name, c := range map[string]struct {
		words verifyWords
		want  []string
	}{
		"English": {verifyEnglish, []string{
			"fail  memory: 8000 MiB, of the promised 16384 MiB\n", `warn  processor: Intel, where AMD \u001b[2J was promised`,
			"fail  memory regions 0000:01:00.0: region 1 has no address in the guest", "has NOT what was promised",
			"The trial can be decided until 2023-11-14", "Cancel, and get the rent back:\n  dbc cancel 7 --cause mismatch\n",
		}},
		"Chinese": {verifyChinese, []string{
			"不符  内存：8000 MiB，少于承诺的 16384 MiB\n", "虚拟机与承诺不符。", "请取消租用并取回租金：\n  dbc cancel 7 --cause mismatch\n",
		}},
	} {
		var out bytes.Buffer
		w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
		verifyText(w, verifyReply{v, adviceFor(v)}, c.words)
		_ = w.Flush()
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in:\n%s", name, want, out.String())
			}
		}
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	for level, want := range map[probe.Level]string{
		probe.Pass: "dbc confirm 7", probe.Warn: "dbc confirm 7; dbc cancel 7 --cause mismatch", probe.Fail: "dbc cancel 7 --cause mismatch",
		probe.Unmeasured: "dbc vm verify one; dbc cancel 7",
	} {
		v := verify.Verified{TaskID: "one", RentID: 7, Report: probe.Report{Level: level}, Rental: xrental.Rental{State: xrental.RENTAL_STATE_TRIAL}}
		if a := adviceFor(v); a == nil || strings.Join(a.Commands, "; ") != want {
			t.Errorf("%s: %+v, want %s", level, a, want)
		}
		v.Rental.State = xrental.RENTAL_STATE_ACTIVE
		if a := adviceFor(v); a != nil {
			t.Errorf("%s of a confirmed rental: %+v", level, a)
		}
	}
}

// TestVerifyHere: what this computer lacks, or its user mistyped, is not held against
// the machine. It is not parallel: it changes PATH.
func TestVerifyHere(t *testing.T) {
	w := newWorld(t)
	b := w.add(t, 1, taskOne)
	key, err := ssh.NewPublicKey(b.key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	task := &b.tasks[0]
	task.UserName, task.SSHIP, task.SSHPort, task.SSHHostKeys = "dbc", "127.0.0.1", "1", []string{string(ssh.MarshalAuthorizedKey(key))}
	task.CPUCores, task.GPUCount, task.MemSize = "2", "0", "1024M"
	alice, err := w.ring(t).Wallet("alice")
	if err != nil {
		t.Fatal(err)
	}
	w.rentals[0].State, w.rentals[0].Renter = xrental.RENTAL_STATE_TRIAL, alice.Address()
	w.hosted = machine.Machine{Id: b.id}
	t.Setenv("PATH", t.TempDir())
	for want, c := range map[string]struct {
		args []string
		code int
	}{
		"because of this computer: ssh is not installed":      {[]string{"vm", "verify", taskOne}, exitIncomplete},
		"3 GPUs of 0: more GPUs than the rental's slots have": {[]string{"vm", "verify", taskOne, "--gpus", "3"}, exitUsage},
	} {
		code, out, errOut := w.dbc(t, c.args...)
		if code != c.code || out != "" || !strings.Contains(errOut, want) || strings.Contains(errOut, "dbc cancel") {
			t.Errorf("%d %s%s, want %d with %q", code, out, errOut, c.code, want)
		}
	}
}
