package keeper

import (
	"context"
	"encoding/binary"
	"slices"

	"cosmossdk.io/collections"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/machine"
)

const (
	defaultPage = 100
	maxPage     = 500
	// maxScan bounds the machines that one query looks at; a rare combination
	// of filters gives a short page and a next key.
	maxScan   = 1000
	maxFilter = 128
	freeBytes = 4
)

// Machines walks the index that fits the filters best and checks the others on
// each machine. A page may be short, or empty, and still have a next key.
func (s queryServer) Machines(ctx context.Context, req *machine.QueryMachinesRequest) (*machine.QueryMachinesResponse, error) {
	page, err := newPage(req)
	if err != nil {
		return nil, err
	}
	if err := s.k.walk(ctx, req, page.key, func(key []byte, id string) (bool, error) {
		return page.visit(key, func() (machine.Listing, bool, error) { return s.k.match(ctx, req, id) })
	}); err != nil {
		return nil, err
	}
	return &machine.QueryMachinesResponse{Listings: page.listings, Pagination: &query.PageResponse{NextKey: page.next}}, nil
}

// walk visits candidates in the order of the chosen index, from a page key on.
func (k *Keeper) walk(ctx context.Context, req *machine.QueryMachinesRequest, key []byte, visit func(key []byte, id string) (bool, error)) error {
	switch {
	case req.Owner != "":
		return k.walkTerm(ctx, ownerTerm(req.Owner), key, visit)
	case req.Operator != "":
		return k.walkTerm(ctx, operatorTerm(req.Operator), key, visit)
	case req.State == machine.MACHINE_STATE_ONLINE && req.FreeSlotsMin > 0:
		return k.walkOffers(ctx, req.GpuType, req.FreeSlotsMin, key, visit)
	case req.GpuType != "":
		return k.walkTerm(ctx, gpuTerm(req.GpuType), key, visit)
	case req.Country != "":
		return k.walkTerm(ctx, countryTerm(req.Country), key, visit)
	case req.State != machine.MACHINE_STATE_UNSPECIFIED:
		return k.walkTerm(ctx, stateTerm(req.State), key, visit)
	}
	return k.Bonds.Walk(ctx, new(collections.Range[string]).StartInclusive(string(key)),
		func(id string, _ machine.Machine) (bool, error) { return visit([]byte(id), id) })
}

func (k *Keeper) walkTerm(ctx context.Context, term string, key []byte, visit func([]byte, string) (bool, error)) error {
	from := new(collections.Range[collections.Pair[string, string]]).StartInclusive(collections.Join(term, string(key)))
	return k.Bonds.Indexes.set.Walk(ctx, from, func(entry collections.Pair[string, string]) (bool, error) {
		if entry.K1() != term {
			return true, nil
		}
		return visit([]byte(entry.K2()), entry.K2())
	})
}

func (k *Keeper) walkOffers(ctx context.Context, gpuType string, free uint32, key []byte, visit func([]byte, string) (bool, error)) error {
	id := ""
	if len(key) > freeBytes {
		free, id = max(free, binary.BigEndian.Uint32(key)), string(key[freeBytes:])
	}
	from := new(collections.Range[offer]).StartInclusive(collections.Join3(gpuType, free, id))
	return k.Offers.Walk(ctx, from, func(entry offer) (bool, error) {
		if entry.K1() != gpuType {
			return true, nil
		}
		return visit(append(binary.BigEndian.AppendUint32(nil, entry.K2()), entry.K3()...), entry.K3())
	})
}

// match loads a candidate and checks every filter; an index may be ahead of
// what is effective now.
func (k *Keeper) match(ctx context.Context, req *machine.QueryMachinesRequest, id string) (machine.Listing, bool, error) {
	m, err := k.GetMachine(ctx, id)
	if err != nil {
		return machine.Listing{}, false, err
	}
	if req.State != machine.MACHINE_STATE_UNSPECIFIED && m.State != req.State ||
		req.Owner != "" && m.Owner != req.Owner ||
		req.Operator != "" && m.Operator != req.Operator ||
		req.Country != "" && m.Facts.Country != req.Country ||
		req.GpuType != "" && !slices.Contains(m.Facts.GPUTypes(), req.GpuType) {
		return machine.Listing{}, false, nil
	}
	free, err := k.freeSlots(ctx, m)
	if err != nil || uint32(len(free)) < req.FreeSlotsMin {
		return machine.Listing{}, false, err
	}
	return machine.Listing{Machine: m, FreeSlots: free}, true, nil
}

// page collects listings up to its limits.
type page struct {
	key      []byte
	limit    int
	scanned  int
	listings []machine.Listing
	next     []byte
}

func newPage(req *machine.QueryMachinesRequest) (*page, error) {
	for _, filter := range []struct{ field, value string }{
		{"gpu_type", req.GpuType}, {"owner", req.Owner}, {"operator", req.Operator}, {"country", req.Country},
	} {
		if len(filter.value) > maxFilter || slices.Contains([]byte(filter.value), 0) {
			return nil, status.Errorf(codes.InvalidArgument, "%s: must be at most %d bytes, none of them zero", filter.field, maxFilter)
		}
	}
	p := &page{limit: defaultPage}
	asked := req.Pagination
	if asked == nil {
		return p, nil
	}
	if asked.Offset != 0 || asked.CountTotal || asked.Reverse {
		return nil, status.Error(codes.InvalidArgument, "pagination: offset, count_total and reverse would read everything; page by key and limit")
	}
	if asked.Limit > maxPage {
		return nil, status.Errorf(codes.InvalidArgument, "pagination.limit %d: must be at most %d; page by key", asked.Limit, maxPage)
	}
	if len(asked.Key) > maxFilter || slices.Contains(asked.Key[min(freeBytes, len(asked.Key)):], 0) {
		return nil, status.Error(codes.InvalidArgument, "pagination.key: must be the next_key of a page with the same filters")
	}
	if asked.Limit > 0 {
		p.limit = int(asked.Limit)
	}
	p.key = asked.Key
	return p, nil
}

// visit takes a candidate; it says stop at the first one beyond the page, whose key is the next.
func (p *page) visit(key []byte, load func() (machine.Listing, bool, error)) (stop bool, err error) {
	if len(p.listings) >= p.limit || p.scanned >= maxScan {
		p.next = key
		return true, nil
	}
	p.scanned++
	listing, ok, err := load()
	if ok {
		p.listings = append(p.listings, listing)
	}
	return err != nil, err
}
