package gpu_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/hw/pci"
)

// TestCases compares inventories of real computers with the right answers,
// which follow each description. A case lists every slot and every GPU that has
// none; warnings and names are checked where it has some.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			inv, err := gpu.Read(hwtest.Build(t, string(text)))
			if err != nil {
				t.Fatal(err)
			}
			got, want := said(inv), wanted(t, string(text), inv)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// said formats an inventory like a case's answers.
func said(inv gpu.Inventory) []string {
	var list []string
	for _, s := range inv.Slots {
		list = append(list, fmt.Sprintf("slot gpus=%s functions=%s numa=%d window=%d", join(s.GPUs), join(s.Functions), s.NUMA, s.NeedsWindowMiB))
	}
	for _, g := range inv.GPUs {
		if !g.Passable {
			list = append(list, "no "+g.Address.String()+" "+codes(g.Reasons))
		}
	}
	for _, u := range inv.Unsupported {
		list = append(list, "unsupported "+u.Address+" "+codes(u.Reasons))
	}
	return list
}

func codes(list []gpu.Reason) string {
	var out []string
	for _, r := range list {
		out = append(out, string(r.Code))
	}
	return strings.Join(out, " ")
}

func join(list []pci.Address) string {
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	return strings.Join(out, ",")
}

func full(address string) string {
	if strings.Count(address, ":") == 1 {
		return "0000:" + address
	}
	return address
}

// wanted formats a case's answers like said, after checking its parameters,
// warnings and names.
func wanted(t *testing.T, text string, inv gpu.Inventory) []string {
	t.Helper()
	var list []string
	for _, words := range hwtest.Answers(text) {
		switch words[0] {
		case "slot":
			list = append(list, slot(words[1:]))
		case "unsupported":
			list = append(list, strings.Join(words, " "))
		case "no", "warn":
			g := find(t, inv, words[1])
			have := g.Reasons
			if words[0] == "warn" {
				have = g.Warnings
			}
			names := match(t, words[1], words[2:], have)
			if words[0] == "no" {
				list = append(list, "no "+g.Address.String()+" "+names)
			} else if names != codes(have) {
				t.Errorf("%s: warnings %s, want %s", words[1], codes(have), names)
			}
		case "name":
			if g := find(t, inv, words[1]); g.Name != strings.Join(words[2:], " ") {
				t.Errorf("%s is a %q", words[1], g.Name)
			}
		default:
			t.Fatalf("unknown answer %q", words)
		}
	}
	return list
}

func slot(words []string) string {
	said := map[string]string{"numa": "-1"}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		said[name] = value
	}
	for _, name := range []string{"gpus", "functions"} {
		parts := strings.Split(said[name], ",")
		for i := range parts {
			parts[i] = full(parts[i])
		}
		said[name] = strings.Join(parts, ",")
	}
	return fmt.Sprintf("slot gpus=%s functions=%s numa=%s window=%s", said["gpus"], said["functions"], said["numa"], said["window"])
}

func find(t *testing.T, inv gpu.Inventory, address string) gpu.GPU {
	t.Helper()
	for _, g := range inv.GPUs {
		if g.Address.String() == full(address) {
			return g
		}
	}
	t.Fatalf("no GPU at %s", address)
	return gpu.GPU{}
}

// match checks the parameters of CODE(name=value,…) and returns the codes in
// the order in which an inventory lists them.
func match(t *testing.T, address string, words []string, have []gpu.Reason) string {
	t.Helper()
	var names []string
	for _, word := range words {
		name, params, _ := strings.Cut(strings.TrimSuffix(word, ")"), "(")
		names = append(names, name)
		fits := slices.ContainsFunc(have, func(r gpu.Reason) bool {
			for param := range strings.SplitSeq(params, ",") {
				key, value, _ := strings.Cut(param, "=")
				if param != "" && strings.ReplaceAll(r.Params[key], " ", "_") != value {
					return false
				}
			}
			return string(r.Code) == name
		})
		if !fits {
			t.Errorf("%s: no %s among %v", address, word, have)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// TestIndexes: slots are numbered in the order of their addresses.
func TestIndexes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/cases/06-eight-over-two-sockets.txt")
	if err != nil {
		t.Fatal(err)
	}
	inv, err := gpu.Read(hwtest.Build(t, string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range inv.Slots {
		if s.Index != i || s.Kind != "GPU" || i > 0 && inv.Slots[i-1].GPUs[0].Compare(s.GPUs[0]) >= 0 {
			t.Errorf("slot %s", strconv.Itoa(i))
		}
	}
}
