package chainproxy

import (
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
)

// readable are the permitted queries of the SDK's REST API.
var readable = []string{
	"/cosmos/auth/v1beta1/", "/cosmos/authz/v1beta1/", "/cosmos/bank/v1beta1/", "/cosmos/base/node/v1beta1/",
	"/cosmos/base/tendermint/v1beta1/", "/cosmos/distribution/v1beta1/", "/cosmos/feegrant/v1beta1/", "/cosmos/gov/v1/", "/cosmos/mint/v1beta1/", "/cosmos/slashing/v1beta1/",
	"/cosmos/staking/v1beta1/", "/cosmos/tx/v1beta1/", "/dbc/machine/v1/", "/dbc/rental/v1/",
}

// writable are the two calls that carry a signed transaction.
var writable = []string{"/cosmos/tx/v1beta1/txs", "/cosmos/tx/v1beta1/simulate"}

// REST proxies the SDK's REST API below PathREST.
func REST(to *url.URL, places *budget.Places, log *slog.Logger) http.Handler {
	return newProxy(to, places, checkREST, log)
}

func checkREST(r *http.Request, body []byte) (asked, error) {
	wanted := strings.TrimPrefix(r.URL.Path, PathREST)
	// Refuse a path that another parser could read differently.
	if wanted != path.Clean(wanted) || strings.ContainsAny(wanted, "\\%;\x00") {
		return asked{}, refuse("path", wanted, "a clean path without escapes")
	}
	switch r.Method {
	case http.MethodGet:
		if !slices.ContainsFunc(readable, func(prefix string) bool { return strings.HasPrefix(wanted, prefix) }) {
			return asked{}, refuse("path", wanted, "below one of "+strings.Join(readable, ", "))
		}
		return asked{path: wanted, query: r.URL.Query()}, nil
	case http.MethodPost:
		if !slices.Contains(writable, wanted) {
			return asked{}, refuse("path", wanted, "one of "+strings.Join(writable, ", "))
		}
		return asked{path: wanted, body: body}, nil
	}
	return asked{}, httpapi.Method(r, http.MethodGet)
}
