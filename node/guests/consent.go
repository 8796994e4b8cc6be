package guests

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
)

// The requests that a renter signs for what only he may have done. node/compute/api has
// the same paths, which a test holds against these.
const (
	PathCreate  = "/api/v1/tasks/start"
	PathPasswd  = "/api/v1/tasks/passwd/"
	PathConsole = "/api/v1/tasks/console/"
	PathVNC     = "/api/v1/tasks/vnc/"
)

const (
	// promptly is how old a request for something that is done at once may be: what
	// the node allows, and the life of a console's token.
	promptly = auth.MaxSkew + time.Minute
	// eventually is for a VM on kept disks, which a node that was restarted may
	// still have to make.
	eventually = time.Hour
)

// want is what a renter's request has to be.
type want struct {
	wallet string
	rentID uint64
	path   string
	scope  auth.Scope
	within time.Duration
}

// consent verifies that the wallet itself asked for it, by its own key or a session's.
func (l *Local) consent(p *auth.Proof, w want) (auth.Proved, error) {
	if p == nil {
		return auth.Proved{}, fmt.Errorf("%w: none was sent", ErrConsent)
	}
	proved, err := auth.VerifyProof(*p, l.binding.ChainID, l.binding.MachineID, l.now(), w.within)
	if err != nil {
		return proved, fmt.Errorf("%w: %w", ErrConsent, err)
	}
	switch {
	case proved.Wallet != w.wallet:
		return proved, fmt.Errorf("%w: %s signed, the disks are of %s", ErrConsent, proved.Wallet, w.wallet)
	case p.Method != http.MethodPost || p.Path() != w.path:
		return proved, fmt.Errorf("%w: it is for %s %.200q, want POST %s", ErrConsent, p.Method, p.Path(), w.path)
	case proved.Session != nil && !proved.Session.Scope.Covers(w.scope):
		return proved, fmt.Errorf("%w: its session is for %s, want %s", ErrConsent, proved.Session.Scope, w.scope)
	case proved.Session != nil && proved.Session.RentID != w.rentID:
		return proved, fmt.Errorf("%w: its session is for rental %d, want %d", ErrConsent, proved.Session.RentID, w.rentID)
	}
	return proved, nil
}

// once is consent for a call that the node never repeats.
func (l *Local) once(ctx context.Context, r record.Record, path string, scope auth.Scope) error {
	proved, err := l.consent(proofOf(ctx), want{
		wallet: r.Wallet, rentID: r.Holder.RentID, path: path + r.Holder.TaskID, scope: scope, within: promptly,
	})
	if err != nil {
		return err
	}
	if err := l.records.Use(proved.Wallet, proved.Signer, proved.Nonce, proved.Sent, l.now()); err != nil {
		return fmt.Errorf("%w: %w", ErrConsent, err)
	}
	return nil
}

// proofOf is the renter's request on whose behalf something is done, or nil.
func proofOf(ctx context.Context) *auth.Proof {
	if p, ok := auth.ProofFrom(ctx); ok {
		return &p
	}
	return nil
}

// signedPassword refuses another password or user than the renter's.
func signedPassword(p *auth.Proof, user, password string) error {
	if p == nil {
		return fmt.Errorf("%w: none was sent", ErrConsent)
	}
	var body struct {
		Additional struct {
			UserName string `json:"username"`
			Password string `json:"password"`
		} `json:"additional"`
	}
	if err := json.Unmarshal(p.Body, &body); err != nil {
		return fmt.Errorf("%w: its body can't be read", ErrConsent)
	}
	if body.Additional.UserName != user || body.Additional.Password != password {
		return fmt.Errorf("%w: it names another user or password", ErrConsent)
	}
	return nil
}

// takeOver makes another VM of the same renter the holder of r. Its request names a
// task that had the disks, and the only keys that its seed may have.
func (l *Local) takeOver(r *record.Record, claim Claim) error {
	proved, err := l.consent(claim.Proof, want{
		wallet: r.Wallet, rentID: claim.RentID, path: PathCreate, scope: auth.ScopeOperate, within: eventually,
	})
	if err != nil {
		return err
	}
	var body struct {
		Additional struct {
			TaskID  string   `json:"task_id"`
			Restore string   `json:"restore_task_id"`
			Keys    []string `json:"ssh_public_keys"`
		} `json:"additional"`
	}
	if err := json.Unmarshal(claim.Proof.Body, &body); err != nil {
		return fmt.Errorf("%w: its body can't be read", ErrConsent)
	}
	wish := body.Additional
	switch {
	case wish.Restore == "" || !r.HeldBy(wish.Restore):
		return fmt.Errorf("%w: it asks for the disks of %.60q, not for these", ErrConsent, wish.Restore)
	case wish.TaskID != "" && wish.TaskID != claim.TaskID:
		return fmt.Errorf("%w: it is for task %.60q", ErrConsent, wish.TaskID)
	case r.HeldBy(claim.TaskID):
		return fmt.Errorf("%w: task %s had these disks before", ErrConsent, claim.TaskID)
	}
	sum := sha256.Sum256([]byte(proved.Signer + " " + proved.Nonce))
	digest := hex.EncodeToString(sum[:])
	for task, used := range r.Proofs {
		if used == digest {
			return fmt.Errorf("%w: task %s was made by it", ErrConsent, task)
		}
	}
	if r.Proofs == nil {
		r.Proofs = map[string]string{}
	}
	r.Proofs[claim.TaskID] = digest
	r.Earlier = append(r.Earlier, r.Holder.TaskID)
	r.Holder = record.Holder{TaskID: claim.TaskID, RentID: claim.RentID, Signed: true, Keys: trimmed(wish.Keys)}
	return nil
}

// trimmed is what the API makes of the lines of .pub files.
func trimmed(lines []string) []string {
	list := slices.Clone(lines)
	for i, line := range list {
		list[i] = strings.TrimSpace(line)
	}
	return list
}

func (l *Local) now() time.Time {
	if l.rules.Now != nil {
		return l.rules.Now()
	}
	return time.Now()
}

// checkTask refuses what is no task's id.
func checkTask(id string) error {
	if err := taskdir.CheckFolder(id); err != nil {
		return refuse("task_id", fmt.Sprintf("%.60q", id), "20-22 letters and digits")
	}
	return nil
}
