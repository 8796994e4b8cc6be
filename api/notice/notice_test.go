package notice_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbc-network/dbc/api/notice"
)

// TestEveryCodeIsListed: who translates goes by the lists.
func TestEveryCodeIsListed(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Code" {
			return true
		}
		declared++
		code := notice.Code(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
		_, reason := notice.Reasons[code]
		_, warns := notice.Notices[code]
		if reason == warns {
			t.Errorf("%s is in both lists or in none", code)
		}
		return true
	})
	if all := len(notice.Reasons) + len(notice.Notices); declared != all || declared < 20 {
		t.Errorf("%d codes are declared, %d listed", declared, all)
	}
}

func TestFailed(t *testing.T) {
	t.Parallel()
	r := notice.Failed(notice.DiskAddFailed, errors.New("attach: no"), notice.Disk, "vdb")
	text, err := json.Marshal(r)
	if err != nil || string(text) != `{"code":"DISK_ADD_FAILED","params":{"detail":"attach: no","disk":"vdb"}}` {
		t.Errorf("%s, %v", text, err)
	}
	for _, long := range []string{strings.Repeat("é", 1000), strings.Repeat("x", 1000), strings.Repeat("x", 508) + "漢漢漢", "\xff" + strings.Repeat("y", 600)} {
		got := notice.Failed(notice.StartFailed, errors.New(long)).Params[notice.Detail]
		if len(got) > 512 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	}
}
