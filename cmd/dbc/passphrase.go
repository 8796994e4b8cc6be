package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/client/market"
)

const (
	// passphraseEnv and passphraseFileEnv are for scripts: the passphrase, or a
	// file with it in the first line. /dev/fd/3 is a file descriptor.
	passphraseEnv, passphraseFileEnv = "DBC_PASSPHRASE", "DBC_PASSPHRASE_FILE"
	maxPassphrase                    = 1024
)

// askPassphrase asks for the wallets' passphrase: the environment, then the
// terminal, then a line of standard input. During completion nobody is asked.
func askPassphrase(s *settings, cmd *cobra.Command) market.Passphrase {
	return func(fresh, again bool) (string, error) {
		if text, ok, err := givenPassphrase(s); ok || err != nil {
			if again {
				return "", usagef("%s or %s: %w", passphraseEnv, passphraseFileEnv, market.ErrPassphrase)
			}
			return text, err
		}
		if s.completing {
			return "", market.ErrLocked
		}
		file, ok := cmd.InOrStdin().(*os.File)
		if ok && term.IsTerminal(int(file.Fd())) {
			return typePassphrase(cmd, file, fresh, again)
		}
		if again {
			return "", usagef("%w: it was the line of standard input", market.ErrPassphrase)
		}
		return pipedPassphrase(cmd.InOrStdin(), fresh)
	}
}

// takePassphrase removes it from the environment, which every program that a
// command starts inherits, some of them permanently. back restores it.
func (s *settings) takePassphrase() (back func()) {
	text, set := os.LookupEnv(passphraseEnv)
	if !set || os.Unsetenv(passphraseEnv) != nil {
		return func() {}
	}
	s.given = text
	return func() { _ = os.Setenv(passphraseEnv, text) } // it was there before
}

// givenPassphrase returns the environment's passphrase; ok is false if there is none.
func givenPassphrase(s *settings) (text string, ok bool, err error) {
	if s.given != "" {
		return s.given, true, nil
	}
	path := os.Getenv(passphraseFileEnv)
	if path == "" {
		return "", false, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return "", false, usagef("%s: %w", passphraseFileEnv, err)
	}
	defer func() { _ = file.Close() }()
	line, err := bufio.NewReader(io.LimitReader(file, maxPassphrase)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, usagef("%s: %w", passphraseFileEnv, err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", false, usagef("%s: the first line of %s is empty", passphraseFileEnv, path)
	}
	return line, true, nil
}

func typePassphrase(cmd *cobra.Command, file *os.File, fresh, again bool) (string, error) {
	questions := []string{"Passphrase of the wallets: "}
	if fresh {
		fmt.Fprintln(cmd.ErrOrStderr(), "The wallets of this computer get a passphrase: it encrypts their keys here, and every command that signs asks for it. 8 characters or more.")
		questions = []string{"New passphrase: ", "Again: "}
	}
	if again {
		fmt.Fprintln(cmd.ErrOrStderr(), "That is not it.")
	}
	var typed []string
	for _, question := range questions {
		fmt.Fprint(cmd.ErrOrStderr(), question)
		text, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		if err != nil {
			return "", fmt.Errorf("read the passphrase: %w", err)
		}
		typed = append(typed, string(text))
	}
	if typed[0] != typed[len(typed)-1] {
		return "", usagef("the two passphrases differ; nothing was made")
	}
	return typed[0], nil
}

// pipedPassphrase reads no byte beyond its lines: a guest's keys may follow. A new
// one is given twice, as dbcd expects, or once.
func pipedPassphrase(in io.Reader, fresh bool) (string, error) {
	lines := bufio.NewReader(sparing{io.LimitReader(in, 2*maxPassphrase)})
	line, err := lines.ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the passphrase: %w", err)
		}
		return "", usagef("the wallets of this network are locked by a passphrase, and there is no terminal to ask at: "+
			"set %s, or %s to a file (or /dev/fd/N), or give it as a line of standard input", passphraseEnv, passphraseFileEnv)
	}
	if fresh {
		second, _ := lines.ReadString('\n')
		if second = strings.TrimRight(second, "\r\n"); second != "" && second != line {
			return "", usagef("the two passphrases differ; nothing was made")
		}
	}
	return line, nil
}
