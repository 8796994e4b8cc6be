package host

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/dbc-network/dbc/hw"
)

var _ Computer = Local{}

// Local is the computer that the node runs on.
type Local struct{}

// bannerLimit is the longest first line of an SSH server (RFC 4253, 4.2), with
// room for lines before it.
const bannerLimit = 1024

// Ready reads the first line that the guest sends on port 22. The guest is
// untrusted: time and size are bounded, and nothing it sends is kept.
func (Local) Ready(ctx context.Context, addr netip.Addr) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", netip.AddrPortFrom(addr, 22).String())
	if err != nil {
		return fmt.Errorf("%w: %w", errNotReady, err)
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetReadDeadline(deadline)
	}
	return readBanner(conn)
}

func readBanner(r io.Reader) error {
	line, err := bufio.NewReader(io.LimitReader(r, bannerLimit)).ReadString('\n')
	if err != nil {
		return fmt.Errorf("%w: %w", errNotReady, err)
	}
	if !strings.HasPrefix(line, "SSH-") {
		return fmt.Errorf("%w: port 22 speaks something else", errNotReady)
	}
	return nil
}

// PortFree binds the port briefly on every address, and asks the kernel whether
// it could assign the port to an outgoing connection: replies to such a
// connection would be forwarded to the guest.
func (Local) PortFree(protocol string, port uint16) bool {
	if own, err := readEphemeral(netSettings); err != nil || own.holds(port) {
		return false
	}
	address := fmt.Sprintf(":%d", port)
	if protocol == "udp" {
		conn, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", address)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// FreeGiB returns what hw reports.
func (Local) FreeGiB(path string) (uint64, error) {
	disk, err := hw.ReadDisk(path)
	return disk.FreeGiB, err
}

// HugePages returns what hw reports.
func (Local) HugePages(ctx context.Context) ([]hw.Pages, error) {
	return hw.ReadPages(ctx, hw.Config{})
}
