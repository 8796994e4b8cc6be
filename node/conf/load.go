package conf

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
)

const maxConfSize = 1 << 20

// LoadNode reads conf/core.conf and conf/peer.conf below home, for what a program needs
// of either role. Every wrong line is a *ConfigError; all of them are reported at once.
func LoadNode(home string) (Node, error) {
	r, err := load(home)
	if err != nil {
		return Node{}, err
	}
	return *r.node(), nil
}

// LoadClient reads the configuration of a client node.
func LoadClient(home string) (Client, error) {
	r, err := load(home)
	if err != nil {
		return Client{}, err
	}
	c, ok := r.(*Client)
	if !ok {
		return Client{}, otherRole(r, "client, for a client node")
	}
	return *c, nil
}

// LoadCompute reads the configuration of a compute node.
func LoadCompute(home string) (Compute, error) {
	r, err := load(home)
	if err != nil {
		return Compute{}, err
	}
	c, ok := r.(*Compute)
	if !ok {
		return Compute{}, otherRole(r, "mining, for a compute node")
	}
	return *c, nil
}

// LoadHelper reads what a compute node's helper uses. The node's own keys are checked
// too: the file is one.
func LoadHelper(home string) (Helper, error) {
	c, err := LoadCompute(home)
	if err != nil {
		return Helper{}, err
	}
	if c.HelperSocket == "" {
		return Helper{}, c.Refusal("helper_socket", "", "an absolute path, or the node would not use its helper", nil)
	}
	return c.helper(), nil
}

func otherRole(r role, want string) error {
	return r.node().Refusal("role", r.node().Role, want, nil)
}

func load(home string) (role, error) {
	home, err := filepath.Abs(home)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", home, err)
	}
	path := filepath.Join(home, ConfFile)
	text, err := readConf(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration (dbc node init makes one): %w", err)
	}
	r, err := parseConf(path, text)
	if err != nil {
		return nil, err
	}
	n := r.node()
	n.Home = home
	n.Peers, err = LoadPeers(filepath.Join(home, PeerFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return r, nil
}

// LoadPeers reads a file of lines peer=host:port.
func LoadPeers(path string) ([]string, error) {
	text, err := readConf(path)
	if err != nil {
		return nil, fmt.Errorf("read the peers: %w", err)
	}
	return parsePeers(path, text)
}

func readConf(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxConfSize {
		return nil, fmt.Errorf("%s has %d bytes, at most %d are read: %w", path, info.Size(), maxConfSize, ErrConfig)
	}
	return os.ReadFile(path)
}

// line is one key=value of a file.
type line struct {
	number     int
	key, value string
}

// parseLines reads key=value, blank lines and # comments.
func parseLines(file string, text []byte) ([]line, error) {
	var lines []line
	var wrong []error
	scan := bufio.NewScanner(bytes.NewReader(text))
	scan.Buffer(nil, maxConfSize+1)
	for n := 1; scan.Scan(); n++ {
		s := strings.TrimSpace(scan.Text())
		if s == "" || s[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			wrong = append(wrong, &ConfigError{File: file, Line: n, Key: s, Limit: "key=value"})
			continue
		}
		lines = append(lines, line{n, strings.TrimSpace(key), strings.TrimSpace(value)})
	}
	return lines, errors.Join(append(wrong, scan.Err())...)
}

// parseConf is pure, for the tests and the fuzzer.
func parseConf(file string, text []byte) (role, error) {
	lines, err := parseLines(file, text)
	wrong := []error{err}
	named, seen := "", map[string]int{}
	for _, l := range lines {
		if first, twice := seen[l.key]; twice {
			wrong = append(wrong, l.refusal(file, fmt.Sprintf("the key once; it is on line %d already", first)))
		}
		seen[l.key] = l.number
		if l.key == "role" {
			named = l.value
		}
	}
	r := roleOf(named)
	keys := r.keys()
	for _, l := range lines {
		set, known := keys[l.key]
		switch other := others(l.key); {
		case !known && other == "":
			wrong = append(wrong, l.refusal(file, "one of the keys: "+keys.names()))
		case !known:
			wrong = append(wrong, l.refusal(file, "the key absent, it is for role="+other))
		default:
			if err := set.parse(l.value); err != nil {
				wrong = append(wrong, l.refusal(file, set.limit))
			}
		}
	}
	for _, e := range r.check() {
		e.File, e.Line = file, seen[e.Key]
		wrong = append(wrong, e)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	r.node().lines = seen
	return r, nil
}

func (l line) refusal(file, limit string) error {
	return &ConfigError{File: file, Line: l.number, Key: l.key, Value: l.value, Limit: limit}
}

func parsePeers(file string, text []byte) ([]string, error) {
	lines, err := parseLines(file, text)
	wrong := []error{err}
	var peers []string
	for _, l := range lines {
		host, port, err := net.SplitHostPort(l.value)
		if l.key != "peer" || err != nil || !hostName.MatchString(host) || !isPort(port) {
			wrong = append(wrong, &ConfigError{File: file, Line: l.number, Key: l.key, Value: l.value, Limit: "peer=host:port"})
			continue
		}
		peers = append(peers, l.value)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return peers, nil
}
