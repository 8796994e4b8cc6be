package api

import (
	"encoding/json"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
)

var testLimits = limits{portFirst: 5200, portLast: 5999}

// TestPortsLeftToTheNode verifies which ports the node chooses: those that a create
// does not name, or calls auto.
func TestPortsLeftToTheNode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]journal.Port{
		`{}`:                  {{Name: "ssh", Protocol: "tcp", Guest: 22}},
		`{"ssh_port":"auto"}`: {{Name: "ssh", Protocol: "tcp", Guest: 22}},
		`{"ssh_port":5300,"custom_port":["tcp,auto:80","udp,auto:53","tcp,auto:80"]}`: {
			{Name: "ssh", Protocol: "tcp", Host: 5300, Guest: 22},
			{Name: "tcp-80", Protocol: "tcp", Guest: 80},
			{Name: "udp-53", Protocol: "udp", Guest: 53},
			{Name: "tcp-80-2", Protocol: "tcp", Guest: 80},
		},
		`{"ssh_port":"Auto"}`:              nil,
		`{"ssh_port":0}`:                   nil,
		`{"custom_port":["tcp,auto"]}`:     nil,
		`{"custom_port":["tcp,auto:0"]}`:   nil,
		`{"custom_port":["icmp,auto:80"]}`: nil,
		`{"custom_port":["tcp,auto:8-9"]}`: nil,
	} {
		wish, err := decodeCreate(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		o, err := parseCreate(wish, testLimits)
		if (err == nil) != (want != nil) || err == nil && !reflect.DeepEqual(o.Ports, want) {
			t.Errorf("%s: %+v, %v", text, o.Ports, err)
		}
	}
}

