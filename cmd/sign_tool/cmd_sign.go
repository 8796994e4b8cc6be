package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dbc-network/dbc/auth"
)

// version is set by the build.
var version = "dev"

const usage = `Usage: sign_tool [flags] WALLET [PRIVATE_KEY] [SESSION_ID]

Signs a ticket for WALLET and prints the lines sign, nonce and wallet, to be
pasted into the body of a request to a compute node; with SESSION_ID also
session_id_sign.

PRIVATE_KEY is 64 hexadecimal digits or a mnemonic in quotes. Better than on the
command line, which other users and the shell's history see: "-" reads it from
standard input, and so does leaving it out with standard input redirected.

  sign_tool dbc1… - < key.txt
  sign_tool --keyring --machine MACHINE_ID --valid-for 2h dbc1…

Flags:
`

// Exit codes, the same as dbc's.
const (
	exitDone = iota
	exitFailed
	exitUsage
	exitRefused
)

// order is what the command line requests.
type order struct {
	wallet, machine, session string
	// Key is empty if given is false. It is exported because fmt ignores the
	// methods of unexported fields.
	Key     secret
	given   bool
	keyring bool
	save    bool
	version bool
	life    time.Duration
}

func run(ctx context.Context, args []string, in *os.File, out, errs io.Writer) int {
	o, err := parse(args, errs)
	if err == nil && o.version {
		fmt.Fprintln(out, "sign_tool version", version)
		return exitDone
	}
	if err == nil {
		err = sign(ctx, o, in, out, errs)
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.Is(err, errUsage):
		fmt.Fprintf(errs, "sign_tool: %v\nRun 'sign_tool --help' for usage.\n", err)
		return exitUsage
	case errors.Is(err, errKey), errors.Is(err, auth.ErrMalformed):
		// What was typed is wrong by itself, as a wallet or its words are for dbc.
		fmt.Fprintf(errs, "sign_tool: %v\n", err)
		return exitUsage
	case errors.Is(err, errWallet):
		fmt.Fprintf(errs, "sign_tool: %v\n", err)
		return exitRefused
	default:
		fmt.Fprintf(errs, "sign_tool: %v\n", err)
		return exitFailed
	}
}

// parse accepts flags before, between and after the arguments.
func parse(args []string, errs io.Writer) (o order, err error) {
	f := flag.NewFlagSet("sign_tool", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.machine, "machine", "", "make the ticket valid for this machine `ID` only")
	o.life = auth.TicketLife
	wrong := "a flag is unknown, or has no value"
	life := fmt.Sprintf("how long the ticket is valid, a `duration` of at most %v (default %v)", auth.MaxTicketLife, auth.TicketLife)
	f.Func("valid-for", life, func(text string) (err error) {
		if o.life, err = time.ParseDuration(text); err != nil {
			wrong = "--valid-for takes a duration such as 2h or 30m"
		}
		return err
	})
	f.BoolVar(&o.keyring, "keyring", false, "take the wallet's key from the system's keyring, instead of PRIVATE_KEY")
	f.BoolVar(&o.save, "save", false, "keep the key in the system's keyring for --keyring")
	f.BoolVar(&o.version, "version", false, "print the version and end")
	var words []string
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				fmt.Fprint(errs, usage)
				f.SetOutput(errs)
				f.PrintDefaults()
				return o, err
			}
			// The flag package quotes what it cannot parse, and that may be a
			// key.
			return o, fmt.Errorf("%w: %s", errUsage, wrong)
		}
		if args = f.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	if o.version {
		return o, nil
	}
	return o, o.arguments(words)
}

func (o *order) arguments(words []string) error {
	most := 3
	if o.keyring {
		most = 2
	}
	switch {
	case len(words) == 0:
		return fmt.Errorf("%w: WALLET is missing", errUsage)
	case len(words) > most:
		return fmt.Errorf("%w: %d arguments, at most %d; put a mnemonic in quotes", errUsage, len(words), most)
	case o.keyring && o.save:
		return fmt.Errorf("%w: --save stores a given key, --keyring uses the stored one; choose one", errUsage)
	case o.life < time.Second || o.life > auth.MaxTicketLife:
		return fmt.Errorf("%w: --valid-for is %v, want 1s-%v", errUsage, o.life, auth.MaxTicketLife)
	}
	o.wallet, words = words[0], words[1:]
	if !o.keyring && len(words) > 0 {
		o.Key, o.given, words = secret(words[0]), words[0] != "-", words[1:]
	}
	if len(words) > 0 {
		o.session = words[0]
	}
	return nil
}

func sign(ctx context.Context, o order, in *os.File, out, errs io.Writer) error {
	signer, err := signerOf(o, in, errs)
	if err != nil {
		return err
	}
	ticket, err := auth.NewTicket(time.Now(), o.life, o.machine)
	if err != nil {
		return err
	}
	signed, err := auth.SignTicket(ctx, signer, ticket)
	if err != nil {
		return err
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "sign: %s\nnonce: %s\nwallet: %s\n", signed, ticket.Nonce(), signer.Address())
	if o.session != "" {
		if signed, err = auth.SignSession(ctx, signer, o.session); err != nil {
			return err
		}
		fmt.Fprintf(&lines, "session_id_sign: %s\n", signed)
	}
	if _, err := io.WriteString(out, lines.String()); err != nil {
		return fmt.Errorf("write the ticket: %w", err)
	}
	return nil
}
