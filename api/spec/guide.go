package spec

import (
	"fmt"
	"strings"

	"github.com/dbc-network/dbc/api"
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

// The table of the chain's errors stands between these.
const (
	errorsBegin = "<!-- chain errors: generated, do not edit -->\n"
	errorsEnd   = "<!-- end of chain errors -->\n"
)

var errorHeadings = map[Language]string{
	English: "| error | retry | fault | params |\n|---|---|---|---|\n",
	Chinese: "| 错误 | retry | fault | params |\n|---|---|---|---|\n",
}

// Guide is page with its tables written anew from routes and the chain's errors.
func Guide(page string, lang Language, routes []api.Route) (string, error) {
	page, err := replaced(page, tableBegin, tableEnd, routeTable(lang, routes))
	if err != nil {
		return "", err
	}
	return replaced(page, errorsBegin, errorsEnd, errorTable(lang))
}

func replaced(page, begin, end, table string) (string, error) {
	before, rest, ok := strings.Cut(page, begin)
	_, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return "", fmt.Errorf("the page has no line %q followed by %q", begin, end)
	}
	return before + begin + table + end + after, nil
}

// errorTable has the errors of this project's modules, and of the SDK's those that say more
// than that the request is wrong.
func errorTable(lang Language) string {
	var table strings.Builder
	table.WriteString(errorHeadings[lang])
	for _, m := range api.ChainMeanings() {
		if (m.Codespace == "sdk" || m.Codespace == "bank") && m.Retry == api.RetryNever && len(m.Params) == 0 {
			continue
		}
		names := make([]string, len(m.Params))
		for i, name := range m.Params {
			names[i] = "`" + name + "`"
		}
		fmt.Fprintf(&table, "| `%s/%d` | %s | %s | %s |\n", m.Codespace, m.Number, m.Retry, m.Fault, strings.Join(names, " "))
	}
	return table.String()
}

func routeTable(lang Language, routes []api.Route) string {
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
	return table.String()
}