func networks(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func TestParseCustomPort(t *testing.T) {
	t.Parallel()
	p := func(protocol string, pairs ...uint16) (ports []journal.Port) {
		for i := 0; i < len(pairs); i += 2 {
			ports = append(ports, journal.Port{Protocol: protocol, Host: pairs[i], Guest: pairs[i+1]})
		}
		return ports
	}
	for text, want := range map[string][]journal.Port{
		"tcp,5200":                  p("tcp", 5200, 5200),
		"udp,5201:53":               p("udp", 5201, 53),
		"tcp,5200-5202":             p("tcp", 5200, 5200, 5201, 5201, 5202, 5202),
		"tcp,5200-5201:80-81":       p("tcp", 5200, 80, 5201, 81),
		"tcp,5199":                  nil,
		"tcp,6000":                  nil,
		"tcp,5200:0":                nil,
		"tcp,5200:65536":            nil,
		"tcp,5202-5200":             nil,
		"tcp,5200-5201:80":          nil,
		"tcp,5200-5320":             nil,
		"tcp":                       nil,
		"icmp,5200":                 nil,
		"tcp, 5200":                 nil,
		"tcp,+5200":                 nil,
		"tcp,5200;reboot":           nil,
		"tcp,1-$(reboot):2-3":       nil,
		"tcp,5200-5201-5202":        nil,
		"tcp,٥٢٠٠":                  nil,
		"tcp,00000000000000005200":  nil,
		"tcp,5200-5201:65535-65536": nil,
		"tcp,5200:22":               p("tcp", 5200, 22),
		"udp,5999-5999:53-53":       p("udp", 5999, 53),
		"tcp,5998-6001":             nil,
		"tcp,5200-":                 nil,
		"tcp,-5201":                 nil,
		"tcp,5200:":                 nil,
		"tcp,:80":                   nil,
		"TCP,5200":                  nil,
		"tcp,5200,5201":             nil,
		"tcp,5200-5399":             nil,
		"tcp,5200,":                 nil,
		"tcp,5200,203.0.113.7/24":   nil,
		"tcp,5200,2001:db8::/32":    nil,
		"tcp,5200,::ffff:1.2.3.4":   nil,
		"tcp,5200,everybody":        nil,
		"tcp,5200,1.2.3.4 ,5.6.7.8": nil,
		"tcp,5200" + strings.Repeat(",1.2.3.4", 17): nil,
		"tcp,5200-5201:80-81,203.0.113.0/24,198.51.100.7,203.0.113.0/24": {
			{Protocol: "tcp", Host: 5200, Guest: 80, Sources: networks("203.0.113.0/24", "198.51.100.7/32")},
			{Protocol: "tcp", Host: 5201, Guest: 81, Sources: networks("203.0.113.0/24", "198.51.100.7/32")},
		},
		"udp,auto:53,0.0.0.0/0": {{Protocol: "udp", Guest: 53, Sources: networks("0.0.0.0/0")}},
		"tcp,5200:80:81":        nil,
		"tcp,5200-5201:81-80":   nil,
		"tcp,05200":             nil,
		"tcp,5200:080":          nil,
		"5200":                  nil,
		"":                      nil,
	} {
		got, err := parseCustomPort("custom_port", text, testLimits)
		if (err != nil) != (want == nil) || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
		if err != nil && !errors.Is(err, host.ErrInvalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{
		"1": 1_000_000, "0.5": 500_000, ".25": 250_000, "0.000001": 1, "1.0": 1_000_000, "1.000000": 1_000_000,
		"0": 0, "0.0": 0, "1.1": 0, "2": 0, "-0.5": 0, "0.0000001": 0, "1e-1": 0, "NaN": 0, "": 0, "0,5": 0, " 1": 0,
	} {
		got, err := parseRate("mem_rate", text)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
}

// TestKeyWithLineEnd: a .pub file pasted as it is.
func TestKeyWithLineEnd(t *testing.T) {
	t.Parallel()
	o, err := parseCreate(api.Create{SSHPort: "5200", SSHPublicKeys: []string{"ssh-ed25519 AAAA renter\n"}}, testLimits)
	if err != nil || len(o.AuthorizedKeys) != 1 || o.AuthorizedKeys[0] != "ssh-ed25519 AAAA renter" {
		t.Errorf("%q, %v", o.AuthorizedKeys, err)
	}
}

func FuzzParseCustomPort(f *testing.F) {
	for _, seed := range []string{"tcp,5200", "udp,5200-5210:1-11", "tcp,1-$(id):2-3", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ports, err := parseCustomPort("custom_port", text, testLimits)
		if err != nil {
			return
		}
		if len(ports) == 0 || len(ports) > host.MaxPorts {
			t.Fatalf("%d ports", len(ports))
		}
		for _, p := range ports {
			if p.Host < testLimits.portFirst || p.Host > testLimits.portLast || p.Guest == 0 || (p.Protocol != "tcp" && p.Protocol != "udp") {
				t.Fatalf("%+v", p)
			}
		}
	})
}

func FuzzParseRate(f *testing.F) {
	for _, seed := range []string{"0.5", "1", ".9", "1.000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := parseRate("mem_rate", text); err == nil && (n == 0 || n > 1_000_000) {
			t.Fatal(n)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"peer_nodes_list":["a"],"additional":{"image_name":"x.qcow2","ssh_port":"5200","cpu_cores":2,"mem_rate":0.5}}`))
	f.Add([]byte(`{"additional":{"custom_port":["tcp,5200"],"ssh_port":5300}}`))
	f.Add([]byte(`{} {}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := decodeRequest(data)
		if err != nil {
			return
		}
		c, err := decodeCreate(req.Additional)
		if err != nil {
			return
		}
		o, err := parseCreate(c, testLimits)
		if err != nil {
			return
		}
		if len(o.Ports) == 0 || o.Ports[0].Guest != sshPort || o.CPUs < host.All || o.GPUs < host.All {
			t.Fatalf("%+v", o)
		}
		if _, err := json.Marshal(c); err != nil {
			t.Fatal(err)
		}
	})
}
