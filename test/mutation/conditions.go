package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// condition makes a boolean expression always true or always false.
func (f *finder) condition(e ast.Expr, stack []ast.Node) {
	if !plainBool(f.info.TypeOf(e)) {
		return
	}
	always, never := f.turns(e, stack)
	if always {
		f.add(e, Always, f.text(e), func(id int, inner string) string {
			return fmt.Sprintf("(%s || mutantOn(%d))", inner, id)
		})
	}
	if never {
		f.failing = f.failing || f.failed(e)
		f.add(e, Never, f.text(e), func(id int, inner string) string {
			return fmt.Sprintf("((%s) && !mutantOn(%d))", inner, id)
		})
	}
}

func plainBool(t types.Type) bool {
	return t == types.Typ[types.Bool] || t == types.Typ[types.UntypedBool]
}

// turns reports which constants may replace a boolean expression. If one
// operand of && is false, so is the whole, so an operand is replaced only by
// the value that leaves the decision to the other.
func (f *finder) turns(e ast.Expr, stack []ast.Node) (always, never bool) {
	if _, ok := e.(*ast.ParenExpr); ok {
		return false, false
	}
	i := len(stack) - 1
	var child ast.Node = e
	for ; i >= 0; i-- {
		p, ok := stack[i].(*ast.ParenExpr)
		if !ok {
			break
		}
		child = p
	}
	switch p := stack[i].(type) {
	case *ast.BinaryExpr:
		return p.Op == token.LAND, p.Op == token.LOR
	case *ast.IfStmt:
		return true, true
	case *ast.ForStmt:
		return false, true // one that is always true ends by a timeout at best
	case *ast.CaseClause, *ast.ReturnStmt, *ast.CompositeLit:
		return true, true
	case *ast.KeyValueExpr:
		return p.Value == child, p.Value == child
	case *ast.ValueSpec:
		return len(p.Values) == len(p.Names), len(p.Values) == len(p.Names)
	case *ast.CallExpr:
		return p.Fun != child, p.Fun != child
	case *ast.AssignStmt:
		if len(p.Rhs) != len(p.Lhs) {
			return false, false
		}
		for _, value := range p.Rhs {
			if value == child {
				return true, true
			}
		}
	}
	return false, false
}
