package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/named"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/rental"
)

// upName is the name of a run that is given none.
const upName = "gpu"

var (
	// errNoMachine means that no machine fits what was asked for.
	errNoMachine = errors.New("no machine fits")
	// errNoKey means that nobody could log in.
	errNoKey = errors.New("there is no SSH key to log in with: ssh-keygen -t ed25519 makes one, --ssh-key names another's file")
)

// upFlags are the command line of dbc up.
type upFlags struct {
	filter              upFilter
	machine, length     string
	maxPrice, maxTotal  string
	maxNotice           string
	image, disk         string
	keyFiles            []string
	retry               uint16
	confirm, login      bool
	cancel, verify      bool
	wish                upWish
	asked               bool
	keys, keyFilesFound []string
}

func newUpCommand(s *settings) *cobra.Command {
	f := upFlags{filter: upFilter{machineFilter: machineFilter{sort: "price", limit: maxMachines}}}
	cmd := &cobra.Command{
		Use:   "up [NAME]",
		Short: "Rent the cheapest machine that fits, make a virtual machine, verify it and log in",
		Long: "It shows the quote and asks, rents, makes a virtual machine and waits for it, compares it with the listing, logs in,\n" +
			"and afterwards offers to confirm the rental or to cancel the trial. Each step is on disk before it is done: the\n" +
			"same command again goes on where one was interrupted, and never pays twice. NAME (default " + upName + ") finds the virtual\n" +
			"machine in every command and, after dbc ssh-config, in ssh; dbc down NAME ends it.\n" +
			"What is paid is the quote at most. In the trial of 30 minutes all of the rent comes back; the fee comes back only\n" +
			"where the machine failed the trial. Where the virtual machine does not come up, the trial is cancelled as\n" +
			"not-ready, unless --cancel=false; --retry lets it try as many other machines, each of which takes a fee.\n" +
			"Without a terminal nothing is confirmed unless --confirm is given, and --yes is needed to pay.",
		Example:     "  dbc up --gpu 'RTX 4090' --max-price 0.4/h --for 2h\n  dbc up train --country DE --for 3d --yes --json\n  dbc up train\n  dbc down train",
		Args:        cobra.MaximumNArgs(1),
		Annotations: map[string]string{staying: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := upName
			if len(args) > 0 {
				name = args[0]
			}
			if err := named.Check(name); err != nil {
				return usagef("NAME %w", err)
			}
			if err := f.parse(cmd); err != nil {
				return err
			}
			return runUp(s, cmd, name, f)
		},
	}
	f.register(cmd)
	return cmd
}

func (f *upFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.length, "for", "1h", "how long to rent, such as 2h or 3d")
	flags.StringArrayVar(&f.filter.gpus, "gpu", nil, "only machines with this GPU type; given again, with any of them")
	flags.StringVar(&f.filter.country, "country", "", "only machines in this country, such as DE")
	flags.StringVar(&f.maxPrice, "max-price", "", "at most so many DBC for a GPU and hour or day, such as 0.4/h or 10/day")
	flags.StringVar(&f.maxTotal, "max-total", "", "refuse above so many DBC, rent and fee (default the quote)")
	flags.StringVar(&f.maxNotice, "max-notice", "", maxNoticeUsage)
	flags.Uint32Var(&f.filter.slots, "slots", 1, "slots to rent; a slot is usually one GPU")
	flags.Uint64Var(&f.filter.vramGiB, "min-vram", 0, "at least so many GiB of memory on every GPU")
	flags.Uint32Var(&f.filter.cpus, "min-cpus", 0, "at least so many CPU cores")
	flags.Uint64Var(&f.filter.memoryGiB, "min-memory", 0, "at least so many GiB of memory")
	flags.StringVar(&f.machine, "machine", "", "this machine, or the beginning of its id (default the cheapest that fits)")
	flags.StringVar(&f.image, "image", "", "guest image, one of dbc images MACHINE (default the machine's own choice)")
	flags.StringVar(&f.disk, "disk", "", "data disk in GiB (default none)")
	flags.StringArrayVar(&f.keyFiles, "ssh-key", nil, "file of public keys that may log in (default that of ~/.ssh); can be repeated")
	flags.Uint16Var(&f.retry, "retry", 0, "try so many other machines where one fails; each takes its fee")
	flags.BoolVar(&f.confirm, "confirm", false, "confirm the rental at the end, unless it is not as listed")
	flags.BoolVar(&f.login, "login", true, "log in, at a terminal")
	flags.BoolVar(&f.verify, "verify", true, "compare the virtual machine with the listing")
	flags.BoolVar(&f.cancel, "cancel", true, "cancel the trial as not-ready where the virtual machine does not come up")
}

// orders are the flags that say what to rent; with none of them a run goes on.
var orders = []string{"for", "gpu", "country", "max-price", "max-total", "max-notice", "slots", "min-vram", "min-cpus", "min-memory", "machine"}

