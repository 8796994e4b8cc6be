package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/version"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/checkup"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/hw/doctor"
)

// errCheckup means that something keeps dbc from working here.
var errCheckup = errors.New("a check failed; what to do is said above")

func newDoctorCommand(s *settings) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out why dbc does not work here, and say what to do",
		Long: "Looks at the home folder, its wallets and outbox, ssh, the chain's node, this computer's clock and the client node.\n" +
			"Each check passes, warns or fails, with what was read, why it matters and what to do. Nothing is changed, and no\n" +
			"passphrase is asked for. Exit code 1 if a check failed, 0 if there are warnings only. Texts are in the language of\n" +
			"the locale. For a host's computer there is dbc host doctor.",
		Example: "  dbc doctor\n  dbc doctor --all\n  dbc doctor --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := checkSelf(cmd, s)
			if err != nil {
				return err
			}
			if err := s.show(cmd, report, func(w io.Writer) { checkupText(w, report, all, checkupLanguage(s.language)) }); err != nil {
				return err
			}
			if report.Worst() == doctor.Fail {
				return errCheckup
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "show checks that passed too")
	return cmd
}

// checkSelf makes all checks. Only an address that is none ends it early.
func checkSelf(cmd *cobra.Command, s *settings) (doctor.Report, error) {
	wanted := s.chainID
	if err := s.resolve(); err != nil {
		return doctor.Report{}, err
	}
	home, err := s.homeDir()
	if err != nil {
		return doctor.Report{}, err
	}
	c, err := chain.Dial(cmd.Context(), chain.Config{ChainID: s.chainID, GRPC: s.grpc, RPC: s.rpc})
	if err != nil {
		return doctor.Report{}, &usageError{err}
	}
	s.onClose(func() { _ = c.Close() }) // used for queries only
	network := checkup.Network{ChainID: s.chainID, GRPC: s.grpc, RPC: s.rpc, Node: s.nodeDefault, Version: cmp.Or(version.NewInfo().Version, "dev"), Chain: c}
	switch s.node {
	case "":
	case direct:
		network.Node = ""
	default:
		network.Node = s.node
	}
	if wanted == "" && s.chainID == "" {
		if head, err := c.Newest(cmd.Context()); err == nil {
			s.chainID = head.ChainID
		}
	}
	place := checkup.Home{Dir: home, Passphrase: s.given != "", PassphraseFile: os.Getenv(passphraseFileEnv)}
	if s.chainID != "" {
		place.Backend = market.Backend(s.chainID)
	}
	report := doctor.Report{Findings: []doctor.Finding{{Check: checkup.CheckVersion, Level: doctor.Pass, Read: map[string]string{"version": versionText()}}}}
	report.Findings = append(report.Findings, place.Examine()...)
	user, err := os.UserHomeDir()
	if err != nil {
		return report, fmt.Errorf("find your home folder: %w", err)
	}
	report.Findings = append(report.Findings, checkup.SSH{Home: user, Keys: defaultKeys}.Examine(cmd.Context())...)
	report.Findings = append(report.Findings, network.Examine(cmd.Context())...)
	return report, cmd.Context().Err()
}

func checkupText(w io.Writer, report doctor.Report, all bool, words checkupWords) {
	counts := map[doctor.Level]int{}
	for _, f := range report.Findings {
		counts[f.Level]++
		of := words.checks[f.Check]
		if f.Level != doctor.Pass {
			fmt.Fprintf(w, "%s%s%s\n  %s%s\n  %s%s\n  %s%s\n\n", words.levels[f.Level], words.after, of.name, words.read, readOf(f), words.why, of.why, words.do, of.fix(f))
		} else if all {
			fmt.Fprintf(w, "%s%s%s%s\n", words.levels[f.Level], words.after, of.name, after("; ", readOf(f)))
		}
	}
	fmt.Fprintf(w, words.summary, counts[doctor.Pass], counts[doctor.Warn], counts[doctor.Fail])
}
