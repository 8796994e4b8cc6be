package fake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/seed"
)

const (
	sshPort = 22
	// loginGrace bounds a connection until its login.
	loginGrace = 20 * time.Second
)

// door is a published port that leads to the SSH of the guest in a folder.
type door struct {
	folder string
	port   uint16
}

// listener accepts connections until close, which also ends them.
type listener struct {
	net.Listener
	mu    sync.Mutex
	conns map[net.Conn]bool
	over  bool
	all   sync.WaitGroup
}

func (s *Side) listen(ctx context.Context, at door) (*listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(at.port))))
	if err != nil {
		return nil, fmt.Errorf("publish port %d: %w", at.port, err)
	}
	own := &listener{Listener: l, conns: map[net.Conn]bool{}}
	own.all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if own.begin(conn) {
				own.all.Go(func() { s.serve(at, conn); own.end(conn) })
			}
		}
	})
	return own, nil
}

func (l *listener) begin(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		_ = conn.Close()
		return false
	}
	l.conns[conn] = true
	return true
}

func (l *listener) end(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = conn.Close()
	delete(l.conns, conn)
}

// close ends listener and connections. It does not wait for them: the caller may hold
// what they need.
func (l *listener) close() {
	_ = l.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for conn := range l.conns {
		_ = conn.Close()
	}
}

// serve answers as the guest of a folder: with its host key, for its user and keys.
func (s *Side) serve(at door, conn net.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	spec, runs := s.guestOf(ctx, at.folder)
	s.mu.Lock()
	data, known := s.seeds[at.folder]
	silent := s.faults.SSHNever || !s.boots[spec.UUID].answered
	disks := disksOf(spec, s.sizes)
	s.mu.Unlock()
	if !runs || !known || silent {
		return
	}
	cfg, err := serverConfig(data, func(user, password string) bool {
		set := s.driver.Password(spec.UUID, user)
		return set != "" && set == password
	})
	if err != nil {
		s.log.Warn("a guest has no host key", "folder", at.folder, "error", err)
		return
	}
	_ = conn.SetDeadline(time.Now().Add(loginGrace))
	session, channels, requests, err := ssh.NewServerConn(conn, cfg)
	if err != nil {
		return
	}
	_ = conn.SetDeadline(time.Time{})
	g := guest{name: data.Hostname, cpus: spec.VCPUs, memoryMiB: spec.MemoryMiB, model: s.model, disks: disks}
	go ssh.DiscardRequests(requests)
	var all sync.WaitGroup
	for channel := range channels {
		all.Go(func() { g.channel(channel) })
	}
	_ = session.Close()
	all.Wait()
}

func serverConfig(data seed.Data, right func(user, password string) bool) (*ssh.ServerConfig, error) {
	key, err := ssh.NewSignerFromKey(data.HostKey)
	if err != nil {
		return nil, err
	}
	var allowed [][]byte
	for _, line := range data.AuthorizedKeys {
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return nil, err
		}
		allowed = append(allowed, public.Marshal())
	}
	refused := errors.New("not a login of this guest")
	cfg := &ssh.ServerConfig{
		MaxAuthTries: 6,
		PublicKeyCallback: func(c ssh.ConnMetadata, offered ssh.PublicKey) (*ssh.Permissions, error) {
			for _, one := range allowed {
				if c.User() == data.User && bytes.Equal(one, offered.Marshal()) {
					return nil, nil
				}
			}
			return nil, refused
		},
	}
	cfg.PasswordCallback = func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
		if c.User() == data.User && right(c.User(), string(password)) {
			return nil, nil
		}
		return nil, refused
	}
	cfg.AddHostKey(key)
	return cfg, nil
}

// channel serves a session; forwards and subsystems do not exist here.
func (g guest) channel(offered ssh.NewChannel) {
	if offered.ChannelType() != "session" {
		_ = offered.Reject(ssh.UnknownChannelType, "a fake guest has sessions only")
		return
	}
	channel, requests, err := offered.Accept()
	if err != nil {
		return
	}
	defer func() { _ = channel.Close() }()
	for request := range requests {
		switch request.Type {
		case "exec", "shell":
			var asked struct{ Command string }
			if request.Type == "exec" && ssh.Unmarshal(request.Payload, &asked) != nil {
				_ = request.Reply(false, nil)
				continue
			}
			_ = request.Reply(true, nil)
			go ssh.DiscardRequests(requests)
			status := g.run(asked.Command, channel)
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
			return
		default:
			// A terminal is granted and not used.
			_ = request.Reply(request.Type == "pty-req" || request.Type == "env", nil)
		}
	}
}
