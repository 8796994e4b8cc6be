package fake

import (
	"context"
	"net"

	"github.com/dbc-network/dbc/vm"
)

// Greeting is what a fake guest writes to its console when it starts.
const Greeting = "fake guest\r\n"

// wire is a connection to a guest. What the guest writes while nobody reads is
// lost, as on a real serial line.
type wire struct {
	guest net.Conn
	said  chan []byte
	done  chan struct{}
}

// connectTo starts a wire whose guest first sends hello and then echoes.
func connectTo(hello string) (*wire, net.Conn) {
	guest, caller := net.Pipe()
	w := &wire{guest: guest, said: make(chan []byte, 16), done: make(chan struct{})}
	if hello != "" {
		w.send([]byte(hello))
	}
	go w.listen()
	go w.speak()
	return w, caller
}

func (w *wire) send(text []byte) {
	select {
	case w.said <- text:
	default:
	}
}

func (w *wire) listen() {
	defer close(w.done)
	for buf := make([]byte, 4096); ; {
		n, err := w.guest.Read(buf)
		if err != nil {
			return
		}
		w.send(append([]byte(nil), buf[:n]...))
	}
}

func (w *wire) speak() {
	defer func() { _ = w.guest.Close() }()
	for {
		select {
		case text := <-w.said:
			if _, err := w.guest.Write(text); err != nil {
				return
			}
		case <-w.done:
			return
		}
	}
}

// Console implements vm.Driver. The guest echoes its input.
func (d *Driver) Console(ctx context.Context, id vm.UUID) (net.Conn, error) {
	return d.connect(ctx, "Console", id, "")
}

// VNC implements vm.Driver. The screen echoes after the first line of its
// protocol.
func (d *Driver) VNC(ctx context.Context, id vm.UUID) (net.Conn, error) {
	return d.connect(ctx, "VNC", id, "RFB 003.008\n")
}

func (d *Driver) connect(ctx context.Context, method string, id vm.UUID, hello string) (caller net.Conn, err error) {
	err = d.change(ctx, method, id, func(dom *domain) error {
		if !isActive(dom.state) {
			return vm.ErrNotRunning
		}
		var w *wire
		w, caller = connectTo(hello)
		dom.wires = append(dom.wires, w)
		return nil
	})
	return caller, err
}

// Write makes a guest write to everyone connected to it.
func (d *Driver) Write(id vm.UUID, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if dom, ok := d.domains[id]; ok {
		dom.send(text)
	}
}

func (dom *domain) send(text string) {
	for _, w := range dom.wires {
		w.send([]byte(text))
	}
}

// hangUp closes the connections to a domain that is off.
func (dom *domain) hangUp() {
	if isActive(dom.state) {
		return
	}
	for _, w := range dom.wires {
		_ = w.guest.Close()
	}
	dom.wires = nil
}