// parse checks what this computer can check, before anybody is asked.
func (f *upFlags) parse(cmd *cobra.Command) (err error) {
	for _, name := range orders {
		f.asked = f.asked || cmd.Flags().Changed(name)
	}
	if f.filter.slots == 0 {
		return usagef("--slots 0: 1 or more")
	}
	if f.filter.country != "" {
		if f.filter.country, err = country(f.filter.country); err != nil {
			return err
		}
	}
	if cmd.Flags().Changed("max-price") {
		if f.filter.perGPU, err = parsePrice(f.maxPrice); err != nil {
			return err
		}
	}
	if cmd.Flags().Changed("max-notice") {
		if f.filter.maxNotice, err = parseMaxNotice(f.maxNotice); err != nil {
			return err
		}
	}
	if cmd.Flags().Changed("max-total") {
		if f.wish.MaxTotal, err = someDBC("--max-total", f.maxTotal); err != nil {
			return err
		}
	}
	if f.machine != "" {
		if f.machine, err = parseMachineID(f.machine); err != nil {
			return err
		}
	}
	if f.wish.Seconds, err = rental.ParseDuration(f.length); err != nil {
		return err
	}
	if err := f.checkGuest(); err != nil {
		return err
	}
	f.wish.Slots = f.filter.slots
	if f.wish.Filter, err = f.filterText(); err != nil {
		return err
	}
	if f.keys, f.keyFilesFound, err = publicKeys(f.keyFiles); err != nil {
		return err
	}
	if len(f.keys) == 0 {
		return &usageError{errNoKey}
	}
	return nil
}

// filterText returns the filter as it is recorded. What a run of an earlier version
// could not ask for is only there where it is asked for.
func (f *upFlags) filterText() (string, error) {
	parts := []any{f.filter.gpus, f.filter.country, f.filter.perGPU, f.filter.vramGiB, f.filter.cpus, f.filter.memoryGiB, f.machine}
	if f.filter.maxNotice > 0 {
		parts = append(parts, f.filter.maxNotice)
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("encode the filter: %w", err)
	}
	return string(text), nil
}

// recall takes what to rent from the record of a run that goes on without options.
func (f *upFlags) recall(wish upWish) error {
	f.filter.slots = wish.Slots
	parts := []any{
		&f.filter.gpus, &f.filter.country, &f.filter.perGPU, &f.filter.vramGiB, &f.filter.cpus, &f.filter.memoryGiB, &f.machine, &f.filter.maxNotice,
	}
	if err := json.Unmarshal([]byte(wish.Filter), &parts); err != nil {
		return fmt.Errorf("read what this run is to rent: its record is damaged: %w", err)
	}
	return nil
}

// maxDiskGiB is the largest data disk that a machine accepts in a request.
const maxDiskGiB = 1 << 20

// checkGuest refuses what every machine would refuse once the trial's fee is paid.
func (f *upFlags) checkGuest() error {
	if f.image != "" {
		if err := image.CheckName(f.image); err != nil {
			return usagef("--image: %w", err)
		}
	}
	if n, err := strconv.ParseUint(f.disk, 10, 64); f.disk != "" && (err != nil || n > maxDiskGiB || f.disk != strconv.FormatUint(n, 10)) {
		return usagef("--disk %q: whole GiB from 0 to %d wanted, such as 100", f.disk, maxDiskGiB)
	}
	return nil
}

// say writes a line about a step that is done.
func (u *up) say(what, text string) {
	if !u.s.json {
		_ = u.s.show(u.cmd, nil, func(w io.Writer) { row(w, what, text) })
	}
}

// atTerminal reports whether a user can be asked.
func atTerminal(cmd *cobra.Command) (*os.File, bool) {
	file, ok := cmd.InOrStdin().(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// runUp holds the name from its first look at the record to the end.
func runUp(s *settings, cmd *cobra.Command, name string, f upFlags) error {
	c, err := s.dial(cmd.Context())
	if err != nil {
		return err
	}
	w, err := s.signer(cmd)
	if err != nil {
		return err
	}
	book, err := s.book()
	if err != nil {
		return err
	}
	unlock, err := lockName(book, name)
	if err != nil {
		return err
	}
	defer unlock()
	u := &up{s: s, cmd: cmd, name: name, book: book, f: f}
	if err := u.load(cmd.Context(), c, w.Address()); err != nil {
		return err
	}
	return u.whatGoesOn(u.all(cmd.Context()))
}

// whatGoesOn adds to an error what continues without this command, and how to go on.
func (u *up) whatGoesOn(err error) error {
	if err == nil || !u.begun {
		return err
	}
	said := []string{}
	switch {
	case u.run.RentID != 0:
		said = append(said, fmt.Sprintf("Rental %d goes on, and its trial ends by itself with the rent back; dbc rentals shows until when.", u.run.RentID))
	case len(u.run.Sent) > 0:
		said = append(said, "What was sent goes on without you.")
	}
	said = append(said, fmt.Sprintf("dbc up %s%s goes on and pays nothing twice; dbc down %s ends it.", u.name, otherOption(err), u.name))
	return &goesOn{err, strings.Join(said, " ")}
}

// otherOption returns the option to change where the machine refused its value.
func otherOption(err error) string {
	refused := new(client.NodeError)
	if !errors.As(err, &refused) || !refused.Proved {
		return ""
	}
	return map[string]string{"image_name": " with another --image", "disk_size": " with another --disk", "ssh_public_keys": " with another --ssh-key"}[refused.Field]
}

// paidText says what a yes costs.
func paidText(q quoteReply) string {
	return fmt.Sprintf("%s are paid: of it %s comes back if the trial is cancelled or not confirmed, and the fee of %s only if the machine fails.",
		client.FormatDBC(q.Total), client.FormatDBC(q.Rent), client.FormatDBC(q.Fee))
}
