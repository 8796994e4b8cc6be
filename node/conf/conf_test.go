package conf

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const mining = "role=mining\nchain_id=dbc-devnet-1\npublic_ip=203.0.113.7\n"

func TestParseConf(t *testing.T) {
	t.Parallel()
	r, err := parseConf("core.conf", []byte("# a comment\n\n "+mining+"http_port = 5061\nreconcile_seconds=2\n"+
		"guest_dns=9.9.9.9, 1.1.1.1\ntest_slots=2\ntest_emulation=true\nport_first=5300\nport_last=5400\nlog_level=debug\n"+
		"operator_key=op\nkeyring_dir=/srv/keys\nkeyring_passphrase_file=/srv/passphrase\n"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := r.(*Compute)
	if cfg.HTTPListen.String() != "127.0.0.1:5061" || cfg.Reconcile != 2*time.Second || len(cfg.GuestDNS) != 2 ||
		cfg.TestSlots != 2 || !cfg.TestEmulation || cfg.PortFirst != 5300 || cfg.NetListen.Port() != 5011 || cfg.HostCPUs != 4 ||
		cfg.OperatorKey != "op" || cfg.KeyringDir != "/srv/keys" || cfg.KeyringPassphraseFile != "/srv/passphrase" || cfg.Published != cfg.PublicIP {
		t.Errorf("%+v", cfg)
	}
}

func TestParseConfRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		line int
		key  string
		kind error
	}{
		"unknown key":           {mining + "colour=red\n", 4, "colour", ErrConfig},
		"no value":              {mining + "relay\n", 4, "relay", ErrConfig},
		"twice":                 {mining + "relay=true\nrelay=true\n", 5, "relay", ErrConfig},
		"a port of system":      {mining + "port_first=80\n", 4, "port_first", ErrConfig},
		"ephemeral port":        {mining + "port_last=32768\n", 4, "port_last", ErrConfig},
		"ports crossed":         {mining + "port_first=6000\nport_last=5999\n", 4, "port_first", ErrConfig},
		"open API":              {mining + "http_ip=0.0.0.0\n", 4, "http_ip", ErrConfig},
		"a stranger's chain":    {mining + "chain_grpc=203.0.113.9:9090\n", 4, "chain_grpc", ErrConfig},
		"a chain in plain text": {mining + "chain_trusted=dbcd.example\nchain_rpc=http://dbcd.example:26657\n", 5, "chain_rpc", ErrConfig},
		"open metrics":          {mining + "metrics_listen=0.0.0.0:9464\n", 4, "metrics_listen", ErrConfig},
		"metrics by name":       {mining + "metrics_listen=localhost:9464\n", 4, "metrics_listen", ErrConfig},
		"metrics anywhere":      {mining + "metrics_listen=127.0.0.1:0\n", 4, "metrics_listen", ErrConfig},
		"metrics on the API":    {mining + "metrics_listen=127.0.0.1:5060\n", 4, "metrics_listen", ErrConfig},
		"helper beside":         {mining + "helper_socket=helper.sock\n", 4, "helper_socket", ErrConfig},
		"helper of a client":    {"role=client\nchain_id=dbc-devnet-1\nhelper_socket=/run/dbc/helper.sock\n", 3, "helper_socket", ErrConfig},
		"metrics of a client":   {"role=client\nchain_id=dbc-devnet-1\nmetrics_listen=192.0.2.1:9464\n", 3, "metrics_listen", ErrConfig},
		"metrics on every port": {"role=client\nchain_id=dbc-devnet-1\nhttp_ip=0.0.0.0\nmetrics_listen=127.0.0.1:5050\n", 4, "metrics_listen", ErrConfig},
		"below root":            {mining + "data_dir=/root/dbc\n", 4, "data_dir", ErrConfig},
		"relative":              {mining + "data_dir=data\n", 4, "data_dir", ErrConfig},
		"dots":                  {mining + "data_dir=/var/lib/../../root\n", 4, "data_dir", ErrConfig},
		"public guests":         {mining + "guest_cidr=8.8.8.0/24\n", 4, "guest_cidr", ErrConfig},
		"host bits":             {mining + "guest_cidr=10.0.0.1/24\n", 4, "guest_cidr", ErrConfig},
		"resolver inside":       {mining + "guest_dns=192.168.0.1\n", 4, "guest_dns", ErrConfig},
		"never reconciled":      {mining + "reconcile_seconds=0\n", 4, "reconcile_seconds", ErrConfig},
		"a negative number":     {mining + "host_cpus=-1\n", 4, "host_cpus", ErrConfig},
		"no role":               {"chain_id=dbc-devnet-1\n", 0, "role", ErrConfig},
		"half of TLS":           {mining + "http_tls_cert=/c\n", 4, "http_tls_cert", ErrConfig},
		"one port for both":     {"role=client\nchain_id=dbc-devnet-1\nhttp_port=5001\n", 0, "net_listen_port", ErrConfig},
		"a key of the other":    {"role=client\nchain_id=dbc-devnet-1\noperator_key=alice\n", 3, "operator_key", ErrConfig},
		"a faucet of a host":    {mining + "faucet_key=faucet\n", 4, "faucet_key", ErrConfig},
		"a long line":           {mining + "#" + strings.Repeat("x", 100_000) + "\nrelay=on\n", 5, "relay", ErrConfig},
		"a faucet, testnet":     {"role=client\nchain_id=dbc-testnet-1\nfaucet_key=faucet\n", 3, "faucet_key", ErrConfig},
		"REST without a scheme": {mining + "chain_rest=127.0.0.1:1317\n", 4, "chain_rest", ErrConfig},
		"test slots, main":      {"role=mining\npublic_ip=203.0.113.7\nchain_id=dbc-1\ntest_slots=2\n", 4, "test_slots", ErrMainNetwork},
		"emulation, main":       {"role=mining\npublic_ip=203.0.113.7\nchain_id=dbc-devnet-x\ntest_emulation=true\n", 4, "test_emulation", ErrMainNetwork},
		"an IPv6 published one": {"role=mining\nchain_id=dbc-devnet-1\npublic_ip=::1\n", 3, "public_ip", ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseConf("core.conf", []byte(c.text))
			var wrong *ConfigError
			if !errors.As(err, &wrong) || !errors.Is(err, c.kind) {
				t.Fatalf("got %v", err)
			}
			if wrong.Line != c.line || wrong.Key != c.key || wrong.Limit == "" {
				t.Errorf("line %d, key %s: %v", wrong.Line, wrong.Key, err)
			}
		})
	}
}

