package api

import (
	"encoding/json"
	"errors"
	"testing"
)

// text accepts a string or a number, as the API does.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, (*string)(t))
	}
	var n json.Number
	err := json.Unmarshal(data, &n)
	*t = text(n)
	return err
}

// Inner is exported, as every embedded struct of a body is.
type Inner struct {
	Port text `json:"port"`
}

type wanted struct {
	Inner
	Caller
	Names []string `json:"names"`
	Count uint32   `json:"count"`
	On    bool     `json:"on"`
	Of    struct {
		Deep []string `json:"deep"`
	} `json:"of"`
}

// TestStrict verifies that an error names the field, but never quotes its
// value, which may be a password.
func TestStrict(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Wrong{
		``:                                 {"body", "empty", "a JSON object"},
		`{"names":`:                        {"body", "cut off", "a JSON object"},
		`[]`:                               {"body", "a JSON array", "a JSON object"},
		`"x"`:                              {"body", "a JSON string", "a JSON object"},
		`{} {}`:                            {"body", "more than one JSON value", "one JSON object"},
		`{"port":true}`:                    {"port", "a JSON bool", "a number, or a string with one"},
		`{"port":[]}`:                      {"port", "a JSON array", "a number, or a string with one"},
		`{"names":"a"}`:                    {"names", "a JSON string", "a list"},
		`{"names":[1]}`:                    {"names", "a JSON number", "a string"},
		`{"count":"1"}`:                    {"count", "a JSON string", "a number"},
		`{"count":-1}`:                     {"count", "a JSON number -1", "a number"},
		`{"on":"yes"}`:                     {"on", "a JSON string", "true or false"},
		`{"of":{"deep":{}}}`:               {"of.deep", "a JSON object", "a list"},
		`{"nmaes":[]}`:                     {"nmaes", "not known", "a field of this route, as /api/v1/openapi.json has them"},
		`{"additional":{"names":["a"]}}`:   {"additional", "a JSON value that is not empty", "{}: what this route takes stands beside it"},
		`{"names":["a"],"additional":"x"}`: {"additional", "a JSON value that is not empty", "{}: what this route takes stands beside it"},
	} {
		got := new(Wrong)
		if err := Strict([]byte(body), new(wanted)); !errors.As(err, &got) || *got != want {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
	for _, body := range []string{`{"names":`, `{"names":["a"`, `{"names":"`} {
		got := new(Wrong)
		if err := Lenient([]byte(body), new(wanted)); !errors.As(err, &got) || got.Value != "cut off" {
			t.Errorf("%s: %v", body, got)
		}
	}
	ok := `{"port":8,"names":["a"],"count":1,"on":true,"peer_nodes_list":[],"wallet":"dbc1","additional":{}}`
	if err := Strict([]byte(ok), new(wanted)); err != nil {
		t.Error(err)
	}
}

// FuzzStrict verifies that every error is a *Wrong with everything that a
// refusal needs.
func FuzzStrict(f *testing.F) {
	f.Add([]byte(`{"port":"8","names":["a"],"of":{"deep":["b"]}}`))
	f.Add([]byte(`{"additional":{"x":1},"y":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, err := range []error{Strict(data, new(wanted)), Lenient(data, new(wanted))} {
			if wrong := new(Wrong); err != nil && (!errors.As(err, &wrong) || wrong.Field == "" || wrong.Limit == "") {
				t.Errorf("%q: %v", data, err)
			}
		}
	})
}
