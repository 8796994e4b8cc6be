package p2p

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"net"
	"slices"
	"sync/atomic"
	"testing"

	pb "github.com/libp2p/go-libp2p-kad-dht/pb"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	ma "github.com/multiformats/go-multiaddr"
	"google.golang.org/protobuf/encoding/protodelim"
)

// trap is a service on this computer that no stranger should be able to make a
// node dial.
func trap(t *testing.T) (at string, dialed *atomic.Int64) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dialed = new(atomic.Int64)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			dialed.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return l.Addr().String(), dialed
}

// lieInTheTable answers every query for a peer with these addresses.
func lieInTheTable(t *testing.T, h *Host, lies ...string) {
	t.Helper()
	h.host.SetStreamHandler("/dbc/dbc-devnet-1/kad/1.0.0", func(s network.Stream) {
		defer func() { _ = s.Close() }()
		in := bufio.NewReader(s)
		for {
			asked := new(pb.Message)
			if err := protodelim.UnmarshalFrom(in, asked); err != nil {
				return
			}
			answer := &pb.Message{Type: asked.Type, Key: asked.Key}
			// The peer that is looked for, and one that is claimed to be near
			// it.
			public, _, err := ed25519.GenerateKey(nil) // by no means of t: it may have ended
			if err != nil {
				return
			}
			other, err := PeerID(hex.EncodeToString(public))
			if err != nil {
				return
			}
			for _, id := range []string{string(asked.Key), string(other)} {
				near := &pb.Message_Peer{Connection: pb.Message_CAN_CONNECT}
				near.Id = []byte(id)
				for _, lie := range lies {
					near.Addrs = append(near.Addrs, ma.StringCast(lie).Bytes())
				}
				answer.CloserPeers = append(answer.CloserPeers, near)
			}
			if _, err := protodelim.MarshalTo(s, answer); err != nil {
				return
			}
		}
	})
}

// TestALyingTableLeadsNowhere verifies that addresses claimed by strangers
// never make the node of a main network dial its own computer, whatever leads
// to the connection.
func TestALyingTableLeadsNowhere(t *testing.T) {
	t.Parallel()
	for name, public := range map[string]bool{"main network": true, "devnet": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, dialed := trap(t)
			_, port, err := net.SplitHostPort(at)
			if err != nil {
				t.Fatal(err)
			}
			liar := open(t, Config{Server: true})
			lieInTheTable(t, liar, "/ip4/127.0.0.1/tcp/"+port, "/ip6/::ffff:127.0.0.1/tcp/"+port, "/dns4/localhost/tcp/"+port, "/dns/localhost/tcp/"+port)
			client := open(t, Config{PublicOnly: public, Peers: []string{tcp(t, liar)}})
			joined(t, client, 1)
			id := newKey(t).MachineID()
			if _, _, err := post(t.Context(), t, client, id, ""); err == nil {
				t.Fatal("a peer that does not exist answered")
			}
			nobody, err := PeerID(id)
			if err != nil {
				t.Fatal(err)
			}
			// This is what identify does with a peer's own claim.
			client.host.Peerstore().AddAddr(nobody, ma.StringCast("/ip4/127.0.0.1/tcp/"+port), peerstore.TempAddrTTL)
			if err := client.host.Connect(network.WithForceDirectDial(context.Background(), "test"), peer.AddrInfo{ID: nobody}); err == nil {
				t.Fatal("connected")
			}
			if n := dialed.Load(); (n > 0) == public {
				t.Errorf("the trap was dialed %d times", n)
			}
		})
	}
}

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	const relay = "/p2p/12D3KooWJbJFaZ1dwpuu9tQY3ELCKCpWMJc1dSRVbcMwhiLiFq7q"
	public := []string{
		"/ip4/8.8.8.8/tcp/5001", "/ip4/8.8.8.8/udp/5001/quic-v1", "/ip6/2606:4700::1/tcp/5001",
		"/ip4/8.8.8.8/tcp/5001" + relay + "/p2p-circuit", relay + "/p2p-circuit", "/ip6/64:ff9b::808:808/tcp/1",
	}
	private := []string{
		"/ip4/127.0.0.1/tcp/22", "/ip4/127.9.9.9/udp/53/quic-v1", "/ip4/0.0.0.0/tcp/1", "/ip4/0.1.2.3/tcp/1", "/ip4/10.0.0.1/tcp/1",
		"/ip4/172.16.0.1/tcp/1", "/ip4/192.168.1.1/tcp/1", "/ip4/100.64.0.1/tcp/1", "/ip4/169.254.169.254/tcp/80", "/ip4/192.0.0.1/tcp/1",
		"/ip4/198.18.0.1/tcp/1", "/ip4/224.0.0.1/tcp/1", "/ip4/240.0.0.1/tcp/1", "/ip4/255.255.255.255/tcp/1", "/ip4/203.0.113.7/tcp/1",
		"/ip6/::1/tcp/1", "/ip6/::/tcp/1", "/ip6/fe80::1/tcp/1", "/ip6zone/eth0/ip6/fe80::1/tcp/1", "/ip6/fd00::1/tcp/1", "/ip6/fec0::1/tcp/1", "/ip6/ff02::1/tcp/1",
		"/ip6/::ffff:127.0.0.1/tcp/1", "/ip6/::ffff:10.0.0.1/tcp/1", "/ip6/::127.0.0.1/tcp/1", "/ip6/64:ff9b::7f00:1/tcp/1", "/ip6/64:ff9b:1::a00:1/tcp/1",
		"/ip6/2002:7f00:1::1/tcp/1", "/ip6/2002:a00:1::1/tcp/1", "/ip6/2001::1/tcp/1", "/ip6/2001:db8::1/tcp/1",
		"/dns4/localhost/tcp/1", "/dns4/evil.example/tcp/1", "/dnsaddr/evil.example", "/unix/run/x.sock", "/p2p-circuit",
		"/ip4/127.0.0.1/tcp/22" + relay + "/p2p-circuit", relay,
	}
	for _, text := range slices.Concat(public, private) {
		a, err := ma.NewMultiaddr(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if want := slices.Contains(public, text); (&gate{publicOnly: true}).InterceptAddrDial("", a) != want {
			t.Errorf("%s: public is not %v", text, want)
		}
		if !new(gate).InterceptAddrDial("", a) {
			t.Errorf("%s: refused on a devnet", text)
		}
	}
}
