package conf

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const client = "role=client\nchain_id=dbc-devnet-1\n"

func home(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "conf"), 0o700), os.WriteFile(filepath.Join(dir, ConfFile), []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestRolesReadTheirOwn loads files of both roles for each process.
func TestRolesReadTheirOwn(t *testing.T) {
	t.Parallel()
	const socket = "helper_socket=/run/dbc/helper.sock\n"
	for name, c := range map[string]struct {
		text string
		// node, client, compute, helper: what refuses the file, "" if nothing does.
		node, client, compute, helper string
	}{
		"a client node":                   {client, "", "", "role", "role"},
		"a compute node of one process":   {mining, "", "role", "", "helper_socket"},
		"a compute node with a helper":    {mining + socket, "", "role", "", ""},
		"a helper that a client node has": {client + socket, "helper_socket", "helper_socket", "helper_socket", "helper_socket"},
		"the node's part wrong":           {mining + socket + "http_ip=0.0.0.0\n", "http_ip", "http_ip", "http_ip", "http_ip"},
		"the helper's part wrong":         {mining + socket + "guest_cidr=8.8.8.0/24\n", "guest_cidr", "guest_cidr", "guest_cidr", "guest_cidr"},
		"no role":                         {"chain_id=dbc-devnet-1\n", "role", "role", "role", "role"},
		"another role":                    {"role=validator\nchain_id=dbc-devnet-1\n", "role", "role", "role", "role"},
		"two roles":                       {client + "role=mining\npublic_ip=203.0.113.7\n", "role", "role", "role", "role"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := home(t, c.text)
			for who, l := range map[string]struct {
				load func(string) error
				want string
			}{
				"node":    {func(dir string) error { _, err := LoadNode(dir); return err }, c.node},
				"client":  {func(dir string) error { _, err := LoadClient(dir); return err }, c.client},
				"compute": {func(dir string) error { _, err := LoadCompute(dir); return err }, c.compute},
				"helper":  {func(dir string) error { _, err := LoadHelper(dir); return err }, c.helper},
			} {
				err := l.load(dir)
				if l.want == "" {
					if err != nil {
						t.Errorf("%s: %v", who, err)
					}
					continue
				}
				var wrong *ConfigError
				if !errors.As(err, &wrong) || wrong.Key != l.want || wrong.Limit == "" || wrong.File != filepath.Join(dir, ConfFile) {
					t.Errorf("%s: %v, want a refusal of %s", who, err, l.want)
				}
			}
		})
	}
}

// TestEveryKeyHasItsRole: a key of one role is refused for the other by its line, with
// the role that it is for.
func TestEveryKeyHasItsRole(t *testing.T) {
	t.Parallel()
	shared := new(Node).keys()
	for role, c := range map[string]struct {
		text, other string
		foreign     table
	}{
		RoleClient: {client, RoleMining, newCompute().keys()},
		RoleMining: {mining, RoleClient, newClient().keys()},
	} {
		tried := 0
		for key := range c.foreign {
			if _, both := shared[key]; both {
				continue
			}
			tried++
			_, err := parseConf("core.conf", []byte(key+"=x\n"+c.text))
			var wrong *ConfigError
			if !errors.As(err, &wrong) || wrong.Line != 1 || wrong.Key != key || !strings.Contains(wrong.Limit, "role="+c.other) {
				t.Errorf("role=%s, %s: %v", role, key, err)
			}
		}
		if tried == 0 {
			t.Errorf("role=%s: the other role has no keys of its own", role)
		}
	}
}

// TestRolesAreSmall: what a process is configured by is what it uses, so a client node
// has nothing of a machine, and a helper nothing of the network or of keys.
func TestRolesAreSmall(t *testing.T) {
	t.Parallel()
	fields := func(of any) (names []string) {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(of)) {
			if !f.Anonymous && f.IsExported() {
				names = append(names, f.Name)
			}
		}
		return names
	}
	for _, name := range fields(Guests{}) {
		if slices.Contains(fields(Client{}), name) {
			t.Errorf("a client node has %s", name)
		}
	}
	for _, name := range []string{"HTTPListen", "NetListen", "ChainGRPC", "ChainRPC", "OperatorKey", "KeyringDir", "KeyringPassphraseFile", "Peers"} {
		if slices.Contains(fields(Helper{}), name) {
			t.Errorf("a helper has %s", name)
		}
		if !slices.Contains(fields(Compute{}), name) {
			t.Errorf("a compute node has no %s", name)
		}
	}
}
