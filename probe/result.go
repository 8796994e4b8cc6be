package probe

import "slices"

// Schema is the version of a report's JSON form: see the package's README.
const Schema = 1

// Level is how a comparison came out.
type Level string

const (
	// Pass means that the VM has what was promised.
	Pass Level = "pass"
	// Warn means that something may be less than promised, or that the renter may
	// have asked for less.
	Warn Level = "warn"
	// Fail means that the VM has not what was promised.
	Fail Level = "fail"
	// Unmeasured means that it could not be compared.
	Unmeasured Level = "not_measured"
)

// Check names what is compared.
type Check string

// The checks, in the order in which they are made. Those from CheckGPUName on need
// the vendor's driver in the guest, all before are basic.
const (
	CheckInventory Check = "inventory"
	CheckLogin     Check = "login"
	CheckShare     Check = "share"
	CheckCPUs      Check = "cpus"
	CheckCPUModel  Check = "cpu_model"
	CheckMemory    Check = "memory"
	CheckDisk      Check = "disk"
	CheckGPUs      Check = "gpus"
	CheckGPUType   Check = "gpu_type"
	CheckPCIIDs    Check = "pci_ids"
	CheckRegions   Check = "regions"
	CheckLinkWidth Check = "link_width"
	CheckGPUName   Check = "gpu_name"
	CheckGPUID     Check = "gpu_id"
	CheckVRAM      Check = "vram"
	CheckLink      Check = "link"
)

// Checks are all of them.
var Checks = []Check{
	CheckInventory, CheckLogin, CheckShare, CheckCPUs, CheckCPUModel, CheckMemory, CheckDisk, CheckGPUs, CheckGPUType, CheckPCIIDs,
	CheckRegions, CheckLinkWidth, CheckGPUName, CheckGPUID, CheckVRAM, CheckLink,
}

// Basic reports whether a VM counts as not verified without the check.
func (c Check) Basic() bool { return slices.Contains(basic, c) }

var basic = []Check{CheckLogin, CheckCPUs, CheckMemory, CheckDisk, CheckGPUs, CheckGPUType, CheckRegions}

// Code says why a comparison came out as it did.
type Code string

// The codes. Those of a passed check are CodeSame and the two that follow.
const (
	CodeSame Code = "SAME"
	// CodeMore: the VM has more than was promised.
	CodeMore Code = "MORE"
	// CodeNone: nothing of the kind was promised.
	CodeNone Code = "NONE_PROMISED"

	// CodeLess: it has less.
	CodeLess Code = "LESS"
	// CodeOther: it has something else.
	CodeOther Code = "OTHER"
	// CodeMissing: it is not there.
	CodeMissing Code = "MISSING"
	// CodeUnassigned: the guest's firmware and kernel found no room for a region: bar.
	CodeUnassigned Code = "UNASSIGNED"
	// CodeBelowShare: the VM was made with less than the rental's share.
	CodeBelowShare Code = "BELOW_SHARE"
	// CodeHash: the inventory is not the one whose hash the chain lists.
	CodeHash Code = "WRONG_HASH"
	// CodeSignature: the inventory is not signed by the machine's key.
	CodeSignature Code = "WRONG_SIGNATURE"
	// CodeForm: the inventory is signed and listed, and not of this form.
	CodeForm Code = "WRONG_FORM"

	// CodeNoLogin: the guest could not be logged in to: said.
	CodeNoLogin Code = "NO_LOGIN"
	// CodeNoAnswer: the guest gave no answer in time.
	CodeNoAnswer Code = "NO_ANSWER"
	// CodeUnreadable: what the guest answered is not of the script's form: line.
	CodeUnreadable Code = "UNREADABLE"
	// CodeTooLong: the guest answered more than the script can: bytes.
	CodeTooLong Code = "TOO_LONG"
	// CodeNotSaid: one of both does not say it.
	CodeNotSaid Code = "NOT_SAID"
	// CodeUnlisted: the chain has no hash of this machine's inventory.
	CodeUnlisted Code = "UNLISTED"
	// CodeMadeUp: a test network's slot has no card.
	CodeMadeUp Code = "MADE_UP"
	// CodeNoDriver: the guest has no program of the card's vendor.
	CodeNoDriver Code = "NO_DRIVER"
	// CodeDriver: the vendor's program failed, or did not end in time.
	CodeDriver Code = "DRIVER_FAILED"
	// CodeIdle: a link's speed shows under load only.
	CodeIdle Code = "IDLE"
)

// Codes are all of them: whatever shows them has words for each.
var Codes = []Code{
	CodeSame, CodeMore, CodeNone, CodeLess, CodeOther, CodeMissing, CodeUnassigned, CodeBelowShare, CodeHash, CodeSignature, CodeForm,
	CodeNoLogin, CodeNoAnswer, CodeUnreadable, CodeTooLong, CodeNotSaid, CodeUnlisted, CodeMadeUp, CodeNoDriver, CodeDriver, CodeIdle,
}

// Result is one comparison.
type Result struct {
	Check Check `json:"check"`
	Level Level `json:"level"`
	Code  Code  `json:"code"`
	// Device is what it is about where there are several: a disk's name, or a PCI
	// address in the guest.
	Device string `json:"device,omitempty"`
	// Expected is what was promised, Read what the guest said, in the check's unit;
	// "" where there is none. Both are others' words.
	Expected string            `json:"expected,omitempty"`
	Read     string            `json:"read,omitempty"`
	Params   map[string]string `json:"params,omitempty"`
}

// Report is what a verification found.
type Report struct {
	Schema  int      `json:"schema"`
	Level   Level    `json:"level"`
	Results []Result `json:"results"`
}

// NewReport returns the report of results. Its level is Fail if one failed, else
// Unmeasured if something basic was not measured, else Warn if there is a warning.
func NewReport(results ...Result) Report {
	r := Report{Schema, Pass, slices.Clone(results)}
	if r.Results == nil {
		r.Results = []Result{}
	}
	rank := map[Level]int{Pass: 0, Warn: 1, Unmeasured: 2, Fail: 3}
	for _, result := range results {
		level := result.Level
		if level == Unmeasured && !result.Check.Basic() {
			level = Pass
		}
		if rank[level] > rank[r.Level] {
			r.Level = level
		}
	}
	return r
}
