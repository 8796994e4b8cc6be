package spec

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"

	"github.com/invopop/jsonschema"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/notice"
	"github.com/dbc-network/dbc/x/machine"
)

// codes are all error codes of compute nodes and client nodes; a test reads
// their sources.
var codes = []string{
	"AUTH_MALFORMED", "AUTH_MISSING", "AUTH_SIGNATURE", "BAD_METHOD", "BAD_REQUEST", "BAD_TOKEN", "BAD_VALUE", "BUSY",
	"CHAIN_IN_DOUBT", "CHAIN_REFUSED", "CHAIN_ROUTE_REFUSED", "CHAIN_UNREACHABLE", "CLOCK_SKEW", "DISK_FULL", "FAUCET_LIMIT",
	"FETCH_REFUSED", "GATEWAY", "HOST_REFUSED", "IMAGE_NOT_FOUND", "INDEX_INCOMPLETE", "INTERNAL", "NOT_FOUND", "NOT_SUPPORTED",
	"NO_AGENT", "NO_MACHINE", "NO_RENTAL", "NO_SESSION", "OPEN_ELSEWHERE", "ORIGIN_REFUSED", "PORT_TAKEN", "RENT_ORDER_NOT_FOUND",
	"REPLAYED", "SESSION_NOT_FOUND", "SESSION_SCOPE", "SHARE_EXCEEDED", "STILL_CLEARING", "TASK_EXISTS", "TASK_NOT_FOUND",
	"TICKET_ELSEWHERE", "TICKET_EXPIRED", "TICKET_MACHINE", "TICKET_OLD", "TICKET_RIGHTS", "TIMEOUT", "TOO_MANY_OPEN",
	"TOO_MANY_REQUESTS", "TOO_MANY_SESSIONS", "UNREACHABLE", "UPGRADE_WANTED", "VMS_AWAY", "WRONG_MACHINE", "WRONG_STATE",
}

// enums are the values of properties that programs decide by, by schema and
// property. A later version can add some: a program takes an unknown one for
// "something else".
var enums = map[string][]string{
	"api.Reply.code":                   codes,
	"api.TaskSummary.status":           words(lifecycle.States()...),
	"api.Task.status":                  words(lifecycle.States()...),
	"api.Disk.status":                  words("ok", lifecycle.DiskAdding, lifecycle.DiskResizing, lifecycle.DiskDeleting),
	"api.GrantedSession.scope":         {"read", "operate", "full"},
	"chainproxy.RentOrder.rent_status": {"waitingVerifying", "renting", "rentExpired"},
	"notice.Reason.code":               words(slices.Sorted(maps.Keys(notice.Reasons))...),
	"notice.Notice.code":               words(slices.Sorted(maps.Keys(notice.Notices))...),
	"market.Machine.state":             {"bonded", "online", "offline", "retired"},
	"market.Machine.keep_disk_policy":  {machine.KEEP_DISK_POLICY_FIRM.Word(), machine.KEEP_DISK_POLICY_EVICT.Word()},
	"market.Slot.kind":                 {machine.SLOT_KIND_GPU.Word(), machine.SLOT_KIND_TEST.Word(), machine.SLOT_KIND_NONE.Word()},
}

// untrusted are the properties that a host, a guest or another renter wrote.
// They are bounded, and have no controls where this project shows them; a
// program that shows them elsewhere has to see to it itself.
var untrusted = []string{
	"api.Task.desc", "api.TaskSummary.desc", "api.Task.image_name", "api.Log.logs", "api.Image.image_name",
	"api.Details.name", "api.Details.version", "api.Details.os", "api.CPU.type", "api.GPU.gpu_type",
	"api.Root.version", "api.Root.doubt", "api.Reply.message", "api.Reply.value", "notice.Reason.params", "notice.Notice.params",
	"market.Machine.cpu_model", "market.Machine.city", "market.Machine.operators", "market.Machine.country", "market.Slot.gpu_type",
	"market.GPUCount.gpu_type",
}

func words[S ~string](list ...S) []string {
	plain := make([]string, len(list))
	for i, s := range list {
		plain[i] = string(s)
	}
	return plain
}

// nameOf is the schema's name of a type. Types of several packages may be called alike.
func nameOf(t reflect.Type) string {
	if t.PkgPath() == "" {
		return t.Name()
	}
	return path.Base(t.PkgPath()) + "." + t.Name()
}

// mark adds what a type can't say: the values of enums, and whose text it is.
// It returns the marks that it used.
func mark(name string, def *jsonschema.Schema) (used []string) {
	if def.Properties == nil {
		return nil
	}
	for pair := def.Properties.Oldest(); pair != nil; pair = pair.Next() {
		key := name + "." + pair.Key
		if values := enums[key]; values != nil {
			pair.Value.Enum = nil
			for _, value := range values {
				pair.Value.Enum = append(pair.Value.Enum, value)
			}
			used = append(used, key)
		}
		if slices.Contains(untrusted, key) {
			if pair.Value.Extras == nil {
				pair.Value.Extras = object{}
			}
			pair.Value.Extras["x-untrusted"] = true
			used = append(used, key)
		}
	}
	return used
}

// unused are the marks of no property, sorted.
func unused(used map[string]bool) (list []string) {
	for _, key := range slices.Concat(slices.Collect(maps.Keys(enums)), untrusted) {
		if !used[key] {
			list = append(list, key)
		}
	}
	slices.SortFunc(list, cmp.Compare)
	return list
}

func errUnused(list []string) error {
	return fmt.Errorf("no property of the API is called %v", list)
}

// Codes returns all error codes, sorted.
func Codes() []string { return slices.Sorted(slices.Values(codes)) }
