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

// Load reads conf/core.conf and conf/peer.conf below home. Every wrong
// line is a *ConfigError; all of them are reported at once.
func Load(home string) (Config, error) {
	home, err := filepath.Abs(home)
	if err != nil {
		return Config{}, fmt.Errorf("find %s: %w", home, err)
	}
	path := filepath.Join(home, ConfFile)
	text, err := readConf(path)
	if err != nil {
		return Config{}, fmt.Errorf("read the configuration (dbc node init makes one): %w", err)
	}
	cfg, err := parseConf(path, text)
	if err != nil {
		return Config{}, err
	}
	cfg.Home = home
	cfg.Peers, err = LoadPeers(filepath.Join(home, PeerFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return cfg, err
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
func parseConf(file string, text []byte) (Config, error) {
	lines, err := parseLines(file, text)
	wrong := []error{err}
	role, seen := "", map[string]int{}
	for _, l := range lines {
		if first, twice := seen[l.key]; twice {
			wrong = append(wrong, &ConfigError{
				File: file, Line: l.number, Key: l.key, Value: l.value,
				Limit: fmt.Sprintf("the key once; it is on line %d already", first),
			})
		}
		seen[l.key] = l.number
		if l.key == "role" {
			role = l.value
		}
	}
	cfg := defaults(role)
	for _, l := range lines {
		set, known := settings[l.key]
		if !known {
			wrong = append(wrong, &ConfigError{
				File: file, Line: l.number, Key: l.key, Value: l.value, Limit: "one of the keys: " + knownKeys(),
			})
			continue
		}
		if err := set.parse(&cfg, l.value); err != nil {
			wrong = append(wrong, &ConfigError{File: file, Line: l.number, Key: l.key, Value: l.value, Limit: set.limit})
		}
	}
	for _, l := range lines {
		if only := settings[l.key].only; only != "" && only != cfg.Role && (cfg.Role == RoleMining || cfg.Role == RoleClient) {
			wrong = append(wrong, &ConfigError{
				File: file, Line: l.number, Key: l.key, Value: l.value, Limit: "the key absent, it is for role=" + only,
			})
		}
	}
	for _, e := range cfg.check() {
		e.File, e.Line = file, seen[e.Key]
		wrong = append(wrong, e)
	}
	if err := errors.Join(wrong...); err != nil {
		return Config{}, err
	}
	cfg.lines = seen
	return cfg, nil
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
