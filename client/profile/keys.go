package profile

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The keys that are no global flags' names.
const (
	Output = "output"
	JSON   = "json"
)

// rule says what a key's value has to be.
type rule struct {
	limit string
	fits  func(value string) bool
}

var (
	word     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,89}$`)
	address  = regexp.MustCompile(`^(https?://)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?$`)
	hostPort = regexp.MustCompile(`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$`)
)

func among(values ...string) rule {
	return rule{"one of: " + strings.Join(values, ", "), func(v string) bool { return slices.Contains(values, v) }}
}

func isURL(v string) bool { return strings.HasPrefix(v, "http") && address.MatchString(v) }

// line reports whether a value is one line of text.
func line(v string) bool {
	return v != "" && len(v) <= 1024 && strings.TrimSpace(v) == v && !strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// rules are the keys of a profile. Each but Output is the global flag of that name.
var rules = map[string]rule{
	"network":  {"name of a network, or the absolute path of its folder", func(v string) bool { return word.MatchString(v) || line(v) && filepath.IsAbs(v) }},
	"chain-id": {"a chain id", word.MatchString},
	"grpc":     {"host:port or http(s)://host:port, without user and password", func(v string) bool { return isURL(v) || hostPort.MatchString(v) }},
	"rpc":      {"http(s)://host:port, without user and password", isURL},
	"node":     {"http(s)://host:port without user and password, or direct", func(v string) bool { return v == "direct" || isURL(v) }},
	"wallet":   {"name or address of a wallet", word.MatchString},
	"home":     {"an absolute path", func(v string) bool { return line(v) && filepath.IsAbs(v) }},
	"timeout": {"a time such as 30s or 5m", func(v string) bool {
		d, err := time.ParseDuration(v)
		return err == nil && d > 0
	}},
	"language": among("en", "zh"),
	Output:     among("text", JSON),
}

// Keys returns the keys of a profile, sorted.
func Keys() []string { return slices.Sorted(maps.Keys(rules)) }

// Limit returns what a key's value has to be, for people; "" for what is no key.
func Limit(key string) string { return rules[key].limit }

// refused are global flags that a profile does not have, each with the reason and what to
// do instead.
var refused = map[string][2]string{
	"yes":           {"a profile answers no question, since questions protect money and data", "give --yes on the command line that means it"},
	"dry-run":       {"what is sent and what is only tried must show on the command line", "give --dry-run there"},
	"max-gas-price": {"the limit of what a transaction costs is raised knowingly", "give --max-gas-price on the command line"},
	"session":       {"whoever acts for somebody else says so", "give --session on the command line"},
	"profile":       {"a profile does not choose another", "write use = \"NAME\" at the top of the file"},
	"json":          {"this key is spelled otherwise", "write output = \"json\""},
}

// secret finds keys for what has no place in a file that is copied and shown.
var secret = regexp.MustCompile(`(?i)pass|secret|mnemonic|private|seed|words|token|credential|api.?key`)

// check refuses a key or its value.
func check(file string, at int, key, value string) error {
	r, known := rules[key]
	why, never := refused[key]
	switch {
	case !known && never:
		return &Refusal{File: file, Line: at, Key: key, Reason: why[0], Remedy: why[1]}
	case !known && secret.MatchString(key):
		return &Refusal{
			File: file, Line: at, Key: key, Reason: "this file holds no secrets: it is copied, shown and read by programs",
			Remedy: "remove the line; a passphrase is typed, or read from the file that DBC_PASSPHRASE_FILE names",
		}
	case !known:
		return &Refusal{File: file, Line: at, Key: key, Reason: "unknown key", Remedy: "use one of: " + strings.Join(Keys(), ", ")}
	case !r.fits(value):
		return &Refusal{File: file, Line: at, Key: key, Reason: "wrong value", Remedy: "want " + r.limit}
	}
	return nil
}
