package keeper

import (
	"context"
	"encoding/binary"
	"iter"

	"cosmossdk.io/collections"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

const (
	// maxPage bounds a page of rentals.
	maxPage     = 500
	rentIDBytes = 8
)

// order is the direction of a list, and the rental from which it starts, inclusive.
type order struct {
	from        uint64
	newestFirst bool
}

// before reports whether a comes before b.
func (o order) before(a, b uint64) bool {
	if o.newestFirst {
		return a > b
	}
	return a < b
}

// ids is an ordered list of rentals.
type ids = iter.Seq2[uint64, error]

// under returns what is below a key of an index.
func under[P any](ctx context.Context, set collections.KeySet[collections.Pair[P, uint64]], prefix P, o order) ids {
	return func(yield func(uint64, error) bool) {
		within := collections.NewPrefixedPairRange[P, uint64](prefix)
		if o.newestFirst {
			within = within.EndInclusive(o.from).Descending()
		} else {
			within = within.StartInclusive(o.from)
		}
		var full bool
		err := set.Walk(ctx, within, func(key collections.Pair[P, uint64]) (bool, error) {
			full = !yield(key.K2(), nil)
			return full, nil
		})
		if err != nil {
			if !full {
				yield(0, err)
			}
		}
	}
}

// those returns some rentals, given in ascending order.
func those(all []uint64, o order) ids {
	return func(yield func(uint64, error) bool) {
		for i := range all {
			id := all[i]
			if o.newestFirst {
				id = all[len(all)-1-i]
			}
			if !o.before(id, o.from) && !yield(id, nil) {
				return
			}
		}
	}
}

// merged returns two lists in one order. No rental is in both.
func merged(a, b ids, o order) ids {
	return func(yield func(uint64, error) bool) {
		next, stop := iter.Pull2(b)
		defer stop()
		other, err, has := next()
		for id, failed := range a {
			if failed != nil {
				yield(id, failed)
				return
			}
			for ; has && (err != nil || o.before(other, id)); other, err, has = next() {
				if !yield(other, err) {
					return
				}
			}
			if !yield(id, nil) {
				return
			}
		}
		for ; has; other, err, has = next() {
			if !yield(other, err) {
				return
			}
		}
	}
}

// page returns a page of a list, newest first unless reverse is requested. Its
// key is the first rental of the next page, so that paging is stable although
// rentals end meanwhile.
func (s queryServer) page(ctx context.Context, asked *query.PageRequest, openOnly bool, list func(order) ids) ([]xrental.Rental, *query.PageResponse, error) {
	request, o, err := pageOf(asked)
	if err != nil {
		return nil, nil, err
	}
	c, err := s.k.clock(ctx)
	if err != nil {
		return nil, nil, err
	}
	var page []xrental.Rental
	reply := &query.PageResponse{}
	seen := uint64(0)
	for id, err := range list(o) {
		if err != nil {
			return nil, nil, err
		}
		r, err := s.k.rental(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if r, err = s.k.effective(ctx, r, c); err != nil {
			return nil, nil, err
		}
		if openOnly && !rental.State(r.State).Open() {
			continue
		}
		seen++
		switch {
		case seen <= request.Offset:
		case uint64(len(page)) < request.Limit:
			page = append(page, r)
		case reply.NextKey == nil:
			reply.NextKey = binary.BigEndian.AppendUint64(nil, id)
		}
		if reply.NextKey != nil && !request.CountTotal {
			break
		}
	}
	if request.CountTotal {
		reply.Total = seen
	}
	return page, reply, nil
}

// pageOf returns what a request asks of a list.
func pageOf(asked *query.PageRequest) (query.PageRequest, order, error) {
	var request query.PageRequest
	if asked != nil {
		request = *asked
	}
	if request.Limit == 0 {
		request.Limit = query.DefaultLimit
	}
	o := order{newestFirst: !request.Reverse}
	if o.newestFirst {
		o.from = 1<<64 - 1
	}
	switch {
	case request.Limit > maxPage:
		return query.PageRequest{}, order{}, status.Errorf(codes.InvalidArgument, "pagination.limit is %d, the most is %d", request.Limit, maxPage)
	case len(request.Key) == 0:
		return request, o, nil
	case len(request.Key) != rentIDBytes:
		return query.PageRequest{}, order{}, status.Errorf(codes.InvalidArgument, "pagination.key has %d bytes, it must be the next_key of a page before", len(request.Key))
	case request.Offset != 0:
		return query.PageRequest{}, order{}, status.Error(codes.InvalidArgument, "pagination has both key and offset, it may have one of them")
	}
	o.from = binary.BigEndian.Uint64(request.Key)
	request.CountTotal = false // the length of a list that is entered at a key is unknown
	return request, o, nil
}
