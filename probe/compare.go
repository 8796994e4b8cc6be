package probe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Compare returns what the guest has beside what was promised. A guest that says
// the right things is no proof: who controls the computer can make it say them.
func Compare(p Promise, g Guest) []Result {
	list := []Result{{Check: CheckLogin, Level: Pass, Code: CodeSame}}
	list = append(list, share(p)...)
	list = append(list, cpus(p, g), cpuModel(p, g), memory(p, g))
	list = append(list, disks(p, g)...)
	return append(list, cards(p, g)...)
}

// Unread returns the results where the guest gave no answer that can be read: why
// is of the login, and nothing in the guest was measured.
func Unread(p Promise, why Result) []Result {
	why.Check = CheckLogin
	list := append([]Result{why}, share(p)...)
	for _, check := range []Check{CheckCPUs, CheckMemory, CheckDisk, CheckGPUs} {
		list = append(list, Result{Check: check, Level: Unmeasured, Code: why.Code})
	}
	return list
}

// share tells of a VM that was made with less than its rental may have. The renter
// may have asked for that, or have several.
func share(p Promise) []Result {
	if p.Share == (Share{}) {
		return nil
	}
	less := map[string]string{}
	for name, n := range map[string][2]uint64{
		"cpus": {uint64(max(p.CPUs, 0)), uint64(max(p.Share.CPUs, 0))}, "memory_mib": {p.MemoryMiB, p.Share.MemoryMiB},
		"gpus": {uint64(max(p.GPUs, 0)), uint64(max(p.Share.GPUs, 0))},
	} {
		if n[0] < n[1] {
			less[name], less[name+"_of"] = strconv.FormatUint(n[0], 10), strconv.FormatUint(n[1], 10)
		}
	}
	if len(less) > 0 {
		return []Result{{Check: CheckShare, Level: Warn, Code: CodeBelowShare, Params: less}}
	}
	return []Result{{Check: CheckShare, Level: Pass, Code: CodeSame}}
}

// counted compares a number of which less is a failure.
func counted(check Check, want, have uint64) Result {
	r := Result{Check: check, Level: Pass, Code: CodeSame, Expected: strconv.FormatUint(want, 10), Read: strconv.FormatUint(have, 10)}
	switch {
	case have < want:
		r.Level, r.Code = Fail, CodeLess
	case have > want:
		r.Code = CodeMore
	}
	return r
}

func cpus(p Promise, g Guest) Result {
	return counted(CheckCPUs, uint64(max(p.CPUs, 0)), uint64(g.CPUs))
}

// cpuModel warns only: a guest without hardware virtualization sees another name,
// and listings are of what the computer's kernel says.
func cpuModel(p Promise, g Guest) Result {
	r := Result{Check: CheckCPUModel, Level: Pass, Code: CodeSame, Expected: p.CPUModel, Read: g.CPUModel}
	switch {
	case p.CPUModel == "" || g.CPUModel == "":
		r.Level, r.Code = Unmeasured, CodeNotSaid
	case strings.Join(strings.Fields(p.CPUModel), " ") != strings.Join(strings.Fields(g.CPUModel), " "):
		r.Level, r.Code = Warn, CodeOther
	}
	return r
}

// memory is the VM's if the kernel has it, less what it keeps for itself: tables of
// a 64th, its own text and the initramfs. The number of blocks, which are the
// computer's whole memory rounded up, is held against all of it.
func memory(p Promise, g Guest) Result {
	r := Result{Check: CheckMemory, Level: Pass, Code: CodeSame, Expected: strconv.FormatUint(p.MemoryMiB, 10), Read: strconv.FormatUint(g.MemoryKiB>>10, 10)}
	kept := min(p.MemoryMiB/32+192, p.MemoryMiB/2)
	if g.MemoryKiB>>10 < p.MemoryMiB-kept || g.MemoryMost > 0 && g.MemoryMost < p.MemoryMiB {
		r.Level, r.Code = Fail, CodeLess
	}
	if g.MemoryMost > 0 {
		r.Params = map[string]string{"most_mib": strconv.FormatUint(g.MemoryMost, 10)}
	}
	return r
}

// disks compares by serial numbers, which hosts set to the disks' names.
func disks(p Promise, g Guest) []Result {
	var list []Result
	for _, want := range p.Disks {
		r := Result{Check: CheckDisk, Device: want.Name, Expected: strconv.FormatUint(want.GiB, 10)}
		at := slices.IndexFunc(g.Disks, func(d Disk) bool { return d.Serial == want.Name })
		if at < 0 {
			r.Level, r.Code = Fail, CodeMissing
		} else {
			r = counted(CheckDisk, want.GiB, g.Disks[at].Bytes>>30)
			r.Device = want.Name
		}
		list = append(list, r)
	}
	if len(list) == 0 {
		list = append(list, Result{Check: CheckDisk, Level: Unmeasured, Code: CodeNotSaid})
	}
	return list
}

func params(pairs ...any) map[string]string {
	values := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[fmt.Sprint(pairs[i])] = fmt.Sprint(pairs[i+1])
	}
	return values
}
