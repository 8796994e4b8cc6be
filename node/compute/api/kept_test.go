package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	nodeapi "github.com/dbc-network/dbc/node/compute/api"
)

// TestKeptRequestsAreShort: a request that is kept, for as long as its token or its
// VM, is short: nobody fills a machine's memory or journal by what he pads it with.
func TestKeptRequestsAreShort(t *testing.T) {
	t.Parallel()
	pad := strings.Repeat(" ", nodeapi.MaxKept)
	for name, c := range map[string]struct{ path, additional string }{
		"a console":  {api.PathTaskConsole + sampleID, `{` + pad + `}`},
		"a screen":   {api.PathTaskVNC + sampleID, `{` + pad + `}`},
		"a port":     {api.PathTaskForward + sampleID, `{"port":"22"` + pad + `}`},
		"kept disks": {api.PathTaskStart, `{"ssh_port":"5200","image_name":"ubuntu.qcow2","cpu_cores":"2","mem_size":"2","restore_task_id":"` + sampleID + `"` + pad + `}`},
	} {
		b := newBench(t)
		if status, reply := b.ask(alice, c.path, c.additional, nil); status != http.StatusBadRequest || reply.Code != "BAD_REQUEST" || reply.Field != "body" {
			t.Errorf("%s: %d %s %s %s", name, status, reply.Code, reply.Field, reply.Message)
		}
	}
}
