package keeper

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"

	"cosmossdk.io/collections"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	defaultPage = 100
	maxPage     = 500
	// maxScan bounds the machines that one query reads; a rare combination of
	// filters yields a short page and a next key.
	maxScan   = 1000
	maxFilter = 128
	freeBytes = 4
	// maxKey is the longest page key: free slots, a machine id and a GPU type.
	maxKey = freeBytes + 64 + 1 + maxFilter
)

// Machines walks the index that fits the filters best and checks the other filters on each
// machine. A page may be short, or empty, and still have a next key.
func (s queryServer) Machines(ctx context.Context, req *machine.QueryMachinesRequest) (*machine.QueryMachinesResponse, error) {
	page, err := newPage(req)
	if err != nil {
		return nil, err
	}
	asked := *req
	asked.Owner, asked.Operator = account.Canonical(req.Owner), account.Canonical(req.Operator)
	if err := s.k.walk(ctx, &asked, page); err != nil {
		return nil, err
	}
	return &machine.QueryMachinesResponse{Listings: page.listings, Pagination: &query.PageResponse{NextKey: page.next}}, nil
}

// walk visits candidates in the order of the chosen index, starting at the page's key.
func (k *Keeper) walk(ctx context.Context, req *machine.QueryMachinesRequest, p *page) error {
	switch {
	case req.Owner != "":
		return k.walkTerm(ctx, ownerTerm(req.Owner), req, p)
	case req.Operator != "":
		return k.walkTerm(ctx, operatorTerm(req.Operator), req, p)
	case req.State == machine.MACHINE_STATE_ONLINE && req.FreeSlotsMin > 0 && req.GpuType != "":
		return k.walkOffers(ctx, req, p)
	case req.State == machine.MACHINE_STATE_ONLINE && req.FreeSlotsMin > 0:
		return k.walkAllOffers(ctx, req, p)
	case req.GpuType != "":
		return k.walkTerm(ctx, gpuTerm(req.GpuType), req, p)
	case req.Country != "":
		return k.walkTerm(ctx, countryTerm(req.Country), req, p)
	case req.State != machine.MACHINE_STATE_UNSPECIFIED:
		return k.walkTerm(ctx, stateTerm(req.State), req, p)
	}
	return k.Bonds.Walk(ctx, new(collections.Range[string]).StartInclusive(string(p.key)),
		func(id string, _ machine.Machine) (bool, error) {
			return p.visit([]byte(id), func() (machine.Listing, bool, error) { return k.match(ctx, req, id) })
		})
}

func (k *Keeper) walkTerm(ctx context.Context, term string, req *machine.QueryMachinesRequest, p *page) error {
	from := new(collections.Range[collections.Pair[string, string]]).StartInclusive(collections.Join(term, string(p.key)))
	return k.Bonds.Indexes.set.Walk(ctx, from, func(entry collections.Pair[string, string]) (bool, error) {
		if entry.K1() != term {
			return true, nil
		}
		return p.visit([]byte(entry.K2()), func() (machine.Listing, bool, error) { return k.match(ctx, req, entry.K2()) })
	})
}

// walkOffers visits the offers of the requested GPU type.
func (k *Keeper) walkOffers(ctx context.Context, req *machine.QueryMachinesRequest, p *page) error {
	free, id, _ := offerPlace(p.key)
	from := new(collections.Range[offer]).StartInclusive(collections.Join3(req.GpuType, max(free, req.FreeSlotsMin), id))
	return k.Offers.Walk(ctx, from, func(entry offer) (bool, error) {
		if entry.K1() != req.GpuType {
			return true, nil
		}
		return p.visit(offerKey(entry.K2(), entry.K3()), func() (machine.Listing, bool, error) { return k.match(ctx, req, entry.K3()) })
	})
}

// walkAllOffers visits the offers of each GPU type in turn.
func (k *Keeper) walkAllOffers(ctx context.Context, req *machine.QueryMachinesRequest, p *page) error {
	free, id, gpuType := offerPlace(p.key)
	for {
		from := new(collections.Range[offer]).StartInclusive(collections.Join3(gpuType, max(free, req.FreeSlotsMin), id))
		next := gpuType
		if err := k.Offers.Walk(ctx, from, func(entry offer) (bool, error) {
			if entry.K1() != gpuType {
				next = entry.K1()
				return true, nil
			}
			key := append(offerKey(entry.K2(), entry.K3()), typeMark+gpuType...)
			return p.visit(key, func() (machine.Listing, bool, error) { return k.match(ctx, req, entry.K3()) })
		}); err != nil {
			return err
		}
		if next == gpuType {
			return nil // no more types, or the page is full
		}
		gpuType, free, id = next, req.FreeSlotsMin, ""
		// The step to another type counts like a machine: hosts choose how many types
		// there are.
		if p.full(append(offerKey(free, id), typeMark+gpuType...)) {
			return nil
		}
	}
}

// typeMark separates a page key's machine id from the GPU type; no id contains it.
const typeMark = "/"

// offerKey is an offer's place among those of its GPU type.
func offerKey(free uint32, id string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, free), id...)
}

// offerPlace parses a page key; the GPU type is empty where the walk is of one type.
func offerPlace(key []byte) (free uint32, id, gpuType string) {
	if len(key) < freeBytes {
		return 0, "", ""
	}
	id, gpuType, _ = strings.Cut(string(key[freeBytes:]), typeMark)
	return binary.BigEndian.Uint32(key), id, gpuType
}

// match loads a candidate and checks every filter, because an index may be ahead of
// what is effective now; only the owner is always the one of the walk.
func (k *Keeper) match(ctx context.Context, req *machine.QueryMachinesRequest, id string) (machine.Listing, bool, error) {
	m, err := k.GetMachine(ctx, id)
	if err != nil {
		return machine.Listing{}, false, err
	}
	if req.State != machine.MACHINE_STATE_UNSPECIFIED && m.State != req.State ||
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
	if len(asked.Key) > maxKey || slices.Contains(asked.Key[min(freeBytes, len(asked.Key)):], 0) {
		return nil, status.Error(codes.InvalidArgument, "pagination.key: must be the next_key of a page with the same filters")
	}
	if asked.Limit > 0 {
		p.limit = int(asked.Limit)
	}
	p.key = asked.Key
	return p, nil
}

// visit adds a candidate; it returns true at the first one beyond the page, whose key is
// the next.
func (p *page) visit(key []byte, load func() (machine.Listing, bool, error)) (stop bool, err error) {
	if p.full(key) {
		return true, nil
	}
	listing, ok, err := load()
	if ok {
		p.listings = append(p.listings, listing)
	}
	return err != nil, err
}

// full reports whether the next page begins with a key; if not, it counts one more step.
func (p *page) full(key []byte) bool {
	if len(p.listings) >= p.limit || p.scanned >= maxScan {
		p.next = key
		return true
	}
	p.scanned++
	return false
}
