package untrusted

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// Tag is on fields of replies that others wrote: `untrusted:"256"` is a bound in
// bytes for each string of the field, `untrusted:"65536,lines"` is for text of several
// lines. A list has each of its strings cleaned, a map each of its values.
const Tag = "untrusted"

// Bound is what a tag says.
type Bound struct {
	Bytes int
	Lines bool
}

// BoundOf returns the bound of a field; ok is false for one that has no tag. A tag
// that can't be read panics: the first reply of the type shows it.
func BoundOf(f reflect.StructField) (b Bound, ok bool) {
	text, ok := f.Tag.Lookup(Tag)
	if !ok {
		return b, false
	}
	number, lines := strings.CutSuffix(text, ",lines")
	n, err := strconv.Atoi(number)
	if err != nil || n <= 0 {
		panic(fmt.Sprintf("field %s: tag untrusted is %q", f.Name, text))
	}
	return Bound{Bytes: n, Lines: lines}, true
}

func (b Bound) clean(s string) string { return clean(s, b.Bytes, b.Lines) }

// Clean returns a reply whose untrusted fields are cleaned. v is not changed: what
// has to be is copied.
func Clean(v any) any {
	if v == nil || !touched(reflect.TypeOf(v)) {
		return v
	}
	return walk(reflect.ValueOf(v), nil).Interface()
}

// touch remembers which types have tags somewhere in them.
var touch sync.Map // reflect.Type → bool

func touched(t reflect.Type) bool {
	if known, ok := touch.Load(t); ok {
		return known.(bool)
	}
	yes := search(t, map[reflect.Type]bool{})
	touch.Store(t, yes)
	return yes
}

func search(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return search(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if _, ok := BoundOf(f); ok || f.IsExported() && search(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// walk copies v; bound is of the field that v is in, or nil.
func walk(v reflect.Value, bound *Bound) reflect.Value {
	if bound == nil && !touched(v.Type()) {
		return v
	}
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(bound.clean(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(walk(v.Elem(), bound))
		}
	case reflect.Slice:
		if !v.IsNil() && v.Type().Elem().Kind() != reflect.Uint8 {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(walk(v.Index(i), bound))
			}
			return out
		}
		out.Set(v)
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
			for each := v.MapRange(); each.Next(); {
				out.SetMapIndex(each.Key(), walk(each.Value(), bound))
			}
		}
	case reflect.Struct:
		out.Set(v)
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			var own *Bound
			if b, ok := BoundOf(f); ok {
				own = &b
			}
			out.Field(i).Set(walk(v.Field(i), own))
		}
	default:
		out.Set(v)
	}
	return out
}
