package chain

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// maxReply bounds one gRPC reply: a page of 1,000 machines with sixteen slots
// is about 4 MiB.
const maxReply = 16 << 20

func dialGRPC(target string) (*grpc.ClientConn, error) {
	host, plain, err := parseGRPC(target)
	if err != nil {
		return nil, err
	}
	creds := credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	if plain {
		creds = insecure.NewCredentials()
	}
	conn, err := grpc.NewClient(
		"passthrough:///"+host,
		grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(newCodec().GRPCCodec()), grpc.MaxCallRecvMsgSize(maxReply)),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare grpc %s: %w", target, err)
	}
	return conn, nil
}

// parseGRPC returns host:port and whether the connection is in plain text.
func parseGRPC(target string) (host string, plain bool, err error) {
	scheme, rest, found := strings.Cut(target, "://")
	if !found {
		rest = target
	}
	host, _, err = net.SplitHostPort(rest)
	if err != nil {
		return "", false, fmt.Errorf("grpc address %.64q: host:port wanted: %w", target, err)
	}
	switch {
	case !found:
		return rest, loopback(host), nil
	case scheme == "http":
		return rest, true, nil
	case scheme == "https":
		return rest, false, nil
	}
	return "", false, fmt.Errorf("grpc address %.64q: scheme %.64q is neither http nor https", target, scheme)
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// parseRPC accepts http and https, and tcp as CometBFT writes it.
func parseRPC(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil {
		return "", fmt.Errorf("rpc address %.64q: %w", s, err)
	}
	if u.Scheme == "tcp" {
		u.Scheme = "http"
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", fmt.Errorf("rpc address %.64q: http://host:port wanted", s)
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}
