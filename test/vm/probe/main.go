// Probe is the program that tests run inside guests: it serves and requests
// echoes, and sends what an honest guest would not. It is linked statically and
// needs nothing from the guest.
package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// wait is how long an answer may take. If one comes, it takes milliseconds.
const wait = 5 * time.Second

const usage = `usage: probe serve PROTOCOL :PORT
       probe ask PROTOCOL FROM ADDRESS …   (FROM may be "-"; prints who answers)
       probe flood PROTOCOL ADDRESS COUNT  (packets for each of ever new ports)
       probe root COMMAND …
       probe frame CARD HEX`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("%s", usage)
	}
	switch command, rest := args[0], args[1:]; {
	case command == "serve" && len(rest) == 2:
		return serve(rest[0], rest[1])
	case command == "ask" && len(rest) > 2:
		return askAll(rest[0], rest[1], rest[2:])
	case command == "flood" && len(rest) == 3:
		return flood(rest[0], rest[1], rest[2])
	case command == "root":
		// The file belongs to root and is setuid.
		if err := syscall.Setuid(0); err != nil {
			return err
		}
		return syscall.Exec(rest[0], rest, []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"})
	case command == "frame" && len(rest) == 2:
		return frame(rest[0], rest[1])
	}
	return fmt.Errorf("%s", usage)
}
