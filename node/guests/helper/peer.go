package helper

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/credentials"
)

var _ credentials.TransportCredentials = peerCredentials{}

// peerCredentials has the kernel say whose process connected (SO_PEERCRED of
// unix(7)): who that was at connect, whatever it does afterwards.
type peerCredentials struct{ bounds *bounds }

// peerInfo is the caller's user.
type peerInfo struct {
	credentials.CommonAuthInfo
	uid uint32
}

// AuthType is credentials.AuthInfo.
func (peerInfo) AuthType() string { return "peercred" }

var errNoUnix = errors.New("not a unix socket")

// ServerHandshake is credentials.TransportCredentials.
func (p peerCredentials) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, nil, errNoUnix
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil, nil, fmt.Errorf("look at the caller: %w", err)
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) { cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return nil, nil, fmt.Errorf("look at the caller: %w", err)
	}
	if credErr != nil {
		return nil, nil, fmt.Errorf("look at the caller: %w", credErr)
	}
	held, err := p.bounds.link(conn, cred.Uid)
	if err != nil {
		return nil, nil, err
	}
	return held, peerInfo{credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}, cred.Uid}, nil
}

// ClientHandshake is credentials.TransportCredentials; the node's side uses none.
func (peerCredentials) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.ErrUnsupported
}

// Info is credentials.TransportCredentials.
func (peerCredentials) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "peercred"}
}

// Clone is credentials.TransportCredentials.
func (p peerCredentials) Clone() credentials.TransportCredentials { return p }

// OverrideServerName is credentials.TransportCredentials.
func (peerCredentials) OverrideServerName(string) error { return nil }
