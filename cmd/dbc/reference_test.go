package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the reference of commands anew")

// TestCommandsPageIsCurrent: the pages of commands are what the commands' own help
// says; make commands writes them.
func TestCommandsPageIsCurrent(t *testing.T) {
	t.Setenv("HOME", "~") // no folder of this computer in defaults
	t.Setenv("DBC_HOME", "")
	for page, head := range map[string]string{
		"commands.md":    "# Commands of dbc\n\n<!-- Written by make commands from each command's help. -->\n\n[中文](commands.zh.md)\n\nWhat `dbc COMMAND --help` prints. The flags of `dbc` itself are accepted by every command.\n",
		"commands.zh.md": "# dbc 的命令\n\n<!-- 由 make commands 根据各命令的帮助生成。 -->\n\n[English](commands.md)\n\n即 `dbc 命令 --help` 的输出（英文）。`dbc` 本身的选项适用于所有命令。\n",
	} {
		root, _ := newRootCommand(&settings{})
		var b strings.Builder
		b.WriteString(head)
		describe(&b, root)
		path := "../../docs/reference/" + page
		if *update {
			if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if old, err := os.ReadFile(path); err != nil || string(old) != b.String() {
			t.Errorf("%s is not what the commands' help says; run make commands (%v)", path, err)
		}
	}
}

// describe writes the help of a command and of those below it.
func describe(b *strings.Builder, cmd *cobra.Command) {
	if cmd.Hidden || cmd.Name() == "help" || cmd.IsAdditionalHelpTopicCommand() {
		return
	}
	cmd.InitDefaultHelpFlag()
	long := cmd.Long
	if long == "" {
		long = cmd.Short
	}
	usage := cmd.UsageString()
	if cmd.HasParent() {
		usage, _, _ = strings.Cut(usage, "\nGlobal Flags:")
	}
	_, _ = fmt.Fprintf(b, "\n## %s\n\n```help\n%s\n\n%s\n```\n", cmd.CommandPath(), strings.TrimSpace(long), strings.TrimSpace(usage))
	for _, sub := range cmd.Commands() {
		describe(b, sub)
	}
}
