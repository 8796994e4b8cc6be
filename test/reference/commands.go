package reference

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Help returns the help of a command and of those below it.
func Help(cmd *cobra.Command) string {
	var b strings.Builder
	describe(&b, cmd)
	return b.String()
}

func describe(b *strings.Builder, cmd *cobra.Command) {
	if cmd.Hidden || cmd.Name() == "help" || cmd.IsAdditionalHelpTopicCommand() {
		return
	}
	b.WriteString("\n" + One(cmd))
	for _, sub := range cmd.Commands() {
		describe(b, sub)
	}
}

// One returns the help of one command.
func One(cmd *cobra.Command) string {
	cmd.InitDefaultHelpFlag()
	long := cmd.Long
	if long == "" {
		long = cmd.Short
	}
	usage := cmd.UsageString()
	if cmd.HasParent() {
		usage, _, _ = strings.Cut(usage, "\nGlobal Flags:")
	}
	return Text(cmd.CommandPath(), strings.TrimSpace(long)+"\n\n"+strings.TrimSpace(usage))
}

// Text returns a section with what a program prints about itself.
func Text(title, help string) string {
	lines := strings.Split(strings.Trim(help, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ") // flags without a description
	}
	return fmt.Sprintf("## %s\n\n```help\n%s\n```\n", title, strings.Join(lines, "\n"))
}
