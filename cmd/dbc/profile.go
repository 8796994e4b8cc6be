package main

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbc-network/dbc/client/profile"
)

// places are the flags that say where the chain is. One of them on the command line or in
// the environment means another place than the profile's, so nothing is mixed: then none
// of the profile's counts, nor its node, which belongs to that place.
var places = []string{"network", "chain-id", "grpc", "rpc"}

// hasProfile reports whether the configuration file counts for a command. A node is its
// own core.conf's, and dbc config must work on a file that is wrong.
func hasProfile(cmd *cobra.Command) bool {
	for ; cmd != nil && cmd.HasParent(); cmd = cmd.Parent() {
		switch cmd.CommandPath() {
		case "dbc node", "dbc config", "dbc version", "dbc completion", "dbc help":
			return false
		}
	}
	return true
}

// configFile reads the configuration file.
func (s *settings) configFile() (*profile.File, error) {
	home, err := s.homeDir()
	if err != nil {
		return nil, err
	}
	file, err := profile.Read(profile.Path(home))
	if errors.Is(err, profile.ErrFile) {
		return nil, &usageError{err}
	}
	return file, err
}

// chosen returns the name of the profile that counts, and where that was said.
func (s *settings) chosen(file *profile.File) (name, origin string) {
	if s.profile != "" {
		return s.profile, s.origins["profile"]
	}
	return file.Current, file.Path
}

// fromProfile takes what neither flags nor the environment gave from the profile.
func (s *settings) fromProfile(flags *pflag.FlagSet) error {
	if _, err := s.homeDir(); err != nil && s.profile == "" && os.Getenv("DBC_HOME") == "" {
		return nil // a system service has no home, and so no profile
	}
	file, err := s.configFile()
	if err != nil {
		return err
	}
	name, origin := s.chosen(file)
	values, err := file.Named(name)
	if err != nil {
		return usagef("%s: %w", origin, err)
	}
	elsewhere := false
	for _, flag := range places {
		elsewhere = elsewhere || s.origins[flag] != ""
	}
	from := "profile " + name
	for key, value := range values {
		if key == profile.Output {
			key, value = "json", map[bool]string{true: "true", false: "false"}[value == profile.JSON]
		}
		if s.origins[key] != "" || elsewhere && (key == "node" || strings.Contains(" "+strings.Join(places, " ")+" ", " "+key+" ")) {
			continue
		}
		if err := flags.Lookup(key).Value.Set(value); err != nil {
			return usagef("%s: %s: %w", file.Path, key, err)
		}
		s.origins[key] = from
	}
	return nil
}
