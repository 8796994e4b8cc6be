package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

// source is a package with all of its mutants, each behind a switch.
type source struct {
	pkg     *packages.Package
	folder  string
	mutants []Mutant
	// files maps the path of a file to its text with the mutants.
	files map[string]string
}

// finder looks for what can be changed in one file.
type finder struct {
	*source
	info     *types.Info
	imports  *imports
	src      string
	offset   func(token.Pos) int
	name     string
	function string
	counts   map[string]int
	// failing reports whether the current place is on an error path.
	failing bool
	sites   []site
}

// find creates all mutants of a package.
func find(pkg *packages.Package, folder string) (*source, error) {
	s := &source{pkg: pkg, folder: folder, files: make(map[string]string)}
	counts := make(map[string]int)
	for _, file := range pkg.Syntax {
		path := pkg.Fset.Position(file.Package).Filename
		if ast.IsGenerated(file) {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f := &finder{
			source: s, info: pkg.TypesInfo, imports: newImports(pkg.Types), src: string(text), counts: counts,
			offset: pkg.Fset.File(file.Package).Offset, name: filepath.Base(path),
		}
		for _, decl := range file.Decls {
			f.decl(decl)
		}
		if len(f.sites) == 0 {
			continue
		}
		end := f.offset(file.Name.End())
		out := rewrite(f.src, f.sites)
		s.files[path] = out[:end] + f.imports.code(out) + out[end:]
	}
	return s, nil
}

func (f *finder) decl(decl ast.Decl) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Body == nil {
			return
		}
		f.function = d.Name.Name
		if d.Recv != nil {
			f.function = receiver(d.Recv.List[0].Type) + "." + d.Name.Name
		}
		f.walk(d.Body, []ast.Node{d})
	case *ast.GenDecl:
		if d.Tok != token.VAR {
			return
		}
		for _, spec := range d.Specs {
			v := spec.(*ast.ValueSpec)
			f.function = v.Names[0].Name
			for _, value := range v.Values {
				f.walk(value, []ast.Node{v})
			}
		}
	}
}

func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return "?"
}

// walk visits a tree, outer nodes first, with the stack of enclosing nodes.
func (f *finder) walk(root ast.Node, around []ast.Node) {
	ast.PreorderStack(root, around, func(n ast.Node, stack []ast.Node) bool {
		parent := stack[len(stack)-1]
		if d, ok := n.(*ast.GenDecl); ok && d.Tok != token.VAR {
			return false
		}
		f.failing = f.onErrorPath(n, stack)
		if stmt, ok := n.(ast.Stmt); ok {
			f.statement(stmt, stack)
		}
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		if tv, ok := f.info.Types[e]; !ok || tv.IsType() {
			return !ok
		}
		if call, ok := e.(*ast.CallExpr); ok && f.onlyText(call) {
			return false
		}
		if f.constant(e, parent) {
			return false
		}
		f.element(e, parent)
		f.condition(e, stack)
		f.expression(e, stack)
		return true
	})
}

// text returns the source of a node.
func (f *finder) text(n ast.Node) string { return f.src[f.offset(n.Pos()):f.offset(n.End())] }

// add registers a mutant at a node. wrap is called with its number.
func (f *finder) add(n ast.Node, op Operator, text string, wrap func(id int, inner string) string) {
	m := Mutant{
		ID: len(f.mutants) + 1, Package: f.folder, File: f.name, Line: f.pkg.Fset.Position(n.Pos()).Line,
		Func: f.function, Operator: op, Text: shorten(text), Failing: f.failing,
	}
	key := m.Key()
	f.counts[key]++
	m.Nth = f.counts[key]
	f.mutants = append(f.mutants, m)
	f.sites = append(f.sites, site{
		start: f.offset(n.Pos()), end: f.offset(n.End()),
		wrap: func(inner string) string { return wrap(m.ID, inner) },
	})
}

// replace registers a mutant that replaces an expression by another one of the
// same type.
func (f *finder) replace(e ast.Expr, t types.Type, op Operator, other string) {
	name, ok := f.imports.text(t)
	if !ok {
		return
	}
	f.add(e, op, f.text(e)+" → "+other, func(id int, inner string) string {
		return fmt.Sprintf("func() %s { if mutantOn(%d) { return %s }; return %s }()", name, id, other, inner)
	})
}

// onErrorPath reports whether a place is reached only when a callee failed.
func (f *finder) onErrorPath(n ast.Node, stack []ast.Node) bool {
	child := n
	for i := len(stack) - 1; i >= 0; i-- {
		if s, ok := stack[i].(*ast.IfStmt); ok && child == s.Body && f.failed(s.Cond) {
			return true
		}
		child = stack[i]
	}
	return false
}

// failed reports whether a condition first checks for an error.
func (f *finder) failed(cond ast.Expr) bool {
	e, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok {
		return false
	}
	if e.Op == token.LAND || e.Op == token.LOR {
		return f.failed(e.X)
	}
	return e.Op == token.NEQ && f.isNil(e.Y) && types.Identical(f.info.TypeOf(e.X), types.Universe.Lookup("error").Type())
}

// onlyText reports whether a call only builds or logs a message, whose content
// no program depends on.
func (f *finder) onlyText(call *ast.CallExpr) bool {
	obj := f.callee(call)
	if obj == nil || obj.Pkg() == nil {
		return false
	}
	path, name := obj.Pkg().Path(), obj.Name()
	switch path {
	case "errors":
		return name == "New"
	case "fmt":
		return name == "Errorf"
	case "cosmossdk.io/errors":
		return strings.HasPrefix(name, "Wrap")
	case "google.golang.org/grpc/status":
		return true
	case "log/slog", "cosmossdk.io/log/v2", "cosmossdk.io/log":
		return true
	}
	return false
}

func (f *finder) callee(call *ast.CallExpr) types.Object {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return f.info.Uses[fun]
	case *ast.SelectorExpr:
		return f.info.Uses[fun.Sel]
	}
	return nil
}
