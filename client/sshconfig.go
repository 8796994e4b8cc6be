package client

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"strings"
)

// keyOptions are the options about the user's keys that are taken from ssh's
// configuration, with whether their value is a path. Options about routing,
// algorithms and commands are not.
var keyOptions = map[string]bool{
	"identityfile": true, "certificatefile": true, "identityagent": true, "pkcs11provider": true, "securitykeyprovider": true,
	"identitiesonly": false, "addkeystoagent": false,
}

// UserKeys returns the keys that the user's and the system's ssh configuration
// name for an address, as ssh options. ssh is the program's path; args, such as
// -F and a file, are inserted before the address. If ssh refuses its
// configuration, there are none.
func UserKeys(ctx context.Context, ssh, address string, args ...string) []string {
	// Ignore options known only to other programs, such as UseKeychain.
	argv := append([]string{"-G", "-o", "IgnoreUnknown=*"}, args...)
	out, err := exec.CommandContext(ctx, ssh, append(argv, "--", address)...).Output()
	if err != nil {
		return nil
	}
	var options []string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		isPath, ok := keyOptions[name]
		if value == "" || !ok {
			continue
		}
		if isPath {
			value = quoteOption(value) // a % in it is still the configuration's
		}
		options = append(options, name+"="+value)
	}
	return options
}
