package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// wantedValues describes what the types of flags accept.
var wantedValues = map[string]string{
	"bool": "true or false", "uint16": "a whole number from 0 to 65535", "uint32": "a whole number from 0 on", "uint64": "a whole number from 0 on",
	"int": "a whole number",
}

// wrongFlag says what a flag accepts if it can't be parsed.
func wrongFlag(cmd *cobra.Command, err error) error {
	value, unknown := new(pflag.InvalidValueError), new(pflag.NotExistError)
	switch {
	case errors.As(err, &value):
		flag := value.GetFlag()
		if want := wantedValues[flag.Value.Type()]; want != "" {
			return usagef("--%s %q: %s wanted", flag.Name, value.GetValue(), want)
		}
		return usagef("--%s %q: %w", flag.Name, value.GetValue(), value.Unwrap())
	case errors.As(err, &unknown):
		if short := unknown.GetSpecifiedShortnames(); strings.Trim(short, "0123456789.,dhms") == "" && short != "" && strings.ContainsAny(short[:1], "0123456789") {
			return usagef("-%s: nothing here is below zero; what begins with a dash is read as an option", short)
		}
		if near := nearFlags(cmd, unknown.GetSpecifiedName()); len(near) > 0 {
			return usagef("%w; did you mean --%s?", err, strings.Join(near, " or --"))
		}
	}
	return err
}

// nearFlags returns the flags of a command that a misspelt one may mean, found as
// commands are.
func nearFlags(cmd *cobra.Command, name string) []string {
	flags := &cobra.Command{SuggestionsMinimumDistance: 2}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			flags.AddCommand(&cobra.Command{Use: flag.Name, Run: func(*cobra.Command, []string) {}})
		}
	})
	return flags.SuggestionsFor(name)
}

// wrongWords says what a command line has too few or too many of.
func wrongWords(cmd *cobra.Command, args []string) error {
	var need, may []string
	for _, word := range strings.Fields(cmd.Use)[1:] {
		if strings.HasPrefix(word, "[") && strings.HasSuffix(strings.TrimSuffix(word, "..."), "]") {
			may = append(may, word)
		} else {
			need = append(need, word)
		}
	}
	many := len(need) > 0 && strings.HasSuffix(need[len(need)-1], "...")
	switch {
	case len(args) < len(need):
		return fmt.Errorf("%s missing", strings.Join(need[len(args):], " and "))
	case !many && len(args) > len(need)+len(may):
		return fmt.Errorf("%q is too much", strings.Join(args[len(need)+len(may):], " "))
	}
	return nil
}

func newVersionCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which version this is",
		Example: "  dbc version --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.show(cmd, map[string]string{"version": versionText()}, func(w io.Writer) { fmt.Fprintln(w, "dbc version", versionText()) })
		},
	}
}
