package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

var longFlag = regexp.MustCompile(`--([a-z0-9-]+)`)

// TestCommandsHaveExamples verifies that each command of both modules has a
// one-line description, and that each of its examples calls this command with
// existing flags.
func TestCommandsHaveExamples(t *testing.T) {
	t.Parallel()
	root, err := newRootCommand()
	require.NoError(t, err)
	want := map[string][]string{
		"query machine": {"challenge", "machine", "machines", "params"},
		"query rental":  {"explain", "params", "quote", "rental", "rentals-by-machine", "rentals-by-renter"},
		"tx machine": {
			"add-stake", "answer-challenge", "bond-machines", "challenge", "drain", "retire",
			"set-offline", "set-online", "set-price", "set-slots", "update-facts", "withdraw-stake",
		},
		"tx rental": {"break-rental", "cancel-rent", "claim-rent", "confirm-rent", "leave-rental", "relet-machine", "rent-machine"},
	}
	for path, names := range want {
		group, _, err := root.Find(strings.Fields(path))
		require.NoError(t, err)
		var have []string
		for _, cmd := range group.Commands() {
			have = append(have, cmd.Name())
			requireExamples(t, root, cmd)
		}
		require.ElementsMatch(t, names, have, path)
	}
}

func requireExamples(t *testing.T, root, cmd *cobra.Command) {
	t.Helper()
	require.NotEmpty(t, cmd.Short, cmd.CommandPath())
	require.NotEmpty(t, cmd.Example, cmd.CommandPath())
	for example := range strings.Lines(cmd.Example) {
		words := strings.Fields(example)
		require.Equal(t, "dbcd", words[0], example)
		found, _, err := root.Find(words[1:])
		require.NoError(t, err, example)
		require.Equal(t, cmd.CommandPath(), found.CommandPath(), example)
		for _, flag := range longFlag.FindAllStringSubmatch(example, -1) {
			require.NotNil(t, cmd.Flags().Lookup(flag[1]), "%s has no --%s: %s", cmd.CommandPath(), flag[1], example)
		}
	}
}
