package helper

import (
	"context"
	"errors"
	"time"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/vm"
)

var _ vm.Cards = (*Client)(nil)

// roots are the calls that only root may make, shown those that root may make too.
var (
	roots = map[string]bool{steps.Cards_Check_FullMethodName: true}
	shown = map[string]bool{steps.Cards_Slots_FullMethodName: true}
)

func (c Config) root() int {
	if c.Root != nil {
		return *c.Root
	}
	return 0
}

// cardSteps is Cards' service.
type cardSteps struct {
	steps.UnsafeCardsServer // a call that is not written does not compile
	s                       *Server
}

// Slots says what each slot is in.
func (c cardSteps) Slots(ctx context.Context, _ *steps.SlotsRequest) (*steps.SlotsReply, error) {
	l, err := c.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	slots, err := l.Slots(ctx)
	reply := &steps.SlotsReply{}
	for _, slot := range slots {
		reply.Slots = append(reply.Slots, saySlot(slot))
	}
	return reply, err
}

// Check resets a slot and looks at it again.
func (c cardSteps) Check(ctx context.Context, req *steps.CheckRequest) (*steps.Done, error) {
	return c.s.done(ctx, func(l *guests.Local) error { return l.CheckSlot(ctx, req.GetIndex()) })
}

func saySlot(slot vm.Slot) *steps.Slot {
	said := &steps.Slot{
		Index: slot.Index, State: string(slot.State), Holder: string(slot.Holder), Fault: slot.Fault, Params: slot.Params, Kernel: slot.Kernel,
	}
	if !slot.Since.IsZero() {
		said.Since = slot.Since.Unix()
	}
	return said
}

// Slots is vm.Cards.
func (c *Client) Slots(ctx context.Context) ([]vm.Slot, error) {
	reply, err := c.cards.Slots(ctx, &steps.SlotsRequest{})
	if err != nil {
		return nil, err
	}
	list := make([]vm.Slot, 0, len(reply.GetSlots()))
	for _, said := range reply.GetSlots() {
		slot := vm.Slot{
			Index: said.GetIndex(), State: vm.SlotState(said.GetState()), Holder: vm.UUID(said.GetHolder()),
			Fault: said.GetFault(), Params: said.GetParams(), Kernel: said.GetKernel(),
		}
		if said.GetSince() != 0 {
			slot.Since = time.Unix(said.GetSince(), 0).UTC()
		}
		list = append(list, slot)
	}
	return list, nil
}

// CheckSlot is vm.Cards, for root.
func (c *Client) CheckSlot(ctx context.Context, index uint32) error {
	_, err := c.cards.Check(ctx, &steps.CheckRequest{Index: index})
	return err
}

// saySlotError is what of a slot's refusal crosses the socket, nil for other errors.
func saySlotError(err error) *steps.SlotFault {
	var refused *vm.SlotError
	if !errors.As(err, &refused) {
		return nil
	}
	return &steps.SlotFault{Index: refused.Index, Code: refused.Code(), Params: refused.Params}
}

func hearSlotError(fault *steps.SlotFault) error {
	kind, known := vm.SlotErrors[fault.GetCode()]
	if !known {
		return nil
	}
	return &vm.SlotError{Kind: kind, Index: fault.GetIndex(), Params: fault.GetParams()}
}
