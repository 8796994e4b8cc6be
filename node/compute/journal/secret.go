package journal

import "github.com/dbc-network/dbc/api"

// Secret prints as dots.
type Secret = api.Secret
