package probe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/probe"
)

// guest is a VM with two L40S and their audio functions, each card in a slot of its
// own behind a port, beside what every VM has.
const guest = `@file proc/cpuinfo processor : 0\nmodel name : AMD EPYC 9354 32-Core Processor\n\nprocessor : 1\nmodel name : AMD EPYC 9354 32-Core Processor\n
@file proc/meminfo MemTotal: 16374512 kB\nMemFree: 15000000 kB\n
@file sys/devices/system/memory/block_size_bytes 8000000
00:00.0 0600 8086:29c0
00:01.0 0300 1234:1111 bars=16Mp,4K
00:02.0 0604 1b36:000c
  01:00.0 0302 10de:26b9/10de:1851 rev=a1 bars=16M,64Gp,32Mp link=16.0x16/16.0x16
  01:00.1 0403 10de:22ba/10de:1851 rev=a1 bars=16K driver=snd_hda_intel
00:03.0 0604 1b36:000c
  02:00.0 0302 10de:26b9/10de:1851 rev=a1 bars=16M,64Gp,32Mp link=2.5x16/16.0x16
  02:00.1 0403 10de:22ba/10de:1851 rev=a1 bars=16K driver=snd_hda_intel
` + "@file sys/block/vda/removable 0\n@file sys/block/vda/size 20971520\n@file sys/block/vda/serial vda\n@file sys/block/vda/device/x 1\n" +
	"@file sys/block/vdb/removable 0\n@file sys/block/vdb/size 209715200\n@file sys/block/vdb/serial vdb\n@file sys/block/vdb/device/x 1\n" +
	"@file sys/block/sr0/removable 1\n@file sys/block/sr0/size 748\n@file sys/block/sr0/device/x 1\n@file sys/block/loop0/size 8\n"

// record runs the very script in a shell of this computer, on a guest's sys and
// proc, with programs of vendors by name.
func record(t testing.TB, description string, programs map[string]string) string {
	t.Helper()
	root := hwtest.Build(t, description)
	for i := range 128 { // of 128 MiB each
		if err := os.MkdirAll(fmt.Sprintf("%s/sys/devices/system/memory/memory%d", root, i), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range programs {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script := strings.NewReplacer("/sys/", root+"/sys/", "/proc/", root+"/proc/", `PATH="`, `PATH="`+bin+":").Replace(string(probe.Script))
	cmd := exec.CommandContext(t.Context(), "sh", "-s")
	cmd.Stdin = strings.NewReader(script)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil || complaint.Len() > 0 {
		t.Fatalf("the script: %v: %s", err, &complaint)
	}
	return string(out)
}

// said is a shell that gives an answer.
type said struct {
	text string
	err  error
}

func (s said) Run(context.Context, []byte, int) ([]byte, error) { return []byte(s.text), s.err }

// hanging is a shell whose guest stops in the middle of its answer.
type hanging struct{ text string }

func (h hanging) Run(ctx context.Context, _ []byte, _ int) ([]byte, error) {
	<-ctx.Done()
	return []byte(h.text), context.Cause(ctx)
}

var errSaid = errors.New("permission denied (publickey)")

// shorts writes results as check, level, code and device.
func shorts(results []probe.Result) []string {
	var list []string
	for _, r := range results {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.Check, r.Level, r.Code, r.Device)))
	}
	return list
}

// unlike are the results that are not a plain pass.
func unlike(results []probe.Result) []string {
	var list []string
	for i, line := range shorts(results) {
		if r := results[i]; r.Level != probe.Pass || r.Code != probe.CodeSame {
			list = append(list, line)
		}
	}
	return list
}
