package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// statement removes a statement, or changes what it counts or returns.
func (f *finder) statement(stmt ast.Stmt, stack []ast.Node) {
	switch stack[len(stack)-1].(type) {
	case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
	default:
		return // part of another statement
	}
	switch s := stmt.(type) {
	case *ast.ReturnStmt:
		f.returns(s, stack)
		return
	case *ast.AssignStmt:
		f.assignment(s)
	case *ast.IncDecStmt:
		f.instead(s, Arithmetic, f.text(s.X)+map[token.Token]string{token.INC: "--", token.DEC: "++"}[s.Tok])
	}
	if f.removable(stmt) {
		f.add(stmt, Delete, f.text(stmt), func(id int, inner string) string {
			return fmt.Sprintf("if !mutantOn(%d) { %s }", id, inner)
		})
	}
}

// removable reports whether the program still compiles, and may behave
// differently, without a statement.
func (f *finder) removable(stmt ast.Stmt) bool {
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		return ok && !f.onlyText(call)
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE && !f.blank(s)
	case *ast.IfStmt: // the others are conditions that are never true
		return s.Else == nil && s.Init != nil && hasCall(s.Init)
	case *ast.ForStmt:
		return s.Cond != nil
	case *ast.BranchStmt:
		return s.Label == nil && s.Tok != token.FALLTHROUGH
	case *ast.RangeStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt:
		return true
	}
	return false
}

func (f *finder) blank(s *ast.AssignStmt) bool {
	for _, left := range s.Lhs {
		if name, ok := left.(*ast.Ident); !ok || name.Name != "_" {
			return false
		}
	}
	return true
}

func hasCall(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if _, ok := n.(*ast.CallExpr); ok {
			found = true
		}
		return !found
	})
	return found
}

func (f *finder) assignment(s *ast.AssignStmt) {
	op, ok := arithmetic[s.Tok+(token.ADD-token.ADD_ASSIGN)]
	if !ok || s.Tok == token.ASSIGN || s.Tok == token.DEFINE {
		return
	}
	if basic, ok := f.info.TypeOf(s.Lhs[0]).Underlying().(*types.Basic); !ok || basic.Info()&types.IsNumeric == 0 {
		return
	}
	f.instead(s, Arithmetic, f.text(s.Lhs[0])+" "+op+"= "+f.text(s.Rhs[0]))
}

// instead registers a mutant that replaces a statement.
func (f *finder) instead(stmt ast.Stmt, op Operator, other string) {
	f.add(stmt, op, f.text(stmt)+" → "+other, func(id int, inner string) string {
		return fmt.Sprintf("if mutantOn(%d) { %s } else { %s }", id, other, inner)
	})
}

// returns leaves results at their zero values, one at a time.
func (f *finder) returns(s *ast.ReturnStmt, stack []ast.Node) {
	results := f.results(stack)
	if results == nil || len(s.Results) == 0 {
		return
	}
	texts := make([]string, len(s.Results))
	for i, e := range s.Results {
		texts[i] = f.text(e)
	}
	if len(s.Results) == 1 && results.Len() > 1 {
		f.zeroes(s, results)
		return
	}
	for i, e := range s.Results {
		t := results.At(i).Type()
		name, ok := f.imports.text(t)
		if !ok || plainBool(t) || f.zero(e) {
			continue
		}
		changed := append([]string(nil), texts...)
		changed[i] = "mutant"
		list := strings.Join(changed, ", ")
		reached, failing := "", f.failing
		if id, ok := e.(*ast.Ident); ok && types.Identical(f.info.TypeOf(e), types.Universe.Lookup("error").Type()) {
			f.failing, reached = true, id.Name+" != nil && " // no other place is changed
		}
		f.add(s, Return, fmt.Sprintf("%s, result %d", f.text(s), i+1), func(id int, inner string) string {
			return fmt.Sprintf("if %smutantOn(%d) { var mutant %s; return %s }; %s", reached, id, name, list, inner)
		})
		f.failing = failing
	}
}

// zeroes returns only zero values in place of a call's results.
func (f *finder) zeroes(s *ast.ReturnStmt, results *types.Tuple) {
	var vars, names []string
	for i := range results.Len() {
		name, ok := f.imports.text(results.At(i).Type())
		if !ok {
			return
		}
		names = append(names, fmt.Sprintf("mutant%c", 'A'+i))
		vars = append(vars, fmt.Sprintf("var mutant%c %s", 'A'+i, name))
	}
	f.add(s, Return, f.text(s), func(id int, inner string) string {
		return fmt.Sprintf("if mutantOn(%d) { %s; return %s }; %s", id, strings.Join(vars, "; "), strings.Join(names, ", "), inner)
	})
}

// zero reports whether an expression is the zero value already, or a constant,
// which has its own mutant.
func (f *finder) zero(e ast.Expr) bool {
	if lit, ok := e.(*ast.CompositeLit); ok && len(lit.Elts) == 0 {
		return true
	}
	tv := f.info.Types[e]
	return tv.IsNil() || tv.Value != nil
}

// results returns the results of the innermost function around a place.
func (f *finder) results(stack []ast.Node) *types.Tuple {
	for i := len(stack) - 1; i >= 0; i-- {
		switch n := stack[i].(type) {
		case *ast.FuncLit:
			return f.info.TypeOf(n).(*types.Signature).Results()
		case *ast.FuncDecl:
			return f.info.Defs[n.Name].Type().(*types.Signature).Results()
		}
	}
	return nil
}
