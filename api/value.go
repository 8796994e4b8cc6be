package api

import (
	"encoding/json"
	"reflect"
)

// Text is a JSON string or number, kept as written.
type Text string

// UnmarshalJSON takes "8" and 8 alike.
func (t *Text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(t))
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*t = Text(n)
	return nil
}

// Flag is a JSON truth value, or the word for it as a string.
type Flag bool

// UnmarshalJSON takes true and "true" alike.
func (f *Flag) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true", `"true"`:
		*f = true
	case "false", `"false"`, `""`, "null":
		*f = false
	default:
		return &json.UnmarshalTypeError{Value: "value that is neither true nor false", Type: reflect.TypeFor[bool]()}
	}
	return nil
}
