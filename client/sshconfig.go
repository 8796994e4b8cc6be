package client

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"slices"
	"strings"
)

// keyOptions are what ssh's configuration says of the user's keys, and nothing of
// ways, algorithms or commands.
var keyOptions = []string{
	"identityfile", "certificatefile", "identityagent", "identitiesonly", "addkeystoagent", "pkcs11provider", "securitykeyprovider",
}

// UserKeys reads which keys the user's and the system's configuration of ssh name
// for an address, as options of ssh. ssh is its path; args, such as -F and a
// file, go before the address. A configuration that ssh refuses names none.
func UserKeys(ctx context.Context, ssh, address string, args ...string) []string {
	// What only another program knows, such as UseKeychain, is no matter.
	argv := append([]string{"-G", "-o", "IgnoreUnknown=*"}, args...)
	out, err := exec.CommandContext(ctx, ssh, append(argv, "--", address)...).Output()
	if err != nil {
		return nil
	}
	var options []string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if value == "" || !slices.Contains(keyOptions, name) {
			continue
		}
		if strings.ContainsAny(value, " \t") && !strings.Contains(value, `"`) {
			value = `"` + value + `"`
		}
		options = append(options, name+"="+value)
	}
	return options
}
