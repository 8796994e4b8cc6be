//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/vm"
)

// checkResets is whether cards come back from resets; it is made only on request.
const checkResets doctor.Check = "reset_test"

// resetTimes is how often each card is reset: some come back only once.
const resetTimes = 2

// tested has the slots' states and a way to check one; the node's helper provides them.
type tested interface {
	Slots(ctx context.Context) ([]vm.Slot, error)
	CheckSlot(ctx context.Context, index uint32) error
}

var _ tested = (*helper.Client)(nil)

func resetTest(ctx context.Context, s *settings, home string) (list []doctor.Finding, err error) {
	err = askHelper(s, home, func(c *helper.Client) (err error) {
		list, err = testResets(ctx, c)
		return err
	})
	return list, err
}

// testResets resets the cards that nobody has. The result of each is its slot's
// state, which the helper stores.
func testResets(ctx context.Context, cards tested) ([]doctor.Finding, error) {
	slots, err := cards.Slots(ctx)
	if err != nil {
		return nil, err
	}
	var list []doctor.Finding
	for _, slot := range slots {
		f := doctor.Finding{Check: checkResets, Level: doctor.Pass, Device: "slot " + strconv.FormatUint(uint64(slot.Index), 10), Read: map[string]string{"state": string(slot.State)}}
		switch slot.State {
		case vm.SlotReady:
			if err := testReset(ctx, cards, slot.Index, &f); err != nil {
				return nil, err
			}
		case vm.SlotQuarantined:
			f.Level, f.Read["fault"] = doctor.Fail, slot.Fault
			addParams(f.Read, slot.Params)
		}
		list = append(list, f)
	}
	if len(list) == 0 {
		list = []doctor.Finding{{Check: checkResets, Level: doctor.Pass, Read: map[string]string{"slots": "0"}}}
	}
	return list, nil
}

func testReset(ctx context.Context, cards tested, index uint32, f *doctor.Finding) error {
	for n := range resetTimes {
		limited, cancel := context.WithTimeout(ctx, checkLimit)
		err := cards.CheckSlot(limited, index)
		cancel()
		refused := (*vm.SlotError)(nil)
		switch {
		case err == nil:
			f.Read["resets"] = strconv.Itoa(n + 1)
		case errors.Is(err, vm.ErrSlotQuarantined) && errors.As(err, &refused):
			f.Level, f.Read["state"] = doctor.Fail, string(vm.SlotQuarantined)
			addParams(f.Read, refused.Params)
			return nil
		case errors.Is(err, vm.ErrSlotHeld):
			f.Read["state"] = string(vm.SlotInUse) // a renter took it first
			return nil
		default:
			return fmt.Errorf("test the reset of slot %d: %w", index, err)
		}
	}
	return nil
}

// addParams leaves out another renter's VM.
func addParams(to, params map[string]string) {
	for name, value := range params {
		if name != "holder" {
			to[name] = value
		}
	}
}
