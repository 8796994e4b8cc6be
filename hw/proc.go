package hw

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// maxMHz is more than any clock; a float above an int's range has no value as one.
const maxMHz = 1e6

// readCPU counts processors and takes model and clock of the first one. ARM kernels print
// no model name: "Hardware" or the architecture's name is used instead.
func readCPU(path string, inv *Inventory) error {
	sockets := map[string]bool{}
	err := eachField(path, func(name, value string) {
		switch name {
		case "processor":
			inv.Cores++
		case "physical id":
			sockets[value] = true
		case "model name", "Hardware", "cpu model":
			if inv.CPUModel == "" {
				inv.CPUModel = strings.Join(strings.Fields(value), " ")
			}
		case "cpu MHz":
			if mhz, err := strconv.ParseFloat(value, 64); err == nil && inv.MHz == 0 && mhz > 0 && mhz < maxMHz {
				inv.MHz = int(mhz)
			}
		}
	})
	if err != nil {
		return err
	}
	if inv.Cores == 0 {
		return fmt.Errorf("%s lists no processor: %w", path, ErrUnreadable)
	}
	inv.Sockets = max(len(sockets), 1)
	if inv.CPUModel == "" {
		inv.CPUModel = "unknown"
	}
	return nil
}

// brandMHz matches how Intel writes a clock at the end of a model's name.
var brandMHz = regexp.MustCompile(`@ ([0-9]{1,3}\.[0-9]{1,3})GHz$`)

// ratedMHz returns a clock that does not change with the load: the driver's
// base or else highest frequency, else the one in the model's name. Virtual
// computers often have neither.
func ratedMHz(root, model string) int {
	for _, name := range []string{"base_frequency", "cpuinfo_max_freq"} {
		text, err := os.ReadFile(filepath.Join(root, "sys/devices/system/cpu/cpu0/cpufreq", name))
		if err != nil {
			continue
		}
		if khz, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 31); err == nil && khz/1000 > 0 && khz/1000 < maxMHz {
			return int(khz / 1000)
		}
	}
	if named := brandMHz.FindStringSubmatch(model); named != nil {
		if ghz, err := strconv.ParseFloat(named[1], 64); err == nil {
			return int(math.Round(ghz * 1000))
		}
	}
	return 0
}

func readMemory(path string, inv *Inventory) error {
	err := eachField(path, func(name, value string) {
		kib, err := strconv.ParseUint(strings.TrimSuffix(value, " kB"), 10, 64)
		if err != nil {
			return
		}
		switch name {
		case "MemTotal":
			inv.MemoryMiB = kib / 1024
		case "MemAvailable":
			inv.FreeMiB = kib / 1024
		}
	})
	if err != nil {
		return err
	}
	if inv.MemoryMiB == 0 {
		return fmt.Errorf("%s has no MemTotal: %w", path, ErrUnreadable)
	}
	return nil
}

// eachField calls f for each "name : value" line.
func eachField(path string, f func(name, value string)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	// A line of /proc/cpuinfo (flags) can be longer than a scanner's default.
	lines := bufio.NewScanner(io.LimitReader(file, 16<<20))
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), ":")
		if ok {
			f(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	return lines.Err()
}
