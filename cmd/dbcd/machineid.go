package main

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

var prefixedID = regexp.MustCompile(`^0[xX][0-9a-fA-F]{64}$`)

// trimMachineID removes the 0x from a machine id that was copied from
// elsewhere.
func trimMachineID(arg string) string {
	if !prefixedID.MatchString(arg) {
		return arg
	}
	return strings.ToLower(arg[2:])
}

// trimMachineIDs does this for the arguments of our modules' commands, in
// place: cobra passes the same slice to the command itself.
func trimMachineIDs(cmd *cobra.Command, args []string) {
	parent := cmd.Parent()
	if parent == nil || parent.Name() != "machine" && parent.Name() != "rental" {
		return
	}
	for i, arg := range args {
		args[i] = trimMachineID(arg)
	}
}
