package guests

import (
	"context"
	"slices"

	"github.com/dbc-network/dbc/vm"
)

// maxChanges bounds the changes that wait for a reader.
const maxChanges = 1024

// Watch tells changes, as vm.Driver does. One that does not read costs no more than one
// that does: a driver's own queue has no end.
func (l *Local) Watch(ctx context.Context) (<-chan vm.UUID, error) {
	changes, err := l.parts.Driver.Watch(ctx)
	if err != nil {
		return nil, err
	}
	out := make(chan vm.UUID)
	go relay(changes, out)
	return out, nil
}

// relay passes changes on, each VM's once however often it changed meanwhile. Where too
// many wait they become "", which says that something was missed. It ends with the
// driver's.
func relay(changes <-chan vm.UUID, out chan<- vm.UUID) {
	defer close(out)
	var waiting []vm.UUID
	for {
		var to chan<- vm.UUID
		var next vm.UUID
		if len(waiting) > 0 {
			to, next = out, waiting[0]
		}
		select {
		case id, more := <-changes:
			switch {
			case !more:
				return
			case slices.Contains(waiting, id):
			case len(waiting) == maxChanges:
				waiting = []vm.UUID{""}
			default:
				waiting = append(waiting, id)
			}
		case to <- next:
			waiting = waiting[1:]
		}
	}
}
