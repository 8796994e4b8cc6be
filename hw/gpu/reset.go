package gpu

import "github.com/dbc-network/dbc/hw/pci"

// Ways to bring a function back to a clean state.
const (
	// resetFLR is the function's own.
	resetFLR = "flr"
	// resetBus is a hot reset by the port above, which affects everything below it.
	resetBus = "bus"
	// resetNone: only a reset of the whole computer would do.
	resetNone = "none"
)

// resetOf returns how a function can be reset. A bus reset in the kernel's list
// means nothing: the kernel lists it for the first of several functions, where
// it fails, and for none of the others. A hot reset works for all functions
// below a port once VFIO holds all of them.
func resetOf(f pci.Function) string {
	if f.Offers("flr") || f.Offers("af_flr") {
		return resetFLR
	}
	if _, ok := f.Port(); ok {
		return resetBus
	}
	return resetNone
}

// judgeReset adds the reasons why a function of a set cannot be reset, or not
// without affecting a device outside the set.
func (b *board) judgeReset(s *set) {
	for _, c := range s.cards {
		if b.integrated(c) {
			continue
		}
		switch resetOf(c.gpu) {
		case resetNone:
			c.why.add(CodeNoReset, nil)
			s.why.add(CodeNoReset, nil)
		case resetBus:
			port, _ := c.gpu.Port()
			for _, f := range b.tree.Below(port) {
				if !f.Bridge() && !has(s.functions, f.Address) && f.PF == nil {
					s.foreign.add(CodeResetHits, Params{"address": f.Address.String()})
				}
			}
		}
	}
}
