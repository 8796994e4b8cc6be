package spec_test

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/api/spec"
	"github.com/dbc-network/dbc/node/gateway"
	"github.com/dbc-network/dbc/node/local"
	"github.com/dbc-network/dbc/node/notice"
)

// routes are those of compute nodes, and those that only a client node has.
func routes() []api.Route { return slices.Concat(api.Routes(), local.Documented(), gateway.Routes()) }

var update = flag.Bool("update", false, "write the documents anew")

// TestDocumentsAreCurrent: make spec writes them.
func TestDocumentsAreCurrent(t *testing.T) {
	for path, make := range map[string]func(old []byte) ([]byte, error){
		"../openapi.json":                         func([]byte) ([]byte, error) { return spec.OpenAPI(routes()) },
		"../../../docs/postman/node.postman.json": func([]byte) ([]byte, error) { return spec.Postman(slices.Concat(api.Routes(), local.Documented())) },
		"../../../web/src/node/codes.ts":          func([]byte) ([]byte, error) { return spec.TypeScript(), nil },
		"../../../docs/api.md":                    guide(spec.English),
		"../../../docs/api.zh.md":                 guide(spec.Chinese),
	} {
		old, err := os.ReadFile(path)
		if err != nil && !*update {
			t.Fatal(err)
		}
		want, err := make(old)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(want), string(old)); diff != "" {
			t.Errorf("%s is not what the routes say; run make spec: %s", path, diff)
		}
	}
}

func guide(lang spec.Language) func([]byte) ([]byte, error) {
	return func(old []byte) ([]byte, error) {
		page, err := spec.Guide(string(old), lang, routes())
		return []byte(page), err
	}
}

func TestOpenAPIIsValid(t *testing.T) {
	t.Parallel()
	raw, err := spec.OpenAPI(routes())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !doc.IsOpenAPI31OrLater() {
		t.Errorf("openapi %s", doc.OpenAPI)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range routes() {
		if r.Name == "" || seen[r.Name] || r.Summary == "" || r.SummaryZH == "" {
			t.Errorf("%s %s: wants a name of its own, and a summary in both languages", r.Method, r.Path)
		}
		seen[r.Name] = true
		if r.Additional != nil && len(spec.Fields(r.Additional)) > 1 && r.Example == "" {
			t.Errorf("%s: wants an example of additional", r.Name)
		}
	}
}

// TestEveryErrorCodeIsListed: whoever writes a client goes by the document.
func TestEveryErrorCodeIsListed(t *testing.T) {
	t.Parallel()
	isCode := regexp.MustCompile(`^"[A-Z][A-Z]+(_[A-Z]+)*"$`)
	other := []string{"DENY", "ANALYZE", "GET", "POST", "PUT", "PATCH", "HEAD", "DELETE", "OPTIONS", "DESC", "AND", "OR"}
	found := map[string]bool{}
	for _, dir := range []string{"..", "../../gateway", "../../chainproxy", "../../faucet", "../../envelope", "../../market", "../../local"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && isCode.MatchString(text.Value) {
					found[strings.Trim(text.Value, `"`)] = true
				}
				return true
			})
		}
	}
	for _, name := range other {
		delete(found, name)
	}
	if diff := cmp.Diff(spec.Codes(), slices.Sorted(maps.Keys(found))); diff != "" {
		t.Error(diff)
	}
}

// TestSchemasSayWhatProgramsDecideBy: values of enums, and whose text it is.
func TestSchemasSayWhatProgramsDecideBy(t *testing.T) {
	t.Parallel()
	raw, err := spec.OpenAPI(routes())
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Enum      []string
					Untrusted bool `json:"x-untrusted"`
				}
			}
		}
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	schemas := document.Components.Schemas
	for name := range schemas {
		if !strings.Contains(name, ".") {
			t.Errorf("%s is not named after its package", name)
		}
	}
	if got := schemas["api.Task"].Properties["status"].Enum; !slices.Contains(got, "being shutdown") || len(got) < 15 {
		t.Errorf("status is one of %q", got)
	}
	if !schemas["api.Log"].Properties["logs"].Untrusted || schemas["api.Log"].Properties["task_id"].Untrusted {
		t.Error("the marks of what guests write are wrong")
	}
	if got := schemas["notice.Reason"].Properties["code"].Enum; len(got) != len(notice.Reasons) {
		t.Errorf("code is one of %q", got)
	}
}
