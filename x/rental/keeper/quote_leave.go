package keeper

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/internal/halt"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// quoteLeave returns what leaving a rental as it is would bring, or why it can't
// be left.
func (s queryServer) quoteLeave(ctx context.Context, c halt.Clock, req *xrental.QueryQuoteRequest, r xrental.Rental) (*xrental.QueryQuoteResponse, error) {
	if _, err := leavable(r); err != nil {
		return nil, err
	}
	m, err := s.k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return nil, err
	}
	leave, err := leaveAt(r.Account(), r.End, r.ExitNoticeSeconds, c.Now, req.LeaveAt)
	if err != nil {
		return nil, err
	}
	return &xrental.QueryQuoteResponse{ListingVersion: m.ListingVersion, End: r.End, Slots: r.Slots, Leave: leave}, nil
}

// leaveAt returns what leaving an active rental at a time, nil for now, brings;
// nil if it can't be left. LeaveRental computes the same.
func leaveAt(account rental.Account, end time.Time, noticeSeconds uint64, now time.Time, at *time.Time) (*xrental.Leave, error) {
	when := now
	if at != nil {
		when = *at
	}
	if when.Before(now) {
		return nil, xrental.ErrInvalid.Wrapf("leave_at is %s, it must not be before now, %s", stamp(when), stamp(now))
	}
	if noticeSeconds == 0 {
		return nil, nil //nolint:nilnil // it can't be left, which is no error
	}
	kept, exit := account.Leave(end, when, time.Duration(noticeSeconds)*time.Second)
	return &xrental.Leave{NoticeSeconds: noticeSeconds, At: when, End: exit.End, Refund: exit.Refund, Rent: kept.Paid}, nil
}
