package gpu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// serve runs the scripts that come over a serial line, each as a process of its
// own, so that one that waits holds no other up.
func serve(line string) error {
	tty, err := os.OpenFile(line, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	if err := raw(tty); err != nil {
		return err
	}
	for _, port := range []string{"26657", "9090"} {
		if err := forward(port); err != nil {
			return err
		}
	}
	replies := make(chan reply)
	go func() {
		for r := range replies {
			text, _ := json.Marshal(r) // strings and numbers only
			_, _ = tty.Write(append(text, '\n'))
		}
	}()
	replies <- reply{} // the computer has started
	asked := json.NewDecoder(tty)
	for {
		var question struct {
			ID     int
			Script string
		}
		if err := asked.Decode(&question); err != nil {
			return fmt.Errorf("read a question: %w", err)
		}
		go func() { replies <- answer(question.ID, question.Script) }()
	}
}

func answer(id int, script string) reply {
	cmd := exec.Command("/bin/sh", "-ec", script)
	cmd.Env = []string{"HOME=/root", "LC_ALL=C", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"}
	cmd.Dir = "/root"
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	r := reply{ID: id, Out: out.String(), Err: said.String()}
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		r.Code = exit.ExitCode()
	} else if err != nil {
		r.Code, r.Err = -1, err.Error()
	}
	return r
}

// raw has the line pass every byte as it is.
func raw(tty *os.File) error {
	t, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		return fmt.Errorf("look at the line: %w", err)
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, t); err != nil {
		return fmt.Errorf("set the line up: %w", err)
	}
	return nil
}

// forward passes what connects to a port of loopback on to the same port outside,
// where the chain is: a node takes none but its own computer's.
func forward(port string) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return
			}
			go pass(from, net.JoinHostPort(gateway, port))
		}
	}()
	return nil
}

func pass(from net.Conn, address string) {
	defer func() { _ = from.Close() }()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			ended <- struct{}{}
		}()
	}
	<-ended // both are closed then, which ends the other copy
}
