// Package spec writes the API's route table down for others: as an OpenAPI 3.1
// document, as a Postman collection and as the tables of the API guide. What it
// writes is committed; a test proves that it is current. Its texts are in descriptions.yaml.
package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/untrusted"
	"github.com/dbc-network/dbc/auth"
)

type object = map[string]any

// OpenAPI is the document for routes.
func OpenAPI(routes []api.Route) ([]byte, error) {
	s := schemas{all: object{}, used: map[string]bool{}, reflector: &jsonschema.Reflector{Anonymous: true, Mapper: text, Namer: nameOf}}
	texts, err := describe()
	if err != nil {
		return nil, err
	}
	s.texts = texts
	paths := object{}
	for _, r := range routes {
		path := Path(r)
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path].(object)[strings.ToLower(r.Method)] = s.operation(r)
	}
	s.ref(api.Reply{})
	if list := unused(s.used); len(list) > 0 {
		return nil, errUnused(list)
	}
	if err := s.texts.complete(); err != nil {
		return nil, err
	}
	return indent(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "DBC node", "version": api.Version, "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "The API of compute nodes, which client nodes forward byte for byte. " +
				"An error has errcode other than 0 and says code, field, value and limit.",
		},
		"servers": []object{{"url": "http://127.0.0.1:5050", "description": "a client node"}, {"url": "http://127.0.0.1:5060", "description": "a compute node"}},
		"paths":   paths,
		// What a refusal by the chain means that a client sends transactions to.
		"x-chain-errors": chainMeanings(),
		"components": object{
			"schemas": s.all,
			"securitySchemes": object{"exact": object{
				"type": "apiKey", "in": "header", "name": auth.HeaderName,
				"description": "v1 wallet unix_seconds nonce sign [session], over the very request",
			}},
		},
	})
}

func chainMeanings() (list []object) {
	for _, m := range api.ChainMeanings() {
		row := object{"codespace": m.Codespace, "code": m.Number, "retry": m.Retry, "fault": m.Fault}
		if len(m.Params) > 0 {
			row["params"] = m.Params
		}
		list = append(list, row)
	}
	return list
}

// Path is the route's path as OpenAPI writes it.
func Path(r api.Route) string {
	return strings.ReplaceAll(strings.ReplaceAll(r.Path, "{$}", ""), "...}", "}")
}

func indent(v any) ([]byte, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return buf.Bytes(), nil
}

// text is api.Text, which is a string or a number.
func text(t reflect.Type) *jsonschema.Schema {
	if t != reflect.TypeFor[api.Text]() {
		return nil
	}
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}}}
}

type schemas struct {
	all       object
	used      map[string]bool
	reflector *jsonschema.Reflector
	texts     *descriptions
}

// ref is a reference to the schema of v's type, kept among the components.
func (s schemas) ref(v any) object {
	if _, ok := v.(string); ok {
		return object{"const": "ok"}
	}
	if v == nil {
		return object{"type": "object", "maxProperties": 0}
	}
	bounds := map[string]untrusted.Bound{}
	texts(reflect.TypeOf(v), bounds, map[reflect.Type]bool{})
	schema := s.reflector.Reflect(v)
	for name, def := range schema.Definitions {
		for _, key := range mark(name, def, bounds) {
			s.used[key] = true
		}
		s.texts.fill(name, def)
		s.all[name] = plain(def)
	}
	return object{"$ref": "#/components/schemas/" + nameOf(reflect.TypeOf(v))}
}

// plain moves references from the schema's own definitions to the components.
func plain(def *jsonschema.Schema) json.RawMessage {
	raw, err := json.Marshal(def)
	if err != nil { // it is made of strings, numbers and lists
		panic(err)
	}
	return bytes.ReplaceAll(raw, []byte("#/$defs/"), []byte("#/components/schemas/"))
}

func (s schemas) operation(r api.Route) object {
	op := object{"operationId": r.Name, "summary": r.Summary, "security": security(r.Authority)}
	var parameters []object
	for _, name := range names(r) {
		parameters = append(parameters, parameter(name, "path"))
	}
	if r.Authority == api.TokenHolder {
		parameters = append(parameters, parameter("machine_id", "query"), parameter("token", "query"))
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if r.Method == http.MethodPost {
		op["requestBody"] = object{"required": true, "content": media(s.body(r))}
	}
	reply := object{
		"type": "object", "required": []string{"errcode", "message"},
		"properties": object{"errcode": object{"const": 0}, "message": s.ref(r.Reply)},
	}
	if _, raw := r.Reply.(api.Document); raw {
		reply = object{"type": "object"}
	}
	if r.Authority == api.TokenHolder {
		op["responses"] = object{
			"101":     object{"description": "the WebSocket is open"},
			"default": object{"description": "refused or failed", "headers": headers(), "content": media(s.ref(api.Reply{}))},
		}
		return op
	}
	done := object{"description": "done", "content": media(reply)}
	refused := object{"description": "refused or failed", "content": media(s.ref(api.Reply{}))}
	if r.By != api.ByClientNode {
		done["headers"], refused["headers"] = headers(), headers()
	}
	op["responses"] = object{"200": done, "default": refused}
	return op
}

var named = regexp.MustCompile(`\{([a-z_]+)\}`)

// names are the names in a path's braces.
func names(r api.Route) (all []string) {
	for _, m := range named.FindAllStringSubmatch(Path(r), -1) {
		all = append(all, m[1])
	}
	return all
}

func parameter(name, in string) object {
	return object{"name": name, "in": in, "required": true, "schema": object{"type": "string"}}
}

func (s schemas) body(r api.Route) object {
	if r.Body != nil {
		return s.ref(r.Body)
	}
	properties := object{
		"peer_nodes_list": object{"type": "array", "items": object{"type": "string"}, "maxItems": 1, "description": "the machine's id"},
		"additional":      s.ref(r.Additional),
	}
	if r.Authority == api.AnyRenter {
		for field, of := range map[string]string{
			"wallet": "of a ticket", "nonce": "of a ticket", "sign": "of a ticket",
			"session_id": "of " + api.PathSessionID, "session_id_sign": "the wallet's sign over session_id",
		} {
			properties[field] = object{"type": "string", "description": of}
		}
	}
	return object{"type": "object", "required": []string{"peer_nodes_list", "additional"}, "properties": properties}
}

func media(schema object) object {
	return object{"application/json": object{"schema": schema}}
}

// security: a ticket is inside the body, so there the header may be absent.
func security(a api.Authority) []object {
	switch a {
	case api.AnyRenter:
		return []object{{"exact": []string{}}, {}}
	case api.ExactRenter:
		return []object{{"exact": []string{}}}
	}
	return []object{} // everyone; grants are in the body, tokens in the query
}

func headers() object {
	text := object{"type": "string"}
	return object{
		auth.HeaderMachine: object{"description": "the machine that answered", "schema": text},
		auth.HeaderSign:    object{"description": "its ed25519 signature over request, status and body", "schema": text},
	}
}
