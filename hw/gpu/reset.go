package gpu

import "github.com/dbc-network/dbc/hw/pci"

// Ways to bring a function back to a clean state.
const (
	// resetFLR is the function's own.
	resetFLR = "flr"
	// resetBus is a hot reset by the port above, which hits all that is below it.
	resetBus = "bus"
	// resetNone: there is none that would not need the whole computer.
	resetNone = "none"
)

// resetOf returns how a function can be reset. That the kernel lists a bus reset
// says nothing: it lists it for the first of several functions, where it fails,
// and for none of the others. A hot reset works for all functions below a port
// once VFIO holds all of them.
func resetOf(f pci.Function) string {
	if f.Offers("flr") || f.Offers("af_flr") {
		return resetFLR
	}
	if _, ok := f.Port(); ok {
		return resetBus
	}
	return resetNone
}

// judgeReset asks whether each function of a set can be reset, and without a
// device that is not of the set.
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
