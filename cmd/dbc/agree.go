package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// errDeclined means that the user did not say yes.
var errDeclined = errors.New("not signed: a yes was wanted")

// maxAnswer bounds an answer in bytes.
const maxAnswer = 64

// agree asks at the terminal and accepts only a yes, there or on the command
// line.
func agree(cmd *cobra.Command, yes bool, question string) error {
	if yes {
		return nil
	}
	file, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return usagef("nothing was signed: there is no terminal to ask at; look at the above and give --yes")
	}
	fmt.Fprint(cmd.ErrOrStderr(), question, " [y/N] ")
	answer, err := readAnswer(file)
	if err != nil {
		return err
	}
	if answer != "y" && answer != "yes" {
		return errDeclined
	}
	return nil
}

// readAnswer reads no byte beyond the line: a passphrase may follow.
func readAnswer(in io.Reader) (string, error) {
	var line []byte
	for one := make([]byte, 1); len(line) < maxAnswer; {
		n, err := in.Read(one)
		if n == 1 && one[0] == '\n' || errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("read the answer: %w", err)
		}
		line = append(line, one[:n]...)
	}
	return strings.ToLower(strings.TrimSpace(string(line))), nil
}
