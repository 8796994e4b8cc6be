package vm_test

import (
	"testing"

	"github.com/dbc-network/dbc/vm/vmtest"
)

func TestDriver(t *testing.T) {
	d, _ := startDaemon(t)
	openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	vmtest.Run(t, func(t *testing.T) vmtest.Bench {
		return vmtest.Bench{Driver: driver, Spec: specIn(folder(t)), Greeting: "guest", Limit: limit}
	})
}
