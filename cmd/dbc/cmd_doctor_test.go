package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/client/checkup"
	"github.com/dbc-network/dbc/hw/doctor"
)

// TestEveryCheckupHasWords: in both languages, and no remedy leaves a name unfilled.
func TestEveryCheckupHasWords(t *testing.T) {
	t.Parallel()
	read := map[string]string{}
	for _, name := range []string{"home", "file", "wallet", "program", "rpc", "grpc", "wanted", "serves", "node", "role", "wanted_mib"} {
		read[name] = "X"
	}
	codes := []string{
		"", "MISSING", "NO_FOLDER", "OTHERS_WRITE", "NOT_YOURS", "NONE", "OTHERS_READ", "UNREADABLE", "ENVIRONMENT", "BROKEN", "CATCHING_UP", "NO_BLOCK",
		"CHAIN_STALLED", "AHEAD", "BEHIND", "UNREACHABLE", "NOT_A_CLIENT_NODE", "OTHER_CHAIN", "NO_PEERS", "OTHER_VERSION",
	}
	for language, words := range map[string]checkupWords{"English": checkupEnglish, "Chinese": checkupChinese} {
		for _, check := range checkup.Checks {
			of, ok := words.checks[check]
			if !ok || of.name == "" || of.why == "" {
				t.Errorf("%s of %s has no words", check, language)
				continue
			}
			for _, code := range codes {
				read["code"] = code
				if fix := of.fix(doctor.Finding{Check: check, Read: read}); fix == "" || strings.ContainsAny(fix, "{}") {
					t.Errorf("%s of %s, %s: %q", check, language, code, fix)
				}
			}
		}
		if len(words.checks) != len(checkup.Checks) || slices.Contains(checkup.Checks, "") {
			t.Errorf("%s has words of %d checks, there are %d", language, len(words.checks), len(checkup.Checks))
		}
	}
	// What a stranger's node says stays text.
	evil := map[string]string{"serves": "a\x1b[2J", "wanted": "b", "code": "OTHER_CHAIN"}
	if fix := checkupEnglish.checks[checkup.CheckChain].fix(doctor.Finding{Read: evil}); strings.Contains(fix, "\x1b") {
		t.Errorf("%q", fix)
	}
}
