package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/text/language"

	"github.com/dbc-network/dbc/client"
)

// wantedValues is what the types of flags take, in words.
var wantedValues = map[string]string{
	"bool": "true or false", "uint16": "a whole number from 0 to 65535", "uint32": "a whole number from 0 on", "uint64": "a whole number from 0 on",
	"int": "a whole number",
}

// wrongFlag tells of a flag that can't be read what it takes.
func wrongFlag(_ *cobra.Command, err error) error {
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
	}
	return err
}

// patience is a flag like --timeout: Go's durations, and days.
type patience struct{ to *time.Duration }

func (p patience) String() string {
	if p.to == nil {
		return ""
	}
	return p.to.String()
}

func (p patience) Type() string { return "duration" }

// Set refuses a bare number: a length is in days, and who waits means seconds.
func (p patience) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err == nil && d > 0 {
		*p.to = d
		return nil
	}
	if _, bare := strconv.ParseFloat(text, 64); bare == nil && d <= 0 {
		return errors.New("a time above zero with its unit wanted, such as 30s, 5m or 2h")
	}
	seconds, err := client.ParseDuration(text)
	if err != nil || seconds > uint64(365*24*time.Hour/time.Second) {
		return errors.New("a time wanted, such as 30s, 5m, 2h or 1d")
	}
	*p.to = time.Duration(seconds) * time.Second
	return nil
}

// wrongWords tells what a command line has too few or too many of.
func wrongWords(cmd *cobra.Command, args []string) error {
	var need, may []string
	for _, word := range strings.Fields(cmd.Use)[1:] {
		if strings.HasPrefix(word, "[") {
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

// country takes the two letters of a country in any case.
func country(text string) (string, error) {
	code := strings.ToUpper(strings.TrimSpace(text))
	region, err := language.ParseRegion(code)
	if len(code) != 2 || err != nil || !region.IsCountry() {
		return "", usagef("--country %q: the two letters of a country wanted, such as DE, US or CN", text)
	}
	return code, nil
}
