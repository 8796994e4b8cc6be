package main

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/rental"
)

// patience is a flag like --timeout: Go's durations, and days.
type patience struct{ to *time.Duration }

func (p patience) String() string {
	if p.to == nil {
		return ""
	}
	return p.to.String()
}

func (p patience) Type() string { return "duration" }

// Set refuses a bare number: a length is in days, but a timeout is meant in seconds.
func (p patience) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err == nil && d > 0 {
		*p.to = d
		return nil
	}
	if _, bare := strconv.ParseFloat(text, 64); bare == nil && d <= 0 {
		return errors.New("a time above zero with its unit wanted, such as 30s, 5m or 2h")
	}
	seconds, err := rental.ParseDuration(text)
	if err != nil || seconds > uint64(365*24*time.Hour/time.Second) {
		return errors.New("a time wanted, such as 30s, 5m, 2h or 1d")
	}
	*p.to = time.Duration(seconds) * time.Second
	return nil
}

// nodeAddress is a flag that names the API of a node.
type nodeAddress struct{ to *string }

func (a nodeAddress) String() string {
	if a.to == nil {
		return ""
	}
	return *a.to
}

func (a nodeAddress) Type() string { return "string" }

func (a nodeAddress) Set(text string) error {
	if text != "" && !isNodeAddress(text) {
		return errors.New("http(s)://host:port wanted")
	}
	*a.to = text
	return nil
}

func isNodeAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// someDBC parses an amount that must not be zero. what names it in the error.
func someDBC(what, text string) (uint64, error) {
	udbc, err := client.ParseDBC(text)
	switch {
	case err != nil:
		return 0, usagef("%s: %w", what, err)
	case udbc == 0:
		return 0, usagef("%s %q: must be more than 0", what, text)
	}
	return udbc, nil
}

// country accepts the two letters of a country in any case.
func country(text string) (string, error) {
	code := strings.ToUpper(strings.TrimSpace(text))
	region, err := language.ParseRegion(code)
	if len(code) != 2 || err != nil || !region.IsCountry() {
		return "", usagef("--country %q: the two letters of a country wanted, such as DE, US or CN", text)
	}
	return code, nil
}

func after(word, text string) string {
	if text == "" {
		return ""
	}
	return word + text
}
