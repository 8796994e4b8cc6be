package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// MaxWait bounds how long a node waits for a change on behalf of a request.
const MaxWait = 20 * time.Second

// Wait is additional of a route whose reply has a revision; the query says the same with
// ?revision= and &wait=.
type Wait struct {
	// Revision is that of an earlier reply. While nothing differs from it, the node waits
	// before it answers.
	Revision string `json:"revision,omitempty"`
	// Wait is for how many seconds at most, up to MaxWait; 0 where absent.
	Wait Text `json:"wait,omitempty"`
}

// Revision returns a text that differs where what parts are in JSON differs. It says
// nothing of which is newer.
func Revision(parts ...any) string {
	hash := sha256.New()
	encoder := json.NewEncoder(hash)
	for _, part := range parts {
		if err := encoder.Encode(part); err != nil { // parts are replies of this package
			panic(err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}
