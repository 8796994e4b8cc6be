package probe

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/hw/measure"
)

// vramShare is the part of the listed memory that a driver may show less, a
// twentieth: one keeps more for itself than another that the host measured with.
const vramShare = 20

// driverChecks are those that a driver is needed for.
var driverChecks = []Check{CheckGPUName, CheckGPUID, CheckVRAM, CheckLink}

// driver compares what the vendors' programs told.
func driver(p Promise, g Guest, found []Function) []Result {
	var list []Result
	for _, f := range found {
		name := programOf(f)
		said, ran := g.Programs[name]
		at := slices.IndexFunc(said.Cards, func(c measure.Card) bool { return c.Address == f.Address })
		code := CodeDriver
		if !ran && (g.Whole || name == "") {
			code = CodeNoDriver
		}
		if at < 0 {
			for _, check := range driverChecks {
				list = append(list, Result{Check: check, Level: Unmeasured, Code: code, Device: f.Address.String(), Params: params("program", name)})
			}
			continue
		}
		card := said.Cards[at]
		list = append(list, gpuName(p, card), gpuID(p, card), vram(p, card), link(p, f, card))
	}
	return list
}

// programOf returns the program that tells of a card, "" where none is known.
func programOf(f Function) string {
	switch f.IDs.Vendor {
	case 0x10de:
		return "nvidia-smi"
	case 0x1002:
		return "rocm-smi"
	}
	return ""
}

func about(check Check, c measure.Card, expected, read string) Result {
	r := Result{Check: check, Level: Pass, Code: CodeSame, Device: c.Address.String(), Expected: expected, Read: read}
	if expected == "" || read == "" {
		r.Level, r.Code = Unmeasured, CodeNotSaid
	}
	return r
}

// gpuName compares the driver's name with the listing's, by the words that make the
// type: drivers write NVIDIA H100 PCIe where a listing has NVIDIA H100 PCIe 80GB.
func gpuName(p Promise, c measure.Card) Result {
	r := about(CheckGPUName, c, p.GPUType, c.Product)
	if r.Level == Pass && !sameName(p.GPUType, c.Product) {
		r.Level, r.Code = Warn, CodeOther
	}
	return r
}

// sameName reports whether one name's words are all in the other.
func sameName(a, b string) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == '-' || r == '_' })
	}
	within := func(a, b []string) bool {
		return !slices.ContainsFunc(a, func(w string) bool { return !slices.Contains(b, w) })
	}
	x, y := words(a), words(b)
	return len(x) > 0 && len(y) > 0 && (within(x, y) || within(y, x))
}

// gpuID compares with the chain's ids, where those are the vendor's own.
func gpuID(p Promise, c measure.Card) Result {
	own := c.UUID
	if own == "" && c.Serial != "" && c.ID.Vendor != 0x10de {
		own = strings.SplitN(c.ID.String(), ":", 2)[0] + "-" + c.Serial
	}
	made := func(id string) bool { return strings.HasPrefix(id, "pci-") }
	ids := slices.DeleteFunc(slices.Clone(p.IDs), made)
	r := about(CheckGPUID, c, strings.Join(ids, " "), own)
	if r.Level == Pass && !slices.Contains(ids, own) {
		r.Level, r.Code = Fail, CodeOther
	}
	return r
}

func vram(p Promise, c measure.Card) Result {
	if p.VRAMMiB == 0 || c.VRAMMiB == 0 {
		return about(CheckVRAM, c, "", "")
	}
	r := about(CheckVRAM, c, strconv.FormatUint(p.VRAMMiB, 10), strconv.FormatUint(c.VRAMMiB, 10))
	if c.VRAMMiB < p.VRAMMiB-p.VRAMMiB/vramShare {
		r.Level, r.Code = Fail, CodeLess
	}
	return r
}

// link compares generation and width of the link where the card is at work; an
// idle one's goes down.
func link(p Promise, f Function, c measure.Card) Result {
	at := slices.IndexFunc(p.gpus(), func(w PromisedGPU) bool { return w.IDs == f.IDs && w.Subsystem == f.Subsystem })
	if at < 0 || c.LinkGen == 0 || generation(p.gpus()[at].MaxSpeedMTs) == 0 {
		return about(CheckLink, c, "", "")
	}
	r := counted(CheckLink, uint64(generation(p.gpus()[at].MaxSpeedMTs)), uint64(c.LinkGen))
	r.Device = c.Address.String()
	switch {
	case r.Level == Fail && !c.Busy:
		r.Level, r.Code = Unmeasured, CodeIdle
	case r.Level == Fail:
		r.Level = Warn
	}
	return r
}

// generation returns PCI Express's for a speed of its lanes, 0 for none.
func generation(megaTransfers int) int {
	return max(0, slices.Index([]int{0, 2500, 5000, 8000, 16000, 32000, 64000}, megaTransfers))
}
