package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

var (
	boundaries = map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}
	arithmetic = map[token.Token]string{
		token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*", token.REM: "*",
		token.AND: "|", token.OR: "&", token.XOR: "&", token.SHL: ">>", token.SHR: "<<", token.AND_NOT: "&",
	}
	methods = map[string]string{
		"Add": "Sub", "Sub": "Add", "AddRaw": "SubRaw", "SubRaw": "AddRaw", "Mul": "Quo", "Quo": "Mul",
		"MulRaw": "QuoRaw", "QuoRaw": "MulRaw", "First": "Last", "Last": "First",
	}
	boundaryMethods = map[string]struct {
		name string
		not  bool
	}{
		"Before": {"After", true}, "After": {"Before", true}, "IsPositive": {"IsNegative", true}, "IsNegative": {"IsPositive", true},
		"LT": {"LTE", false}, "LTE": {"LT", false}, "GT": {"GTE", false}, "GTE": {"GT", false},
	}
)

func (f *finder) expression(e ast.Expr, stack []ast.Node) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		f.binary(e)
	case *ast.CallExpr:
		f.arguments(e)
		switch stack[len(stack)-1].(type) {
		case *ast.DeferStmt, *ast.GoStmt: // a function literal around the call would evaluate its arguments later
		default:
			f.call(e)
		}
	}
}

func (f *finder) binary(e *ast.BinaryExpr) {
	if op, ok := boundaries[e.Op]; ok {
		f.replace(e, types.Typ[types.Bool], Boundary, f.text(e.X)+" "+op+" "+f.text(e.Y))
	}
	op, ok := arithmetic[e.Op]
	if !ok {
		return
	}
	t := f.info.TypeOf(e)
	if basic, ok := t.Underlying().(*types.Basic); !ok || basic.Info()&types.IsNumeric != 0 {
		f.replace(e, t, Arithmetic, f.text(e.X)+" "+op+" "+f.text(e.Y))
	}
	f.replace(e, t, Operand, f.text(e.X))
	if e.Op == token.ADD || e.Op == token.MUL {
		f.replace(e, t, Operand, f.text(e.Y))
	}
}

// call keeps one argument of a call, or calls its counterpart.
func (f *finder) call(call *ast.CallExpr) {
	t := f.info.TypeOf(call)
	if f.info.Types[call].IsVoid() || f.info.Types[call.Fun].IsType() || call.Ellipsis.IsValid() {
		return
	}
	if b, ok := f.callee(call).(*types.Builtin); ok {
		counterpart := map[string]string{"min": "max", "max": "min"}[b.Name()]
		if counterpart == "" {
			return
		}
		f.replace(call, t, Arithmetic, counterpart+f.src[f.offset(call.Lparen):f.offset(call.End())])
	}
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		if s := f.info.Selections[sel]; s != nil && s.Kind() == types.MethodVal {
			f.method(call, sel, s)
		}
	}
	for _, arg := range call.Args {
		if types.Identical(f.info.TypeOf(arg), t) && !contextual(t) {
			f.replace(call, t, Operand, f.text(arg))
		}
	}
}

// method replaces a method by its counterpart, and keeps the receiver.
func (f *finder) method(call *ast.CallExpr, sel *ast.SelectorExpr, s *types.Selection) {
	t := f.info.TypeOf(call)
	args := f.src[f.offset(call.Lparen):f.offset(call.End())]
	has := func(name string) bool {
		obj, _, _ := types.LookupFieldOrMethod(s.Recv(), true, f.pkg.Types, name)
		m, ok := obj.(*types.Func)
		return ok && types.Identical(m.Type(), s.Obj().Type())
	}
	name := sel.Sel.Name
	if other, ok := methods[name]; ok && has(other) {
		f.replace(call, t, Arithmetic, f.text(sel.X)+"."+other+args)
	} else if name == "Add" && s.Recv().String() == "time.Time" {
		f.replace(call, t, Arithmetic, f.text(sel.X)+".Add(-"+args+")")
	}
	if other, ok := boundaryMethods[name]; ok && has(other.name) {
		not := map[bool]string{true: "!"}[other.not]
		f.replace(call, t, Boundary, not+f.text(sel.X)+"."+other.name+args)
	}
	if types.Identical(s.Recv(), t) && !contextual(t) {
		f.replace(call, t, Operand, f.text(sel.X))
	}
}

