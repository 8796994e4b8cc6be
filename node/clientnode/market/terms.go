package market

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/x/machine"
)

// term is a filter by an enum of the facts. Its column has the number, so that
// numbers of a later version are found like those that this version knows.
type term struct {
	parse func(text string) (int32, bool)
	limit string
}

var terms = map[string]term{
	"kind":             {func(s string) (int32, bool) { v, ok := machine.ParseSlotKind(s); return int32(v), ok }, "gpu, test or none"},
	"keep_disk_policy": {func(s string) (int32, bool) { v, ok := machine.ParseKeepDiskPolicy(s); return int32(v), ok }, "firm or evict"},
	"delivery":         {func(s string) (int32, bool) { v, ok := machine.ParseDelivery(s); return int32(v), ok }, "vm, or a number from 1 to 65535"},
	"features":         {func(s string) (int32, bool) { v, ok := machine.ParseFeature(s); return int32(v), ok }, "uefi, or a number from 1 to 65535"},
}

// addTerm adds a filter by an enum. A machine must have all the named features,
// but only one of several values of other enums.
func (c *condition) addTerm(name string, raw json.RawMessage) error {
	values, err := terms[name].values("filters."+name, raw)
	if err != nil {
		return err
	}
	if name != "features" {
		c.all.and(name+" IN ("+marks(len(values))+")", values...)
		return nil
	}
	for _, feature := range values {
		c.all.and("instr(features, ?) > 0", fmt.Sprintf(",%d,", feature))
	}
	return nil
}

// values parses one word or number, or a list of them.
func (e term) values(field string, raw json.RawMessage) ([]any, error) {
	limit := fmt.Sprintf("%s, or a list of 1 to %d", e.limit, maxWords)
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	if len(list) == 0 || len(list) > maxWords {
		return nil, httpapi.BadValue(field, string(raw), limit)
	}
	values := make([]any, len(list))
	for i, one := range list {
		text := string(one)
		if len(one) > 0 && one[0] == '"' {
			if err := json.Unmarshal(one, &text); err != nil {
				return nil, httpapi.BadValue(field, string(one), limit)
			}
		}
		n, ok := e.parse(text)
		if !ok {
			return nil, httpapi.BadValue(field, text, limit)
		}
		values[i] = n
	}
	return values, nil
}

// featureColumn encodes a list so that it can be searched for ",7,".
func featureColumn(features []machine.Feature) string {
	if len(features) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte(',')
	for _, feature := range features {
		b.WriteString(strconv.Itoa(int(feature)))
		b.WriteByte(',')
	}
	return b.String()
}
