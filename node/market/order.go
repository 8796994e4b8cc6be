package market

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/node/envelope"
)

// order is a column and a direction; ties go by id in the same direction.
type order struct {
	name       string
	descending bool
	numeric    bool
}

func parseOrder(s string) (order, error) {
	if s == "" {
		s = "price_per_day"
	}
	name, descending := strings.CutPrefix(s, "-")
	o := order{name: name, descending: descending, numeric: slices.Contains(numbers, name)}
	if !o.numeric && !slices.Contains(orders, name) {
		return order{}, envelope.BadValue("order", s, "one of "+strings.Join(append(slices.Clone(numbers), orders...), ", ")+
			", with a minus for the greatest first")
	}
	return o, nil
}

func (o order) String() string {
	if o.descending {
		return "-" + o.name
	}
	return o.name
}

// indexes are of the orders that have one.
var indexes = map[string]string{
	"price_per_day": "by_price", "vram_mib": "by_vram", "gpu_count": "by_gpus", "free_slots": "by_free",
}

// dense: where so many times a page fit, a walk in the order meets a page of
// them soon. Where fewer do, it could pass all machines before, one by one, and
// what the filters find is sorted instead.
const dense = 4

// from is the tables that a page is read from: those of its filters and its
// order, which is walked if that finds a page soon.
func (o order) from(walk bool) string {
	if slices.Contains(listed, o.name) {
		return "machines JOIN listings ON machine = id"
	}
	if index, has := indexes[o.name]; has && walk {
		return "machines INDEXED BY " + index
	}
	return "machines"
}

// by is the ORDER BY; its column is of the whitelist.
func (o order) by() string {
	return fmt.Sprintf(" ORDER BY %s%s, id%s", column(o.name), o.way(), o.way())
}

func (o order) way() string {
	if o.descending {
		return " DESC"
	}
	return ""
}

// after is the condition for machines behind a cursor.
func (o order) after(c cursor) (string, []any) {
	compare := ">"
	if o.descending {
		compare = "<"
	}
	var value any = c.Word
	if o.numeric {
		value = c.Number
	}
	return fmt.Sprintf("(%s, id) %s (?, ?)", column(o.name), compare), []any{value, c.ID}
}

// cursor is the last machine of a page: its place in the order.
type cursor struct {
	Order  string `json:"o"`
	Number int64  `json:"n,omitempty"`
	Word   string `json:"w,omitempty"`
	ID     string `json:"i"`
}

// maxCursor bounds the text of a cursor in bytes.
const maxCursor = 1024

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil { // strings and numbers only: can't be
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseCursor(s string, o order) (cursor, error) {
	bad := envelope.BadValue("cursor", s, "next of a page with the same filters and order")
	if len(s) > maxCursor {
		return cursor{}, bad
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return cursor{}, bad
	}
	var c cursor
	if err := json.Unmarshal(text, &c); err != nil || c.Order != o.String() || c.ID == "" || c.Number < 0 {
		return cursor{}, bad
	}
	return c, nil
}