// arguments passes an argument also in the place of a preceding one.
func (f *finder) arguments(call *ast.CallExpr) {
	fun := f.info.TypeOf(call.Fun)
	if fun == nil || f.info.Types[call.Fun].IsType() {
		return
	}
	sig, ok := fun.Underlying().(*types.Signature)
	if !ok || sig.Variadic() || len(call.Args) != sig.Params().Len() {
		return
	}
	for i, arg := range call.Args {
		t := sig.Params().At(i).Type()
		for j := i + 1; j < len(call.Args); j++ {
			other := call.Args[j]
			same := types.Identical(t, sig.Params().At(j).Type()) && types.AssignableTo(f.info.TypeOf(other), t)
			if same && f.text(arg) != f.text(other) {
				f.replace(arg, t, Argument, f.text(other))
				break
			}
		}
	}
}

func contextual(t types.Type) bool {
	return t.String() == "context.Context" || t.String() == "error"
}

// constant changes a constant, and reports whether the expression is one.
func (f *finder) constant(e ast.Expr, parent ast.Node) bool {
	tv := f.info.Types[e]
	if tv.Value == nil {
		return false
	}
	if !f.replaceable(e, parent) {
		return true
	}
	name, ok := f.imports.text(tv.Type)
	if !ok {
		return true
	}
	with := func(expression string) func(int, string) string {
		return func(id int, inner string) string {
			return fmt.Sprintf("func() %s { mutant := %s(%s); if mutantOn(%d) { return %s }; return mutant }()", name, name, inner, id, expression)
		}
	}
	basic, _ := tv.Type.Underlying().(*types.Basic)
	switch {
	case basic == nil:
	case basic.Info()&types.IsBoolean != 0:
		f.add(e, Constant, f.text(e), with("!mutant"))
	case tv.Type.String() == "time.Duration" && constant.Sign(tv.Value) != 0:
		f.add(e, Constant, f.text(e), with("mutant * 2"))
	case basic.Info()&types.IsInteger != 0:
		f.add(e, Constant, f.text(e), with("mutant + 1"))
	}
	return true
}

// replaceable reports whether a constant may be replaced by a value that is not
// constant, and is a number rather than one of an enumeration.
func (f *finder) replaceable(e ast.Expr, parent ast.Node) bool {
	t := f.info.TypeOf(e)
	if named, ok := t.(*types.Named); ok && named.String() != "time.Duration" {
		return false
	}
	switch p := parent.(type) {
	case *ast.ArrayType:
		return false
	case *ast.KeyValueExpr:
		return p.Value == e
	case *ast.CallExpr:
		b, ok := f.callee(p).(*types.Builtin)
		return !ok || b.Name() != "make"
	case *ast.ReturnStmt:
		return len(p.Results) == 1 || f.isNil(p.Results[len(p.Results)-1])
	}
	return true
}

func (f *finder) isNil(e ast.Expr) bool { return f.info.Types[e].IsNil() }

// element leaves an element of a composite literal at its zero value.
func (f *finder) element(e ast.Expr, parent ast.Node) {
	switch p := parent.(type) {
	case *ast.KeyValueExpr:
		if p.Value != e {
			return
		}
	case *ast.CompositeLit:
		if p.Type == e {
			return
		}
	default:
		return
	}
	t := f.info.TypeOf(e)
	lit, ok := e.(*ast.CompositeLit)
	if ok && (lit.Type == nil || len(lit.Elts) == 0) || f.isNil(e) || plainBool(t) {
		return
	}
	if _, ok := e.(*ast.FuncLit); ok {
		return
	}
	name, ok := f.imports.text(t)
	if !ok {
		return
	}
	text := f.text(e)
	if kv, ok := parent.(*ast.KeyValueExpr); ok {
		text = f.text(kv)
	}
	f.add(e, Field, text, func(id int, inner string) string {
		return fmt.Sprintf("func() (mutant %s) { if !mutantOn(%d) { mutant = %s }; return }()", name, id, inner)
	})
}
