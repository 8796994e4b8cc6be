package main

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// imports are the packages that the new code of one file names. They get unique
// names, because a variable may hide the file's name of a package.
type imports struct {
	self  *types.Package
	names map[string]string
}

func newImports(self *types.Package) *imports {
	return &imports{self: self, names: make(map[string]string)}
}

// text returns a type as it can be written in the file, or reports that it
// cannot.
func (im *imports) text(t types.Type) (string, bool) {
	if t == nil || !im.writable(t, make(map[types.Type]bool)) {
		return "", false
	}
	return types.TypeString(types.Default(t), func(p *types.Package) string {
		if p == im.self {
			return ""
		}
		name, ok := im.names[p.Path()]
		if !ok {
			name = fmt.Sprintf("mutant%d", len(im.names))
			im.names[p.Path()] = name
		}
		return name
	}), true
}

func (im *imports) writable(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return true
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Basic:
		return t.Kind() != types.UntypedNil && t.Kind() != types.Invalid && t.Kind() != types.UnsafePointer
	case *types.Named:
		return im.nameable(t.Obj()) && im.all(t.TypeArgs(), seen)
	case *types.Alias:
		return im.nameable(t.Obj()) && im.all(t.TypeArgs(), seen)
	case *types.TypeParam:
		return true
	case *types.Pointer:
		return im.writable(t.Elem(), seen)
	case *types.Slice:
		return im.writable(t.Elem(), seen)
	case *types.Array:
		return im.writable(t.Elem(), seen)
	case *types.Map:
		return im.writable(t.Key(), seen) && im.writable(t.Elem(), seen)
	case *types.Signature:
		return im.tuple(t.Params(), seen) && im.tuple(t.Results(), seen)
	default:
		return false
	}
}

func (im *imports) all(list *types.TypeList, seen map[types.Type]bool) bool {
	for t := range list.Types() {
		if !im.writable(t, seen) {
			return false
		}
	}
	return true
}

func (im *imports) tuple(list *types.Tuple, seen map[types.Type]bool) bool {
	for v := range list.Variables() {
		if !im.writable(v.Type(), seen) {
			return false
		}
	}
	return true
}

func (im *imports) nameable(obj *types.TypeName) bool {
	p := obj.Pkg()
	return p == nil || p == im.self || obj.Exported() && !strings.Contains(p.Path()+"/", "/internal/")
}

// code returns the import declarations for what the new text uses, on the line
// of the package clause.
func (im *imports) code(text string) string {
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(im.names)) {
		name := im.names[path]
		if !strings.Contains(text, name+".") {
			continue // used only by a mutant that was discarded
		}
		fmt.Fprintf(&b, "; import %s %q", name, path)
	}
	return b.String()
}
