package api

import (
	"bytes"
	"encoding/json"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/httpapi"
)

// MaxKept bounds the body in bytes of a request that is kept, to be shown to those
// who verify it again.
const MaxKept = 64 << 10

// request is Request with the fields that are refused for now, so that a caller
// who sends them is told instead of ignored.
type request struct {
	api.Request
	Multisig  json.RawMessage `json:"multisig_accounts"`
	RentOrder api.Text        `json:"rent_order"`
}

// create is Create with the original's further fields.
type create struct {
	api.Create
	OperationSystem string          `json:"operation_system"`
	RDPPort         api.Text        `json:"rdp_port"`
	VMXML           json.RawMessage `json:"vm_xml"`
	VMXMLURL        json.RawMessage `json:"vm_xml_url"`
	PublicIP        json.RawMessage `json:"public_ip"`
	NetworkName     json.RawMessage `json:"network_name"`
	NetworkFilters  json.RawMessage `json:"network_filters"`
	Multicast       json.RawMessage `json:"multicast"`
	DataFileName    json.RawMessage `json:"data_file_name"`
	InterfaceModel  json.RawMessage `json:"interface_model_type"`
}

// decodeRequest reads the envelope.
func decodeRequest(body []byte) (api.Request, error) {
	var req request
	if err := strict(body, &req); err != nil {
		return api.Request{}, err
	}
	if present(req.Multisig) {
		return api.Request{}, &api.Refusal{
			Kind: host.ErrNotSupported, Field: "multisig_accounts", Value: "…", Limit: "the header DBC-Auth, or a ticket",
			Remedy: "sign with one wallet",
		}
	}
	if text := bytes.TrimSpace(req.Additional); len(text) > 0 && text[0] != '{' && string(text) != "null" {
		return api.Request{}, httpapi.BadBody(&api.Wrong{Field: "additional", Value: "something else", Limit: "a JSON object"})
	}
	return req.Request, nil
}

// decodeCreate reads additional of PathTaskStart.
func decodeCreate(additional json.RawMessage) (api.Create, error) {
	var c create
	if err := strict(additional, &c); err != nil {
		return api.Create{}, err
	}
	for field, value := range map[string]json.RawMessage{
		"vm_xml": c.VMXML, "vm_xml_url": c.VMXMLURL, "public_ip": c.PublicIP, "network_name": c.NetworkName,
		"network_filters": c.NetworkFilters, "multicast": c.Multicast, "data_file_name": c.DataFileName,
		"interface_model_type": c.InterfaceModel,
	} {
		if present(value) {
			return api.Create{}, unsupported(field, "…", "leave it out")
		}
	}
	if c.RDPPort != "" {
		return api.Create{}, unsupported("rdp_port", string(c.RDPPort), "use ssh_port")
	}
	if c.OperationSystem != "" && c.OperationSystem != "linux" && c.OperationSystem != "ubuntu" {
		return api.Create{}, unsupported("operation_system", c.OperationSystem, "linux")
	}
	return c.Create, nil
}

func unsupported(field, value, limit string) error {
	return &api.Refusal{Kind: host.ErrNotSupported, Field: field, Value: value, Limit: limit}
}

// present: the original's tools send empty strings and lists for what they don't mean.
func present(value json.RawMessage) bool {
	switch string(bytes.TrimSpace(value)) {
	case "", "null", `""`, "[]", "{}":
		return false
	}
	return true
}

// strict decodes exactly one JSON value without unknown fields.
func strict(data []byte, into any) error { return httpapi.BadBody(api.Strict(data, into)) }
