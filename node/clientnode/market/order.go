package market

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/node/httpapi"
)

// order is a column and a direction. Ties are ordered by id in the same
// direction.
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
		return order{}, httpapi.BadValue("order", s, "one of "+strings.Join(append(slices.Clone(numbers), orders...), ", ")+
			", with a leading minus for descending")
	}
	return o, nil
}

func (o order) String() string {
	if o.descending {
		return "-" + o.name
	}
	return o.name
}

// key returns the column that decides between machines of equal rank.
func (o order) key() string {
	if slices.Contains(listed, o.name) {
		return "machine"
	}
	return "id"
}

// from returns the tables that a page is read from: those of its filters and
// its order. If walk is set, they are read in that order until the page is
// full.
func (o order) from(walk bool) string {
	switch wide := slices.Contains(listed, o.name); {
	case wide && walk:
		return "listings INDEXED BY " + indexOf(o.name) + " CROSS JOIN machines ON id = machine"
	case wide:
		return "machines JOIN listings ON machine = id"
	case walk:
		return "machines INDEXED BY " + indexOf(o.name)
	}
	return "machines"
}

// by returns the ORDER BY clause. Its column is from the whitelist.
func (o order) by() string {
	return fmt.Sprintf(" ORDER BY %s%s, %s%s", column(o.name), o.way(), o.key(), o.way())
}

func (o order) way() string {
	if o.descending {
		return " DESC"
	}
	return ""
}

// after returns the condition for machines after a cursor.
func (o order) after(c cursor) (string, []any) {
	compare := ">"
	if o.descending {
		compare = "<"
	}
	var value any = c.Word
	if o.numeric {
		value = c.Number
	}
	id := unhex(c.ID)
	if o.name == "machine_id" {
		value = id
	}
	return fmt.Sprintf("(%s, %s) %s (?, ?)", column(o.name), o.key(), compare), []any{value, id}
}

// cursor is the last machine of a page: its position in the order.
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
	if err != nil { // cannot happen: strings and numbers only
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseCursor(s string, o order) (cursor, error) {
	bad := httpapi.BadValue("cursor", s, "next of a page with the same filters and order")
	if len(s) > maxCursor {
		return cursor{}, bad
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return cursor{}, bad
	}
	var c cursor
	if err := json.Unmarshal(text, &c); err != nil || c.Order != o.String() || len(unhex(c.ID)) == 0 || c.Number < 0 {
		return cursor{}, bad
	}
	return c, nil
}
