package main

import (
	"slices"
	"strings"
	"testing"
)

// TestWrongWords: what people type wrongly, and what they have to read.
func TestWrongWords(t *testing.T) {
	w := newWorld(t)
	m := w.add(t, 1, taskOne).id
	for _, c := range []struct {
		line string
		code int
		want string
	}{
		{"version", exitDone, "dbc version"},
		{"verzion", exitUsage, "unknown command"},
		{"rent", exitUsage, "MACHINE and DURATION missing"},
		{"rent " + m, exitUsage, "DURATION missing; want: dbc rent MACHINE DURATION"},
		{"rent " + m + " 3d 4d", exitUsage, `"4d" is too much`},
		{"rent " + m + " 3w", exitUsage, `"3w" is not a duration: days, hours`},
		{"rent " + m + " -3d", exitUsage, "nothing here is below zero"},
		{"rent " + m + " 3d --slots many", exitUsage, `--slots "many": a whole number from 0 on wanted`},
		{"rent " + m + " 3d --slots -1", exitUsage, `--slots "-1": a whole number from 0 on wanted`},
		{"rent " + m + " 3d --max-total 1,5", exitUsage, `--max-total "1,5" is not an amount of DBC: such as 10.5`},
		{"rent " + m + " 3d --max-total=", exitUsage, "--max-total"},
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
		{"host retire zz", exitUsage, "64 hex digits"},
		{"host retire " + m[:10], exitUsage, "Machine " + m + " leaves the market"},
		{"host withdraw", exitUsage, "MACHINE missing"},
		{"host stake add x 5", exitUsage, "64 hex digits"},
		{"wallet send dbc1x", exitUsage, "DBC missing"},
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

func must(text string, err error) string {
	if err != nil {
		return err.Error()
	}
	return text
}
