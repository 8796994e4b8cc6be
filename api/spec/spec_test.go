package spec_test

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/api/spec"
)

var update = flag.Bool("update", false, "write the documents anew")

// TestDocumentsAreCurrent: make spec writes them.
func TestDocumentsAreCurrent(t *testing.T) {
	for path, make := range map[string]func(old []byte) ([]byte, error){
		"../openapi.json":                      func([]byte) ([]byte, error) { return spec.OpenAPI(api.Routes()) },
		"../../docs/postman/node.postman.json": func([]byte) ([]byte, error) { return spec.Postman(api.Routes()) },
		"../../web/src/node/codes.ts":          func([]byte) ([]byte, error) { return spec.TypeScript(), nil },
		"../../docs/api.md":                    guide(spec.English),
		"../../docs/api.zh.md":                 guide(spec.Chinese),
		"../../docs/reference/errors.md":       errorsPage(t, spec.English),
		"../../docs/reference/errors.zh.md":    errorsPage(t, spec.Chinese),
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

func errorsPage(t *testing.T, lang spec.Language) func([]byte) ([]byte, error) {
	t.Helper()
	texts := make([]string, 2)
	for i, name := range []string{"refusals", "remedies"} {
		source, err := os.ReadFile("../../web/src/node/" + name + ".ts")
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(source)
	}
	return func([]byte) ([]byte, error) {
		page, err := spec.Errors(lang, texts[0], texts[1])
		return []byte(page), err
	}
}

func guide(lang spec.Language) func([]byte) ([]byte, error) {
	return func(old []byte) ([]byte, error) {
		page, err := spec.Guide(string(old), lang, api.Routes())
		return []byte(page), err
	}
}

func TestOpenAPIIsValid(t *testing.T) {
	t.Parallel()
	raw, err := spec.OpenAPI(api.Routes())
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
	for _, r := range api.Routes() {
		if r.Name == "" || seen[r.Name] || r.Summary == "" || r.SummaryZH == "" {
			t.Errorf("%s %s: wants a name of its own, and a summary in both languages", r.Method, r.Path)
		}
		seen[r.Name] = true
		if r.Additional != nil && len(spec.Fields(r.Additional)) > 1 && r.Example == "" {
			t.Errorf("%s: wants an example of additional", r.Name)
		}
	}
}

// TestSchemasSayWhatProgramsDecideBy: values of enums, and whose text it is.
func TestSchemasSayWhatProgramsDecideBy(t *testing.T) {
	t.Parallel()
	raw, err := spec.OpenAPI(api.Routes())
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

// TestDescriptions: the document says what things are in the words of the API.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	text, err := spec.OpenAPI(api.Routes())
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Description string `json:"description"`
				Properties  map[string]struct {
					Ref         string `json:"$ref"`
					Description string `json:"description"`
				} `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	inCode := regexp.MustCompile(`Path[A-Z]|[a-z][A-Z]{2}|additional of|\x60`)
	for name, schema := range doc.Components.Schemas {
		if schema.Description == "" || inCode.MatchString(schema.Description) {
			t.Errorf("%s is described by %q", name, schema.Description)
		}
		for key, property := range schema.Properties {
			if property.Ref == "" && property.Description == "" || inCode.MatchString(property.Description) {
				t.Errorf("%s.%s is described by %q", name, key, property.Description)
			}
		}
	}
}
