package spec_test

import (
	"flag"
	"os"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/api/spec"
	"github.com/dbc-network/dbc/node/gateway"
	"github.com/dbc-network/dbc/node/local"
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
