package probe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/dbc-network/dbc/probe"
)

// What is not of the script's form is refused as a whole: nobody knows what of it
// is true.
func TestRefusedAnswers(t *testing.T) {
	t.Parallel()
	good := record(t, guest, nil)
	change := func(from, to string) string {
		if !strings.Contains(good, from) {
			t.Fatalf("no %q in the answer", from)
		}
		return strings.Replace(good, from, to, 1)
	}
	for name, c := range map[string]struct {
		answer string
		err    error
	}{
		"nothing":                   {"", probe.ErrAnswer},
		"other words":               {"bash: sh: command not found\n", probe.ErrAnswer},
		"no first line":             {strings.TrimPrefix(good, "dbc-probe 1\n"), probe.ErrAnswer},
		"in the middle of a line":   {"x" + good, probe.ErrAnswer},
		"another version":           {change("dbc-probe 1", "dbc-probe 2"), probe.ErrAnswer},
		"after too much of a login": {strings.Repeat("Welcome!\n", 8000) + good, probe.ErrAnswer},
		"cut off":                   {good[:strings.Index(good, "basic_end")], probe.ErrCut},
		"cut off in the last line":  {good[:strings.Index(good, "basic_end")+9], probe.ErrCut},
		"too long":                  {good + strings.Repeat(" ", probe.MaxAnswer), probe.ErrLong},
		"a long line":               {change("cpu_model ", "cpu_model "+strings.Repeat("x", 5000)), probe.ErrAnswer},
		"an unknown word":           {change("basic_end", "gpus 8\nbasic_end"), probe.ErrAnswer},
		"an unknown word later":     {change("basic_end\n", "basic_end\ngpus 8\n"), probe.ErrAnswer},
		"a fact twice":              {change("basic_end", "cpus 64\nbasic_end"), probe.ErrAnswer},
		"a fact later":              {change("basic_end\n", "basic_end\ncpus 64\n"), probe.ErrAnswer},
		"no processors":             {change("cpus 2\n", ""), probe.ErrAnswer},
		"a negative number":         {change("cpus 2", "cpus -2"), probe.ErrAnswer},
		"a signed number":           {change("cpus 2", "cpus +2"), probe.ErrAnswer},
		"a huge number":             {change("cpus 2", "cpus 18446744073709551616"), probe.ErrAnswer},
		"too many processors":       {change("cpus 2", "cpus 99999"), probe.ErrAnswer},
		"a number in words":         {change("cpus 2", "cpus two"), probe.ErrAnswer},
		"an escape":                 {change("cpu_model ", "cpu_model \x1b[2J"), probe.ErrAnswer},
		"other letters":             {change("cpu_model ", "cpu_model é"), probe.ErrAnswer},
		"no address":                {change("pci 0000:01:00.0", "pci ../../etc"), probe.ErrAnswer},
		"a region of nothing":       {change("disk vda", "region 0 1 2\ndisk vda"), probe.ErrAnswer},
		"endless regions":           {change("basic_end", strings.Repeat("region 0x0 0x0 0x0\n", 300)+"basic_end"), probe.ErrAnswer},
		"a short configuration":     {change("config ", "config 00 00\nconfig "), probe.ErrAnswer},
		"a function twice":          {change("basic_end", "pci 0000:01:00.0 0x030200 0x10de 0x26b9 - - - -\nbasic_end"), probe.ErrAnswer},
		"endless functions":         {change("basic_end", endless()+"basic_end"), probe.ErrAnswer},
		"endless disks":             {change("disk vda", strings.Repeat("disk x 1 -\n", 300)+"disk vda"), probe.ErrAnswer},
		"a program twice": {
			change("\nend\n", "\nprogram rocm-smi\nprogram_end rocm-smi\nprogram rocm-smi\nprogram_end rocm-smi\nend\n"), probe.ErrAnswer,
		},
		"an unknown program":    {change("\nend\n", "\nprogram sh\nprogram_end sh\nend\n"), probe.ErrAnswer},
		"words in a program":    {change("\nend\n", "\nprogram rocm-smi\nx\nprogram_end rocm-smi\nend\n"), probe.ErrAnswer},
		"another program's end": {change("\nend\n", "\nprogram rocm-smi\nprogram_end nvidia-smi\nend\n"), probe.ErrAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if g, err := probe.Parse([]byte(c.answer)); !errors.Is(err, c.err) {
				t.Errorf("%+v, %v, want %v", g, err, c.err)
			}
		})
	}
}

// endless are more functions than a computer has, each another.
func endless() string {
	var text strings.Builder
	for n := range 1100 {
		fmt.Fprintf(&text, "pci 0001:%02x:%02x.%d 0x030000 0x10de 0x26b9 - - - -\n", n>>8, n>>3&31, n&7)
	}
	return text.String()
}

// What a login prints before, and a program's odd answer, change nothing.
func TestHarmless(t *testing.T) {
	t.Parallel()
	good := record(t, guest, nil)
	for name, answer := range map[string]string{
		"greetings":       "Welcome to Ubuntu!\n\n" + good,
		"more at the end": good + "logout\n",
		"binary program":  strings.Replace(good, "\nend\n", "\nprogram rocm-smi\n|\x00\xff\x1b[2J\nprogram_end rocm-smi\nend\n", 1),
	} {
		g, err := probe.Parse([]byte(answer))
		if err != nil || !g.Whole || g.CPUs != 2 || len(g.Functions) != 8 || len(g.Disks) != 2 {
			t.Errorf("%s: %+v, %v", name, g, err)
		}
	}
}

