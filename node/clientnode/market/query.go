package market

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/node/httpapi"
)

const (
	defaultLimit = 50
	maxLimit     = 500
	// maxWords bounds the alternatives of one filter, maxWord their length.
	maxWords = 32
	maxWord  = 128
)

// numbers are the columns that can be bounded and ordered by.
var numbers = []string{
	"gpu_count", "slots", "free_slots", "vram_mib", "cpu_cores", "cpu_mhz", "memory_mib", "system_disk_gib",
	"data_disk_gib", "upload_mbps", "download_mbps", "price_per_day", "gpu_price_per_day",
	"machine_price_per_day", exitNotice, "stake",
}

// words are the columns that are compared with text. gpu_type is separate
// because a machine can have several.
var words = []string{"state", "owner", "operator", "country", "city", "cpu_model", "machine_id"}

// orders are the text columns that can be ordered by, in addition to numbers.
// By gpu_type, machines without GPUs come first, then those with several types,
// then the others.
var orders = []string{"state", "owner", "operator", "country", "city", "gpu_type", "cpu_model", "machine_id"}

// listed are the columns of the wider table.
var listed = []string{"owner", "operator"}

var states = []string{"bonded", "online", "offline", "retired"}

// column returns the column of a name. Only whitelisted names get here.
func column(name string) string {
	if name == "machine_id" {
		return "id"
	}
	return name
}

// clause is a condition with its bound values. Text from outside is only ever
// in args.
type clause struct {
	text string
	args []any
}

func (c *clause) and(text string, args ...any) {
	if c.text != "" {
		c.text += " AND "
	}
	c.text += text
	c.args = append(c.args, args...)
}

func (c clause) where() string {
	if c.text == "" {
		return ""
	}
	return " WHERE " + c.text
}

// condition is what a search requires of machines.
type condition struct {
	all clause
	// typeless is all without gpu_type, for the counts by type.
	typeless clause
	// parts are the parts of all by column, each of which an index can find.
	parts map[string]*clause
}

func (c *condition) part(column, text string, args ...any) {
	if c.parts[column] == nil {
		c.parts[column] = new(clause)
	}
	c.parts[column].and(text, args...)
	c.all.and(text, args...)
}

func parseFilters(raw map[string]json.RawMessage) (condition, error) {
	c := condition{parts: map[string]*clause{}}
	names := make([]string, 0, len(raw))
	for name := range raw {
		names = append(names, name)
	}
	slices.Sort(names)
	if _, told := raw["state"]; !told {
		// Retired machines are omitted by default.
		c.all.and("state <> ?", "retired")
	}
	for _, name := range names {
		if name == "gpu_type" {
			continue
		}
		if err := c.add(name, raw[name]); err != nil {
			return condition{}, err
		}
	}
	c.typeless = clause{text: c.all.text, args: slices.Clone(c.all.args)}
	if text, has := raw["gpu_type"]; has {
		list, err := wordsOf("gpu_type", text)
		if err != nil {
			return condition{}, err
		}
		c.part("gpu_type", "gpu_type IN (?,"+marks(len(list))+")", append([]any{mixed}, anys(list)...)...)
		c.all.and("(gpu_type <> ? OR EXISTS (SELECT 1 FROM gpus WHERE gpus.machine = machines.id AND gpus.gpu_type IN ("+
			marks(len(list))+")))", append([]any{mixed}, anys(list)...)...)
	}
	return c, nil
}

func (c *condition) add(name string, raw json.RawMessage) error {
	field := "filters." + name
	if _, is := terms[name]; is {
		return c.addTerm(name, raw)
	}
	if slices.Contains(words, name) {
		list, err := wordsOf(name, raw)
		if err != nil {
			return err
		}
		if name == "state" {
			for _, word := range list {
				if !slices.Contains(states, word) {
					return httpapi.BadValue(field, word, "one of "+strings.Join(states, ", "))
				}
			}
		}
		in, values := column(name)+" IN ("+marks(len(list))+")", anys(list)
		switch {
		case name == "machine_id":
			for i, word := range list {
				values[i] = unhex(word)
			}
		case slices.Contains(listed, name):
			in = "id IN (SELECT machine FROM listings WHERE " + in + ")"
		}
		c.part(name, in, values...)
		return nil
	}
	base, compare := strings.TrimSuffix(name, "_min"), " >= ?"
	if base == name {
		base, compare = strings.TrimSuffix(name, "_max"), " <= ?"
	}
	if base == name || !slices.Contains(numbers, base) {
		return httpapi.BadValue("filters", name, "one of "+Names())
	}
	n, err := number(field, raw)
	if err != nil {
		return err
	}
	if name == exitNotice+"_max" {
		n = min(n, noExit-1)
	}
	c.part(base, base+compare, n)
	return nil
}

// Names returns the filters that a search accepts, for display.
func Names() string {
	return "gpu_type, " + strings.Join(words, ", ") + ", " + strings.Join(slices.Sorted(maps.Keys(terms)), ", ") + ", and with _min or _max " + strings.Join(numbers, ", ")
}

func wordsOf(name string, raw json.RawMessage) ([]string, error) {
	field := "filters." + name
	limit := fmt.Sprintf("a word, or a list of 1 to %d, of at most %d bytes", maxWords, maxWord)
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		var one *string
		if err := json.Unmarshal(raw, &one); err != nil || one == nil {
			return nil, httpapi.BadValue(field, string(raw), limit)
		}
		list = []string{*one}
	}
	if len(list) == 0 || len(list) > maxWords || slices.ContainsFunc(list, func(s string) bool { return len(s) > maxWord || strings.Contains(s, mixed) }) {
		return nil, httpapi.BadValue(field, string(raw), limit)
	}
	return list, nil
}

// number accepts both 8 and "8".
func number(field string, raw json.RawMessage) (int64, error) {
	n, err := strconv.ParseUint(strings.Trim(string(raw), `"`), 10, 64)
	if err != nil || n > math.MaxInt64 {
		return 0, httpapi.BadValue(field, string(raw), "a whole number from 0 to 2^63-1")
	}
	return int64(n), nil
}

// unhex converts a machine id to the index's form. An invalid id matches
// nothing.
func unhex(id string) []byte {
	raw, err := hex.DecodeString(id)
	if err != nil {
		return []byte{}
	}
	return raw
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func anys(list []string) []any {
	args := make([]any, len(list))
	for i, s := range list {
		args[i] = s
	}
	return args
}
