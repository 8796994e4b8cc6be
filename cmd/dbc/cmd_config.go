package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbc-network/dbc/client/profile"
)

// firstProfile is the profile that dbc config set makes where there is none.
const firstProfile = "default"

func newConfigCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Keep networks, nodes and wallets as profiles, and choose one",
		Long: "A profile says what no flag and no environment variable says, in DBC_HOME/config.toml or the file that DBC_CONFIG\n" +
			"names. Keys: " + strings.Join(profile.Keys(), ", ") + ". It holds no secrets,\n" +
			"and answers no question: --yes, --dry-run and --max-gas-price are given each time. If network, chain-id, grpc or rpc\n" +
			"is given by a flag or a variable, those of the profile and its node do not count. --profile none is no profile.",
		Example: "  dbc config set network dbc-testnet-1 --profile test\n  dbc config use test\n  dbc config list",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(newConfigListCommand(s), newConfigGetCommand(s), newConfigSetCommand(s), newConfigUnsetCommand(s), newConfigUseCommand(s), newConfigPathCommand(s))
	return cmd
}

type configReply struct {
	Path     string                       `json:"path"`
	Current  string                       `json:"current"`
	Profiles map[string]map[string]string `json:"profiles"`
}

func newConfigListCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the profiles, and mark the one that counts",
		Example: "  dbc config list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := s.configFile()
			if err != nil {
				return err
			}
			current, _ := s.chosen(file)
			reply := configReply{file.Path, current, file.Profiles}
			return s.show(cmd, reply, func(w io.Writer) {
				if len(file.Profiles) == 0 {
					fmt.Fprintln(w, "No profiles yet: dbc config set KEY VALUE makes one.")
				}
				for _, name := range slices.Sorted(maps.Keys(file.Profiles)) {
					mark := ""
					if name == current {
						mark = " (counts)"
					}
					fmt.Fprintf(w, "%s%s\n", name, mark)
					for _, key := range slices.Sorted(maps.Keys(file.Profiles[name])) {
						fmt.Fprintf(w, "  %s = %s\n", key, file.Profiles[name][key])
					}
				}
			})
		},
	}
}

type configValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	// From is the flag, the variable or the profile that says so; "" for the default.
	From string `json:"from"`
}

func newConfigGetCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "get KEY",
		Short:   "Show what counts for a key, and who says so: a flag, a variable, the profile, or nobody",
		Example: "  dbc config get network\n  DBC_NETWORK=dbc-testnet-1 dbc config get network",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			flags, key := cmd.Root().PersistentFlags(), args[0]
			if !slices.Contains(profile.Keys(), key) {
				return usagef("unknown key %.64q; want one of: %s", key, strings.Join(profile.Keys(), ", "))
			}
			if err := s.fromProfile(flags); err != nil {
				return err
			}
			reply := valueOf(s, flags, key)
			return s.show(cmd, reply, func(w io.Writer) {
				fmt.Fprintf(w, "%s (%s)\n", cmp.Or(reply.Value, "not set"), cmp.Or(reply.From, "default"))
			})
		},
	}
}

func valueOf(s *settings, flags *pflag.FlagSet, key string) configValue {
	if key != profile.Output {
		return configValue{key, flags.Lookup(key).Value.String(), s.origins[key]}
	}
	value := "text"
	if s.json {
		value = profile.JSON
	}
	return configValue{key, value, s.origins["json"]}
}

type configChange struct {
	Path    string `json:"path"`
	Profile string `json:"profile"`
	Key     string `json:"key,omitempty"`
	Changed bool   `json:"changed"`
}

// profileToChange is the chosen one, or the first.
func (s *settings) profileToChange(file *profile.File) (string, error) {
	name, _ := s.chosen(file)
	if name == profile.None {
		return "", usagef("--profile none is no profile; name another, such as --profile %s", firstProfile)
	}
	return cmp.Or(name, firstProfile), nil
}

// badConfig is a wrong usage where the file, or what was to be written, is wrong.
func badConfig(err error) error {
	if errors.Is(err, profile.ErrFile) || errors.Is(err, profile.ErrNoProfile) {
		return &usageError{err}
	}
	return err
}

func newConfigSetCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "set KEY VALUE",
		Short:   "Write one value of a profile, which is made if there is none of its name",
		Example: "  dbc config set wallet alice\n  dbc config set network dbc-testnet-1 --profile test",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return changeConfig(s, cmd, args[0], func(file *profile.File, name string) (bool, error) { return true, file.Set(name, args[0], args[1]) })
		},
	}
}

func newConfigUnsetCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "unset KEY",
		Short:   "Remove one value of a profile",
		Example: "  dbc config unset wallet",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return changeConfig(s, cmd, args[0], func(file *profile.File, name string) (bool, error) { return file.Unset(name, args[0]) })
		},
	}
}

// lockedConfig lets no two commands change the configuration at a time.
func (s *settings) lockedConfig(cmd *cobra.Command, change func(*profile.File) error) error {
	home, err := s.homeDir()
	if err != nil {
		return err
	}
	return profile.Change(cmd.Context(), profile.Path(home), change)
}

func changeConfig(s *settings, cmd *cobra.Command, key string, change func(*profile.File, string) (bool, error)) error {
	reply := configChange{Key: key}
	err := s.lockedConfig(cmd, func(file *profile.File) (err error) {
		reply.Path = file.Path
		if reply.Profile, err = s.profileToChange(file); err != nil {
			return err
		}
		reply.Changed, err = change(file, reply.Profile)
		return err
	})
	if err != nil {
		return badConfig(err)
	}
	name := reply.Profile
	return s.show(cmd, reply, func(w io.Writer) {
		if reply.Changed {
			fmt.Fprintf(w, "Profile %s of %s is written.\n", name, reply.Path)
		} else {
			fmt.Fprintf(w, "Profile %s has no %s.\n", name, key)
		}
	})
}

func newConfigUseCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "use NAME",
		Short:   "Choose the profile of commands that name none; none is no profile",
		Example: "  dbc config use test\n  dbc config use none",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := ""
			err := s.lockedConfig(cmd, func(file *profile.File) error { path = file.Path; return file.Use(args[0]) })
			if err != nil {
				return badConfig(err)
			}
			return s.show(cmd, configChange{Path: path, Profile: args[0], Changed: true}, func(w io.Writer) {
				fmt.Fprintf(w, "Commands that name no profile go by %s.\n", args[0])
			})
		},
	}
}

func newConfigPathCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "path",
		Short:   "Print where the configuration file is, or would be",
		Example: "  dbc config path",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := s.homeDir()
			if err != nil {
				return err
			}
			path := profile.Path(home)
			return s.show(cmd, map[string]string{"path": path}, func(w io.Writer) { fmt.Fprintln(w, path) })
		},
	}
}
