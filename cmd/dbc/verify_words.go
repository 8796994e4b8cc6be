package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/probe"
)

// verifyWords are one language's texts for the results of a verification.
type verifyWords struct {
	levels map[probe.Level]string
	checks map[probe.Check]string
	// codes map to sentences; one that begins with a check's name is for that check only.
	codes map[string]func(r probe.Result) string
	// after separates a line's subject from what it says.
	after   string
	summary map[probe.Level]string
	advice  map[adviceCode]string
	// until says the trial's deadline.
	until string
}

// verifyLanguage returns the texts of the language that was asked for, else of the user's
// locale, found as in other programs.
func verifyLanguage(asked string) verifyWords {
	switch asked {
	case "zh":
		return verifyChinese
	case "en":
		return verifyEnglish
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := os.Getenv(name); locale != "" {
			if strings.HasPrefix(locale, "zh") {
				return verifyChinese
			}
			return verifyEnglish
		}
	}
	return verifyEnglish
}

// units are those of numbers in results.
var units = map[probe.Check]string{probe.CheckMemory: " MiB", probe.CheckDisk: " GiB", probe.CheckVRAM: " MiB"}

// expected and read are a result's values with their unit. They are not trusted.
func expected(r probe.Result) string { return withUnit(r.Check, r.Expected) }
func read(r probe.Result) string     { return withUnit(r.Check, r.Read) }

func withUnit(check probe.Check, value string) string {
	if value == "" {
		return ""
	}
	return client.Printable(value) + units[check]
}

// verifyText writes a line for each result, then the overall result.
func verifyText(w io.Writer, v verifyReply, words verifyWords) {
	for _, r := range v.Results {
		subject := words.checks[r.Check]
		if r.Device != "" {
			subject += " " + client.Printable(r.Device)
		}
		sentence := words.codes[string(r.Check)+" "+string(r.Code)]
		if sentence == nil {
			sentence = words.codes[string(r.Code)]
		}
		row(w, words.levels[r.Level], subject+words.after+sentence(r))
	}
	fmt.Fprintf(w, "\n%s\n", words.summary[v.Level])
	if v.Advice != nil {
		fmt.Fprintf(w, words.until+"\n", clock(v.Advice.Deadline), left(v.Advice.Deadline), words.advice[v.Advice.Code])
		for _, command := range v.Advice.Commands {
			fmt.Fprintf(w, "  %s\n", client.Printable(command))
		}
	}
}

func phrase(text string) func(probe.Result) string {
	return func(probe.Result) string { return text }
}

var verifyEnglish = verifyWords{
	levels: map[probe.Level]string{probe.Pass: "pass", probe.Warn: "warn", probe.Fail: "fail", probe.Unmeasured: "not measured"},
	checks: map[probe.Check]string{
		probe.CheckInventory: "signed inventory", probe.CheckLogin: "login", probe.CheckShare: "the rental's share", probe.CheckCPUs: "CPUs",
		probe.CheckCPUModel: "processor", probe.CheckMemory: "memory", probe.CheckDisk: "disk", probe.CheckGPUs: "GPUs", probe.CheckGPUType: "GPU type",
		probe.CheckPCIIDs: "PCI ids", probe.CheckRegions: "memory regions", probe.CheckLinkWidth: "PCIe width", probe.CheckGPUName: "driver's name",
		probe.CheckGPUID: "GPU id", probe.CheckVRAM: "GPU memory", probe.CheckLink: "PCIe generation",
	},
	after: ": ",
	codes: map[string]func(r probe.Result) string{
		"SAME": func(r probe.Result) string {
			if r.Read == "" {
				return "as promised"
			}
			return read(r)
		},
		"inventory SAME": phrase("signed by the machine, and the one that the chain lists"),
		"login SAME":     phrase("by SSH, with the host key that the machine signed"),
		"MORE":           func(r probe.Result) string { return fmt.Sprintf("%s, more than the promised %s", read(r), expected(r)) },
		"memory SAME": func(r probe.Result) string {
			return fmt.Sprintf("%s of %s, the rest is the kernel's", read(r), expected(r))
		},
		"NONE_PROMISED": phrase("none, as promised"),
		"LESS":          func(r probe.Result) string { return fmt.Sprintf("%s, of the promised %s", read(r), expected(r)) },
		"OTHER":         func(r probe.Result) string { return fmt.Sprintf("%s, where %s was promised", read(r), expected(r)) },
		"gpu_id OTHER": func(r probe.Result) string {
			return fmt.Sprintf("%s is none of the rental's: %s", read(r), expected(r))
		},
		"MISSING": func(r probe.Result) string {
			if r.Expected == "" {
				return "not there"
			}
			return fmt.Sprintf("not there; %s was promised", expected(r))
		},
		"UNASSIGNED": func(r probe.Result) string {
			return fmt.Sprintf("region %s has no address in the guest, so a driver cannot use the card", r.Params["bar"])
		},
		"BELOW_SHARE": func(r probe.Result) string {
			var parts []string
			for _, p := range [][2]string{{"cpus", "CPUs"}, {"memory_mib", "MiB of memory"}, {"gpus", "GPUs"}} {
				if of := r.Params[p[0]+"_of"]; of != "" {
					parts = append(parts, fmt.Sprintf("%s of %s %s", r.Params[p[0]], of, p[1]))
				}
			}
			return "the VM was made with " + strings.Join(parts, ", ") + "; right if you asked for that, or have several"
		},
		"WRONG_HASH":      phrase("the machine serves another one than the chain lists"),
		"WRONG_SIGNATURE": phrase("not signed by the machine's key"),
		"WRONG_FORM":      phrase("signed and listed, but it cannot be read"),
		"NO_LOGIN": func(r probe.Result) string {
			return "the guest could not be logged in to" + after("; ", client.Printable(r.Params["said"]))
		},
		"NO_ANSWER": phrase("the guest gave no answer in time"),
		"UNREADABLE": func(r probe.Result) string {
			return "line " + r.Params["line"] + " of the guest's answer is not what was asked for"
		},
		"TOO_LONG":           func(r probe.Result) string { return "the guest answered more than " + r.Params["bytes"] + " bytes" },
		"NOT_SAID":           phrase("one of the two sides does not say it"),
		"inventory NOT_SAID": phrase("the machine did not show it"),
		"UNLISTED":           phrase("this machine lists none"),
		"MADE_UP":            phrase("made up, as on every test network: there is no card"),
		"NO_DRIVER": func(r probe.Result) string {
			if program := r.Params["program"]; program != "" {
				return "the guest has no " + program + "; an image with a driver shows it"
			}
			return "no program that tells it is known"
		},
		"DRIVER_FAILED": func(r probe.Result) string {
			return r.Params["program"] + " failed, or did not know the card, or did not end in time"
		},
		"IDLE": func(r probe.Result) string {
			return fmt.Sprintf("%s now, at most %s; an idle link is slow, verify again under load", read(r), expected(r))
		},
	},
	summary: map[probe.Level]string{
		probe.Pass: "The virtual machine has what was promised, as far as it can be seen.", probe.Warn: "The virtual machine has what was promised, but look at the warnings.",
		probe.Fail: "The virtual machine has NOT what was promised.", probe.Unmeasured: "It could not be seen whether the virtual machine has what was promised.",
	},
	until: "The trial can be decided until %s%s. %s",
	advice: map[adviceCode]string{
		adviceConfirm: "If it also does what you need it for, confirm:", adviceLook: "Confirm, or cancel and get the rent back:",
		adviceCancel: "Cancel, and get the rent back:", adviceAgain: "Try again, or cancel and get the rent back:",
	},
}
