package spec

import (
	"fmt"
	"strings"

	"github.com/dbc-network/dbc/node/api"
)

// Language of a guide's table.
type Language int

// The languages of the guides.
const (
	English Language = iota
	Chinese
)

// The table of a guide stands between these lines.
const (
	tableBegin = "<!-- routes: generated, do not edit -->\n"
	tableEnd   = "<!-- end of routes -->\n"
)

var headings = map[Language]string{
	English: "| request | authority | additional | what it does |\n|---|---|---|---|\n",
	Chinese: "| 请求 | 授权 | additional | 作用 |\n|---|---|---|---|\n",
}

var authorities = map[Language]map[api.Authority]string{
	English: {api.Everyone: "none", api.AnyRenter: "ticket, session or exact", api.ExactRenter: "exact", api.Granted: "grant", api.TokenHolder: "token"},
	Chinese: {api.Everyone: "无", api.AnyRenter: "票据、会话或精确签名", api.ExactRenter: "精确签名", api.Granted: "授权文本", api.TokenHolder: "令牌"},
}

// Guide is page with its table written anew from routes.
func Guide(page string, lang Language, routes []api.Route) (string, error) {
	before, rest, ok := strings.Cut(page, tableBegin)
	_, after, ended := strings.Cut(rest, tableEnd)
	if !ok || !ended {
		return "", fmt.Errorf("the page has no line %q followed by %q", tableBegin, tableEnd)
	}
	var table strings.Builder
	table.WriteString(headings[lang])
	for _, r := range routes {
		summary := r.Summary
		if lang == Chinese {
			summary = r.SummaryZH
		}
		fields := make([]string, 0, 16)
		takes := r.Additional
		if r.Body != nil {
			takes = r.Body
		}
		for _, f := range Fields(takes) {
			fields = append(fields, "`"+f+"`")
		}
		fmt.Fprintf(&table, "| `%s %s` | %s | %s | %s |\n",
			r.Method, Path(r), authorities[lang][r.Authority], strings.Join(fields, " "), summary)
	}
	return before + tableBegin + table.String() + tableEnd + after, nil
}
