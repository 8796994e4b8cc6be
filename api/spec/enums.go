package spec

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/api/untrusted"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/x/machine"
)

// enums are the values of properties that programs decide by, by schema and
// property. A later version can add some: a program takes an unknown one for
// "something else".
var enums = map[string][]string{
	"api.Reply.code":  codes(),
	"api.Reply.retry": words(api.RetryNever, api.RetryLater, api.RetryAt),
	"api.Reply.fault": words(api.FaultCaller, api.FaultMachine, api.FaultNode, api.FaultChain),
	"api.HealthReason.code": words(api.HealthCode(api.ProblemStalled), api.HealthCode(api.ProblemUnreachable), api.HealthCode(api.ProblemOther), api.HealthCode(api.ProblemFell),
		api.HealthDoubt, api.HealthJournal, api.HealthReconcile, api.HealthDisk, api.HealthReadOnly, api.HealthHelper, api.HealthCheck, api.HealthUnknown),
	"api.TaskSummary.status":       words(lifecycle.States()...),
	"api.Task.status":              words(lifecycle.States()...),
	"api.Create.bios_mode":         words(api.BiosLegacy, api.BiosUEFI, api.BiosSecureBoot),
	"api.Task.bios_mode":           words(api.BiosLegacy, api.BiosUEFI, api.BiosSecureBoot),
	"api.Disk.status":              words("ok", lifecycle.DiskAdding, lifecycle.DiskResizing, lifecycle.DiskDeleting),
	"api.RentOrder.rent_status":    {"waitingVerifying", "renting", "rentExpired"},
	"api.Root.features":            words(slices.Compact(slices.Sorted(slices.Values(slices.Concat(api.MachineFeatures, api.ClientFeatures))))...),
	"notice.Reason.code":           words(slices.Sorted(maps.Keys(notice.Reasons))...),
	"notice.Notice.code":           words(slices.Sorted(maps.Keys(notice.Notices))...),
	"api.Machine.state":            {"bonded", "online", "offline", "retired"},
	"api.Machine.keep_disk_policy": {machine.KEEP_DISK_POLICY_FIRM.Word(), machine.KEEP_DISK_POLICY_EVICT.Word()},
	"api.Slot.kind":                {machine.SLOT_KIND_GPU.Word(), machine.SLOT_KIND_TEST.Word(), machine.SLOT_KIND_NONE.Word()},
}

// texts are the properties that a host, a guest or another renter wrote, by schema and
// property, with their bounds. The node that sends them cleans them.
func texts(t reflect.Type, into map[string]untrusted.Bound, seen map[reflect.Type]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return
	}
	seen[t] = true
	own(t, nameOf(t), into)
	for i := range t.NumField() {
		texts(t.Field(i).Type, into, seen)
	}
}

// own are those of a schema, with what is embedded in it.
func own(t reflect.Type, schema string, into map[string]untrusted.Bound) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			own(f.Type, schema, into)
		} else if bound, ok := untrusted.BoundOf(f); ok {
			into[schema+"."+name] = bound
		}
	}
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
func mark(name string, def *jsonschema.Schema, bounds map[string]untrusted.Bound) (used []string) {
	if def.Properties == nil {
		return nil
	}
	for pair := def.Properties.Oldest(); pair != nil; pair = pair.Next() {
		key := name + "." + pair.Key
		if values := enums[key]; values != nil {
			of := pair.Value
			if of.Items != nil {
				of = of.Items
			}
			of.Enum = nil
			for _, value := range values {
				of.Enum = append(of.Enum, value)
			}
			used = append(used, key)
		}
		if bound, ok := bounds[key]; ok {
			if pair.Value.Extras == nil {
				pair.Value.Extras = object{}
			}
			pair.Value.Extras["x-untrusted"] = true
			limit(pair.Value, uint64(bound.Bytes))
		}
	}
	return used
}

// limit says how long a text, each text of a list or each value of a map is at most.
func limit(property *jsonschema.Schema, most uint64) {
	switch {
	case property.Type == "string":
		property.MaxLength = &most
	case property.Items != nil:
		property.Items.MaxLength = &most
	}
}

// unused are the marks of no property, sorted.
func unused(used map[string]bool) (list []string) {
	for key := range enums {
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
// codes are those of compute nodes and client nodes.
func codes() (list []string) {
	for _, m := range api.Meanings() {
		list = append(list, string(m.Code))
	}
	slices.Sort(list)
	return list
}
