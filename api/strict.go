package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Wrong describes a body that is not the expected JSON. Field is "body" if no
// single field is at fault.
type Wrong struct{ Field, Value, Limit string }

// Error states the field.
func (w *Wrong) Error() string {
	return fmt.Sprintf("%s is %s, want %s", Clip(w.Field, MaxEcho), Clip(w.Value, MaxEcho), w.Limit)
}

// Strict decodes exactly one JSON value. An unknown field is an error, since a
// misspelt one would silently be replaced by its default. Every error is a
// *Wrong.
func Strict(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return explain(data, into, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return &Wrong{"body", "more than one JSON value", "one JSON object"}
	}
	return nil
}

// Lenient is Strict for a reader of some of the fields.
func Lenient(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return explain(data, into, err)
	}
	return nil
}

// explain finds the field at which the decoder failed.
func explain(data []byte, into any, err error) error {
	if kind := new(json.UnmarshalTypeError); errors.As(err, &kind) {
		field := pathOf(kind.Field)
		if field == "" {
			return &Wrong{"body", "a JSON " + kind.Value, wordOf(kind.Type)}
		}
		return &Wrong{field, "a JSON " + kind.Value, wordOf(kind.Type)}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return &Wrong{"body", "empty", "a JSON object"}
	}
	if end := new(json.SyntaxError); errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &end) && end.Offset >= int64(len(data)) {
		return &Wrong{"body", "cut off", "a JSON object"}
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) == nil {
		known := namesOf(reflect.TypeOf(into))
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
				if name == "" {
					name = `""`
				}
				return &Wrong{Clip(name, MaxEcho), "not known", "a field of this route, as /api/v1/openapi.json has them"}
			}
		}
	}
	return &Wrong{"body", err.Error(), "a JSON object"}
}

// pathOf drops the Go names of embedded structs, which unlike JSON names start
// with a capital.
func pathOf(field string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(field, "."), func(part string) bool {
		return part == "" || unicode.IsUpper(rune(part[0]))
	}), ".")
}

func wordOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[json.Number]():
		return "a number, or a string with one"
	case reflect.TypeFor[Nothing]():
		return "{}: what this route takes stands beside it"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "a JSON object"
	}
	return "a number"
}

// namesOf returns the JSON names of a struct's fields, including embedded ones.
func namesOf(t reflect.Type) (names []string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}
