package machine

import (
	"strconv"
	"strings"
)

// The prefixes of enums' names in the protos.
const (
	kindPrefix     = "SLOT_KIND_"
	policyPrefix   = "KEEP_DISK_POLICY_"
	featurePrefix  = "FEATURE_"
	deliveryPrefix = "DELIVERY_"
)

// Word returns the kind as programs exchange it: "gpu", "test" or "none".
func (k SlotKind) Word() string { return word(k.String(), kindPrefix) }

// Word returns the policy as programs exchange it: "firm" or "evict".
func (p KeepDiskPolicy) Word() string { return word(p.String(), policyPrefix) }

// Word returns the feature as programs exchange it, such as "uefi"; for a
// number that this version does not know, its digits.
func (f Feature) Word() string { return word(f.String(), featurePrefix) }

// Word returns the delivery as programs exchange it, such as "vm"; for a number
// that this version does not know, its digits.
func (d Delivery) Word() string { return word(d.String(), deliveryPrefix) }

// ParseSlotKind parses a kind's word or its name in the protos, in any case.
func ParseSlotKind(text string) (SlotKind, bool) {
	n, ok := known(text, kindPrefix, SlotKind_value)
	return SlotKind(n), ok
}

// ParseKeepDiskPolicy parses a policy's word or its name in the protos, in any case.
func ParseKeepDiskPolicy(text string) (KeepDiskPolicy, bool) {
	n, ok := known(text, policyPrefix, KeepDiskPolicy_value)
	return KeepDiskPolicy(n), ok
}

// ParseFeature parses a feature's word, its name in the protos, in any case, or
// a number, known or unknown.
func ParseFeature(text string) (Feature, bool) {
	n, ok := open(text, featurePrefix, Feature_value)
	return Feature(n), ok
}

// ParseDelivery parses a delivery's word, its name in the protos, in any case,
// or a number, known or unknown.
func ParseDelivery(text string) (Delivery, bool) {
	n, ok := open(text, deliveryPrefix, Delivery_value)
	return Delivery(n), ok
}

func word(name, prefix string) string {
	return strings.ToLower(strings.TrimPrefix(name, prefix))
}

// known parses a name of an enum; 0, which is unspecified, has none.
func known(text, prefix string, names map[string]int32) (int32, bool) {
	name := strings.ToUpper(text)
	if !strings.HasPrefix(name, prefix) {
		name = prefix + name
	}
	n := names[name]
	return n, n != 0
}

func open(text, prefix string, names map[string]int32) (int32, bool) {
	if n, err := strconv.ParseUint(text, 10, 16); err == nil {
		return int32(n), n != 0
	}
	return known(text, prefix, names)
}
