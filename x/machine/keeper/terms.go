package keeper

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"cosmossdk.io/collections"

	"github.com/dbc-network/dbc/x/machine"
)

// terms is the index of machines by everything that a query filters on: one set
// of (term, machine id) with an entry for each of a machine's terms.
type terms struct {
	set collections.KeySet[collections.Pair[string, string]]
}

var (
	_ collections.Index[string, machine.Machine]   = terms{}
	_ collections.Indexes[string, machine.Machine] = terms{}
)

func newTerms(sb *collections.SchemaBuilder) terms {
	return terms{collections.NewKeySet(sb, machine.TermsKey, "terms",
		collections.PairKeyCodec(collections.StringKey, collections.StringKey), collections.WithKeySetSecondaryIndex())}
}

func stateTerm(state machine.MachineState) string { return "state:" + strconv.Itoa(int(state)) }
func ownerTerm(address string) string             { return "owner:" + address }
func operatorTerm(address string) string          { return "operator:" + address }
func countryTerm(country string) string           { return "country:" + country }
func gpuTerm(gpuType string) string               { return "gpu:" + gpuType }

func termsOf(m machine.Machine) []string {
	list := []string{stateTerm(m.State), ownerTerm(m.Owner), operatorTerm(m.Operator)}
	if m.Facts.Country != "" {
		list = append(list, countryTerm(m.Facts.Country))
	}
	for _, gpuType := range m.Facts.GPUTypes() {
		list = append(list, gpuTerm(gpuType))
	}
	return list
}

// IndexesList makes terms the only index of the map of machines.
func (t terms) IndexesList() []collections.Index[string, machine.Machine] {
	return []collections.Index[string, machine.Machine]{t}
}

// Reference writes only the terms that changed.
func (t terms) Reference(ctx context.Context, id string, m machine.Machine, old func() (machine.Machine, error)) error {
	before, err := oldTerms(old)
	if err != nil {
		return err
	}
	after := termsOf(m)
	if err := t.remove(ctx, id, before, after); err != nil {
		return err
	}
	for _, term := range after {
		if slices.Contains(before, term) {
			continue
		}
		if err := t.set.Set(ctx, collections.Join(term, id)); err != nil {
			return err
		}
	}
	return nil
}

// Unreference removes a machine's terms.
func (t terms) Unreference(ctx context.Context, id string, old func() (machine.Machine, error)) error {
	before, err := oldTerms(old)
	if err != nil {
		return err
	}
	return t.remove(ctx, id, before, nil)
}

func (t terms) remove(ctx context.Context, id string, before, after []string) error {
	for _, term := range before {
		if slices.Contains(after, term) {
			continue
		}
		if err := t.set.Remove(ctx, collections.Join(term, id)); err != nil {
			return err
		}
	}
	return nil
}

func oldTerms(old func() (machine.Machine, error)) ([]string, error) {
	m, err := old()
	if errors.Is(err, collections.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return termsOf(m), nil
}