func TestTrustedChain(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"chain_grpc=localhost:9090\nchain_rpc=http://[::1]:26657\n",
		"chain_grpc=https://dbcd.example:443\nchain_rpc=https://dbcd.example:443\nchain_trusted=dbcd.example\n",
	} {
		if _, err := parseConf("core.conf", []byte(mining+text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzParseConf(f *testing.F) {
	f.Add([]byte(mining))
	f.Add([]byte("guest_cidr=10.0.0.0/16\nhttp_hosts=a,b\nmetrics_listen=127.0.0.1:1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseConf("core.conf", text)
		if err != nil {
			return
		}
		if n := r.node(); n.Role == "" || n.ChainID == "" {
			t.Fatalf("%+v", r)
		}
		switch c := r.(type) {
		case *Client:
			if c.Role != RoleClient {
				t.Fatalf("%+v", c)
			}
		case *Compute:
			if c.Role != RoleMining || c.PortFirst < minPort || c.PortLast > maxPort || !c.Published.Is4() || c.helper().DataDir != c.DataDir {
				t.Fatalf("%+v", c)
			}
		default:
			t.Fatalf("a role was read of %q", text)
		}
		// A line of another role must stop a file that loads, wherever it stands.
		foreign := map[string]string{RoleClient: "data_dir=/srv/dbc", RoleMining: "faucet_key=faucet"}[r.node().Role]
		if _, err := parseConf("core.conf", []byte(foreign+"\n"+string(text))); !errors.Is(err, ErrConfig) {
			t.Fatalf("%q before %q: %v", foreign, text, err)
		}
	})
}

// FuzzParsePeers: each peer is a line of the file, as written there.
func FuzzParsePeers(f *testing.F) {
	f.Add([]byte("# nodes\npeer=203.0.113.7:5001\npeer = node.example:5001\n"))
	f.Add([]byte("peer=\nfriend=1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		peers, err := parsePeers("peer.conf", text)
		if err != nil {
			return
		}
		for _, p := range peers {
			if p == "" || !strings.Contains(string(text), p) {
				t.Errorf("%q of %q", p, text)
			}
		}
	})
}

func TestParsePeersRefuses(t *testing.T) {
	t.Parallel()
	for text, right := range map[string]bool{
		"peer=node.example:5001\npeer=203.0.113.7:5001\npeer=[2001:db8::1]:5001\n# peer=x\n": true,
		"peer=203.0.113.7\n": false, "peer=203.0.113.7:70000\n": false, "peers=203.0.113.7:5001\n": false,
		"peer=/ip4/203.0.113.7/tcp/5001\n": false, "peer=:5001\n": false, "peer=$(id):5001\n": false, "peer=\xff:5001\n": false,
		"peer=a b:5001\n": false,
	} {
		if _, err := parsePeers("peer.conf", []byte(text)); (err == nil) != right || (err != nil && !errors.Is(err, ErrConfig)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
