package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
)

// maxTeam bounds a team's file in bytes.
const maxTeam = 64 << 10

// TeamGrant is a grant that the members of a multisig wallet sign one after the
// other, each on their own computer. It contains no secret. Its file is the
// additional field of /api/v1/sessions/create.
type TeamGrant struct {
	Grant auth.Grant
	Team  auth.Multisig
}

// Signed returns the members that have signed, in the order of their
// signatures.
func (t TeamGrant) Signed() ([]string, error) {
	members, err := t.Team.Members()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTeam, err)
	}
	signed := make([]string, 0, len(t.Team.Signs))
	for _, sign := range t.Team.Signs {
		member, err := auth.VerifySign(t.Grant.Text(), sign)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: a signature in it is of other words: %w", ErrTeam, err)
		case !slices.Contains(members, member):
			return nil, fmt.Errorf("%w: %s signed it and is no member", ErrTeam, member)
		case slices.Contains(signed, member):
			return nil, fmt.Errorf("%w: %s signed it twice; a member counts once", ErrTeam, member)
		}
		signed = append(signed, member)
	}
	return signed, nil
}

// SignedBy reports whether a member has signed. An address that is not a member
// is an error.
func (t TeamGrant) SignedBy(address string) (bool, error) {
	signed, err := t.Signed()
	if err != nil {
		return false, err
	}
	members, err := t.Team.Members()
	if err != nil {
		return false, err
	}
	if !slices.Contains(members, address) {
		return false, fmt.Errorf("%w: %s is no member; they are %v", ErrTeam, address, members)
	}
	return slices.Contains(signed, address), nil
}

// Sign adds a member's signature unless it is already there.
func (t TeamGrant) Sign(ctx context.Context, member auth.Signer) (TeamGrant, error) {
	if done, err := t.SignedBy(member.Address()); done || err != nil {
		return t, err
	}
	sign, err := auth.SignGrant(ctx, member, t.Grant)
	if err != nil {
		return t, err
	}
	t.Team.Signs = append(slices.Clone(t.Team.Signs), sign)
	return t, nil
}

// Join merges the signatures that others made of the same grant, one per
// member.
func (t TeamGrant) Join(other TeamGrant) (TeamGrant, error) {
	if t.Grant != other.Grant || t.Team.Threshold != other.Team.Threshold || !slices.Equal(t.Team.PublicKeys, other.Team.PublicKeys) {
		return t, fmt.Errorf("%w: the files are of different sessions: %s and %s", ErrTeam, t.Grant.ID(), other.Grant.ID())
	}
	have, err := t.Signed()
	if err != nil {
		return t, err
	}
	more, err := other.Signed()
	if err != nil {
		return t, err
	}
	t.Team.Signs = slices.Clone(t.Team.Signs)
	for i, member := range more {
		if !slices.Contains(have, member) {
			t.Team.Signs = append(t.Team.Signs, other.Team.Signs[i])
		}
	}
	return t, nil
}

// MarshalJSON encodes the additional field of the request.
func (t TeamGrant) MarshalJSON() ([]byte, error) {
	return json.Marshal(api.CreateSession{Grant: t.Grant.Text(), Multisig: t.multisig()})
}

// UnmarshalJSON decodes what MarshalJSON encodes. It refuses an incomplete
// grant or team.
func (t *TeamGrant) UnmarshalJSON(text []byte) error {
	var wish api.CreateSession
	if err := json.Unmarshal(text, &wish); err != nil {
		return err
	}
	if wish.Multisig == nil {
		return errors.New("it names no team")
	}
	grant, err := auth.ParseGrant(wish.Grant)
	if err != nil {
		return err
	}
	threshold, err := strconv.Atoi(string(wish.Multisig.Threshold))
	if err != nil {
		return errors.New("its threshold is no number")
	}
	t.Grant = grant
	t.Team = auth.Multisig{Threshold: threshold, PublicKeys: wish.Multisig.PublicKeys, Signs: wish.Multisig.Signs}
	_, err = t.Team.Members()
	return err
}

func (t TeamGrant) multisig() *api.Multisig {
	return &api.Multisig{
		Threshold: api.Text(strconv.Itoa(t.Team.Threshold)), PublicKeys: t.Team.PublicKeys, Signs: append([]string{}, t.Team.Signs...),
	}
}

// ReadTeamGrant reads a file that Write wrote.
func ReadTeamGrant(path string) (t TeamGrant, err error) {
	f, err := os.Open(path)
	if err != nil {
		return t, fmt.Errorf("read the team's session: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxTeam+1))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return t, fmt.Errorf("read the team's session: %w", err)
	}
	if len(text) > maxTeam {
		return t, fmt.Errorf("read the team's session %s: %w: more than %d bytes", path, ErrTeam, maxTeam)
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return t, fmt.Errorf("read the team's session %s: %w: no file of dbc session create --team", path, ErrTeam)
	}
	return t, nil
}

// Write creates the file, or replaces it atomically.
func (t TeamGrant) Write(path string) error {
	text, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the team's session: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".team-*")
	if err != nil {
		return fmt.Errorf("write the team's session: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // no longer there after the rename
	_, err = io.Copy(f, bytes.NewReader(append(text, '\n')))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the team's session: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write the team's session: %w", err)
	}
	return nil
}
