package spec

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/dbc-network/dbc/api"
)

// postmanSchema is the collection format's version 2.1.0.
const postmanSchema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

// Postman is a collection with one request for each route. Its variables are
// base_url, machine_id, the ticket's wallet, nonce and sign, id, rent_id, and what a
// virtual machine is to be.
func Postman(routes []api.Route) ([]byte, error) {
	var items []object
	for _, r := range routes {
		if r.By == api.ByMachineItself {
			continue // the collection asks a client node
		}
		if r.Authority == api.TokenHolder {
			continue // a WebSocket is no request of a collection
		}
		item, err := postmanItem(r)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", r.Name, err)
		}
		items = append(items, item)
	}
	variables := []object{{"key": "base_url", "value": "http://127.0.0.1:5050"}}
	for _, name := range []string{"machine_id", "wallet", "nonce", "sign", "id", "rent_id"} {
		variables = append(variables, object{"key": name, "value": ""})
	}
	for _, v := range [][2]string{
		{"image_name", "ubuntu.qcow2"}, {"ssh_port", "5682"}, {"gpu_count", "1"}, {"cpu_cores", "2"}, {"mem_rate", "0.5"},
	} {
		variables = append(variables, object{"key": v[0], "value": v[1]})
	}
	return indent(object{
		"info": object{
			"name": "DBC node", "schema": postmanSchema,
			"description": "Fill machine_id, and wallet, nonce and sign with what sign_tool prints; id is a task's, rent_id a rental's.",
		},
		"item": items, "variable": variables,
	})
}

func postmanItem(r api.Route) (object, error) {
	path := named.ReplaceAllString(Path(r), "{{$1}}")
	request := object{
		"method": r.Method, "header": []object{}, "description": r.Summary,
		"url": object{
			"raw": "{{base_url}}" + path, "host": []string{"{{base_url}}"},
			"path": strings.Split(strings.TrimPrefix(path, "/"), "/"),
		},
	}
	want := http.StatusOK
	if r.Method == http.MethodPost {
		body, err := indent(postmanBody(r))
		if err != nil {
			return nil, err
		}
		request["header"] = []object{{"key": "Content-Type", "value": "application/json"}}
		request["body"] = object{
			"mode": "raw", "raw": strings.TrimSpace(string(body)), "options": object{"raw": object{"language": "json"}},
		}
	}
	if r.Authority == api.ExactRenter || r.Authority == api.Granted {
		want = http.StatusForbidden // a ticket isn't enough
	}
	return object{
		"name": r.Name, "request": request, "response": []object{},
		"event": []object{{"listen": "test", "script": object{"type": "text/javascript", "exec": []string{
			fmt.Sprintf("pm.test('%s answers %d', () => pm.response.to.have.status(%d));", r.Name, want, want),
		}}}},
	}, nil
}

func postmanBody(r api.Route) any {
	if r.Body != nil {
		return json.RawMessage(r.Example)
	}
	body := object{"peer_nodes_list": []string{"{{machine_id}}"}, "additional": object{}}
	if r.Authority != api.Everyone {
		body["wallet"], body["nonce"], body["sign"] = "{{wallet}}", "{{nonce}}", "{{sign}}"
	}
	if r.Example != "" {
		body["additional"] = json.RawMessage(r.Example)
	}
	return body
}

// Fields are the JSON names of v's fields, embedded ones included.
func Fields(v any) []string {
	if v == nil {
		return nil
	}
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}
