package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"
)

// knock is the pause between two login attempts, and tryLimit the time limit of
// one while nothing answers.
const (
	knock    = 20 * time.Millisecond
	tryLimit = 300 * time.Millisecond
	// loginLimit is for a key exchange with an emulated guest.
	loginLimit = time.Minute
)

// login has what is needed to log in to a guest.
type login struct {
	port   uint16
	user   string
	signer ssh.Signer
	keys   []string
}

// await retries until a command ran in the guest.
func (l login) await(ctx context.Context) error {
	for {
		err := l.once(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("log in: %w: %w", context.Cause(ctx), err)
		case <-time.After(knock):
		}
	}
}

func (l login) once(ctx context.Context) error {
	want, _, _, _, err := ssh.ParseAuthorizedKey([]byte(l.keys[0]))
	if err != nil {
		return err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(int(l.port)))
	dialer := net.Dialer{Timeout: tryLimit}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	_ = conn.SetDeadline(time.Now().Add(loginLimit))
	c, channels, requests, err := ssh.NewClientConn(conn, address, &ssh.ClientConfig{
		User: l.user, Auth: []ssh.AuthMethod{ssh.PublicKeys(l.signer)},
		HostKeyCallback: ssh.FixedHostKey(want), HostKeyAlgorithms: []string{want.Type()},
	})
	if err != nil {
		_ = conn.Close()
		return err
	}
	guest := ssh.NewClient(c, channels, requests)
	defer func() { _ = guest.Close() }()
	session, err := guest.NewSession()
	if err != nil {
		return err
	}
	return session.Run("true")
}
