package conf

import (
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/test/reference"
)

// described is a key of core.conf as the page of settings has it. value returns what it
// sets, so that defaults come from the code.
type described[T any] struct {
	key    string
	value  func(*T) any
	en, zh string
}

var (
	digits = regexp.MustCompile(`^\d+-\d+$`)
	kinds  = map[string]string{"integer": "整数", "boolean": "布尔", "path": "路径", "list": "列表", "text": "文本"}
)

// kind returns a key's type, which what is right for it tells.
func kind(limit string) string {
	switch {
	case digits.MatchString(limit):
		return "integer"
	case limit == "true or false":
		return "boolean"
	case strings.HasPrefix(limit, "an absolute path"):
		return "path"
	case strings.Contains(limit, "with commas between them"):
		return "list"
	}
	return "text"
}

// text returns a value as core.conf has it, "" for none.
func text(value any) string {
	switch v := value.(type) {
	case netip.Addr:
		if !v.IsValid() {
			return ""
		}
	case netip.AddrPort:
		if !v.IsValid() {
			return ""
		}
	case []string:
		return strings.Join(v, ",")
	case []netip.Addr:
		all := make([]string, len(v))
		for i, addr := range v {
			all[i] = addr.String()
		}
		return strings.Join(all, ",")
	case slog.Level:
		return strings.ToLower(v.String())
	case time.Duration:
		return fmt.Sprint(int(v.Seconds()))
	}
	return fmt.Sprint(value)
}

// needed are the keys that a file of a role has to have.
func needed(r role) (keys []string) {
	for _, e := range r.check() {
		if e.Value == "" {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

// unset returns what counts where the file has not the key, in each role.
func unset(t *testing.T, lang reference.Language, key string, defaults map[string]string) string {
	t.Helper()
	said, roles := map[string]string{}, slices.Sorted(maps.Keys(defaults))
	for _, name := range roles {
		said[name] = reference.Code(defaults[name])
		if slices.Contains(needed(roleOf(name)), key) {
			said[name] = reference.In(t, lang, map[string]string{"required": "必填"}, "required")
		}
	}
	if said[roles[0]] == said[roles[len(roles)-1]] {
		return said[roles[0]]
	}
	var parts []string
	for _, name := range roles {
		if said[name] != "" {
			parts = append(parts, fmt.Sprintf("%s (`%s`)", said[name], name))
		}
	}
	return strings.Join(parts, ", ")
}

// part holds a table of keys against the code's: of each default returns the values by
// role.
func part[T any](t *testing.T, name string, keys table, all []described[T], of map[string]*T) {
	t.Helper()
	for lang, columns := range map[reference.Language][]string{
		reference.English: {"key", "type", "default", "allowed", "what"},
		reference.Chinese: {"键", "类型", "默认", "允许的值", "含义"},
	} {
		left := maps.Clone(keys)
		var rows [][]string
		for _, d := range all {
			set, known := left[d.key]
			if !known {
				t.Errorf("core.conf has no key %s here, or it is described twice", d.key)
				continue
			}
			delete(left, d.key)
			defaults, meaning := map[string]string{}, d.en
			for role, config := range of {
				defaults[role] = text(d.value(config))
			}
			if lang == reference.Chinese {
				meaning = d.zh
			}
			rows = append(rows, []string{
				reference.Code(d.key), reference.In(t, lang, kinds, kind(set.limit)), unset(t, lang, d.key, defaults),
				reference.In(t, lang, limits, set.limit), meaning,
			})
		}
		if len(left) > 0 {
			t.Errorf("not described: %s", left.names())
		}
		reference.Part(t, "settings", lang, name, reference.Table(columns, rows))
	}
}

// only returns the keys of all that some has not.
func only(all, some table) table {
	left := maps.Clone(all)
	maps.DeleteFunc(left, func(key string, _ setting) bool { _, also := some[key]; return also })
	return left
}

// TestSettingsPageIsCurrent: the page has core.conf's keys as the code has them; make
// reference writes it.
func TestSettingsPageIsCurrent(t *testing.T) {
	t.Parallel()
	client, compute := newClient(), newCompute()
	part(t, "keys of both roles", client.Node.keys(), ofNodes, map[string]*Node{RoleClient: &client.Node, RoleMining: &compute.Node})
	part(t, "keys of client nodes", only(client.keys(), client.Node.keys()), ofClients, map[string]*Client{RoleClient: client})
	own := only(only(compute.keys(), compute.Node.keys()), compute.Guests.keys())
	part(t, "keys of compute nodes", own, ofCompute, map[string]*Compute{RoleMining: compute})
	part(t, "keys of compute nodes and helpers", compute.Guests.keys(), ofGuests, map[string]*Guests{RoleMining: &compute.Guests})
}

// TestDefaultsAreDescribed: a file with every default of the page says what one without
// them says, so that no value is of another field.
func TestDefaultsAreDescribed(t *testing.T) {
	t.Parallel()
	client, compute := new(Client), new(Compute)
	write(t, client.keys(), ofNodes, &newClient().Node)
	write(t, client.keys(), ofClients, newClient())
	if want := newClient(); !reflect.DeepEqual(client, want) {
		t.Errorf("the page says %+v, the code %+v", client, want)
	}
	write(t, compute.keys(), ofNodes, &newCompute().Node)
	write(t, compute.keys(), ofCompute, newCompute())
	write(t, compute.keys(), ofGuests, &newCompute().Guests)
	if want := newCompute(); !reflect.DeepEqual(compute, want) {
		t.Errorf("the page says %+v, the code %+v", compute, want)
	}
}

func write[T any](t *testing.T, to table, all []described[T], defaults *T) {
	t.Helper()
	for _, d := range all {
		value := text(d.value(defaults))
		if value == "" {
			continue
		}
		if err := to[d.key].parse(value); err != nil {
			t.Errorf("%s=%s: %v", d.key, value, err)
		}
	}
}