func TestUnread(t *testing.T) {
	t.Parallel()
	good := record(t, guest, map[string]string{"nvidia-smi": smi("46068", firstID)})
	basic := good[:strings.Index(good, "program nvidia-smi")+len("program nvidia-smi\n")]
	nothing := func(code string) []string {
		return []string{
			"login not_measured " + code, "cpus not_measured " + code, "memory not_measured " + code, "disk not_measured " + code, "gpus not_measured " + code,
		}
	}
	var driverless []string
	for _, at := range []string{"0000:01:00.0", "0000:02:00.0"} {
		for _, check := range []string{"gpu_name", "gpu_id", "vram", "link"} {
			driverless = append(driverless, check+" not_measured DRIVER_FAILED "+at)
		}
	}
	for name, c := range map[string]struct {
		shell probe.Shell
		want  []string
		level probe.Level
	}{
		"no login":           {said{"", fmt.Errorf("%w: %w", probe.ErrLogin, errSaid)}, nothing("NO_LOGIN"), probe.Unmeasured},
		"it hangs":           {hanging{good[:40]}, nothing("NO_ANSWER"), probe.Unmeasured},
		"it hangs at once":   {hanging{""}, nothing("NO_ANSWER"), probe.Unmeasured},
		"its driver hangs":   {hanging{basic}, driverless, probe.Pass},
		"no shell":           {said{"", errors.New("exit status 127")}, nothing("NO_ANSWER"), probe.Unmeasured},
		"it speaks nonsense": {said{"dbc-probe 1\nall is well\n", nil}, nothing("UNREADABLE"), probe.Unmeasured},
		"it does not end":    {said{good, fmt.Errorf("%w: more", probe.ErrLong)}, nothing("TOO_LONG"), probe.Unmeasured},
	} {
		synctest.Test(t, func(t *testing.T) {
			results, err := probe.Verify(context.Background(), promise(), c.shell)
			if err != nil {
				t.Fatal(err)
			}
			if got := unlike(results); !slices.Equal(got, c.want) {
				t.Errorf("%s: got:\n%s\nwant:\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if level := probe.NewReport(results...).Level; level != c.level {
				t.Errorf("%s: level %s, want %s", name, level, c.level)
			}
		})
	}
}

// TestNothingTried: what this computer lacks, or its user stopped, is no result: one
// would be held against the machine.
func TestNothingTried(t *testing.T) {
	t.Parallel()
	stopped, stop := context.WithCancelCause(t.Context())
	stop(errSaid)
	for name, c := range map[string]struct {
		ctx   context.Context
		shell probe.Shell
		want  error
	}{
		"no ssh":             {t.Context(), said{"", fmt.Errorf("%w: no ssh", probe.ErrHere)}, probe.ErrHere},
		"no key":             {t.Context(), said{"", fmt.Errorf("%w: %w: no key", probe.ErrLogin, probe.ErrHere)}, probe.ErrHere},
		"stopped":            {stopped, hanging{""}, errSaid},
		"stopped at the end": {stopped, hanging{record(t, guest, nil)}, errSaid},
	} {
		if results, err := probe.Verify(c.ctx, promise(), c.shell); !errors.Is(err, c.want) || len(results) != 0 {
			t.Errorf("%s: %v, %v", name, results, err)
		}
	}
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if results, err := probe.Verify(late, promise(), hanging{""}); err != nil || len(results) == 0 || results[0].Code != probe.CodeNoAnswer {
		t.Errorf("a guest that gives no answer in time: %v, %v", results, err)
	}
}

// The JSON form is what programs read; see the README.
func TestJSON(t *testing.T) {
	t.Parallel()
	text := strings.Replace(guest, "64Gp,", "64Gp!,", 1)
	results, err := probe.Verify(t.Context(), promise(), said{text: record(t, text, map[string]string{"nvidia-smi": smi("45776", firstID)})})
	if err != nil {
		t.Fatal(err)
	}
	report := probe.NewReport(results...)
	got, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/report.json")
	if err != nil || string(got)+"\n" != string(want) {
		t.Errorf("%v; got:\n%s", err, got)
	}
}

// Whatever a guest says is refused, or small and plain.
func FuzzParse(f *testing.F) {
	f.Add([]byte(record(f, guest, map[string]string{"nvidia-smi": smi("46068", firstID)})))
	f.Add([]byte("dbc-probe 1\ncpus 1\nmem_kib 1\nmem_blocks 8 8000000\ndisk vda 1 -\npci 0000:01:00.0 0x120000 0x1002 0x74a5 - - - -\n" +
		"region 0x0 0xff 0x200\nmax_link_width 16\nbasic_end\nprogram rocm-smi\n|{\"card0\":{\"PCI Bus\":\"0000:01:00.0\"}}\nprogram_end rocm-smi\nend\n"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		g, err := probe.Parse(answer)
		if err != nil {
			return
		}
		if len(g.Functions) > 1024 || len(g.Disks) > 256 || g.CPUs > 1<<14 {
			t.Errorf("%d functions, %d disks, %d CPUs", len(g.Functions), len(g.Disks), g.CPUs)
		}
		for _, r := range probe.Compare(promise(), g) {
			for _, text := range []string{r.Device, r.Read, r.Expected} {
				if len(text) > 256 || strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
					t.Errorf("%q", text)
				}
			}
		}
	})
}
