package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/envelope"
	"github.com/dbc-network/dbc/node/host"
)

// MaxBody bounds a request's body in bytes.
const MaxBody = 1 << 20

// MaxKept bounds the body in bytes of a request that is kept, to be shown to those
// who verify it again.
const MaxKept = 64 << 10

// request is Request with the fields that are refused for now, so that a caller
// who sends them is told instead of ignored.
type request struct {
	Request
	Multisig  json.RawMessage `json:"multisig_accounts"`
	RentOrder Text            `json:"rent_order"`
}

// create is Create with the original's further fields.
type create struct {
	Create
	OperationSystem string          `json:"operation_system"`
	RDPPort         Text            `json:"rdp_port"`
	VMXML           json.RawMessage `json:"vm_xml"`
	VMXMLURL        json.RawMessage `json:"vm_xml_url"`
	PublicIP        json.RawMessage `json:"public_ip"`
	NetworkName     json.RawMessage `json:"network_name"`
	NetworkFilters  json.RawMessage `json:"network_filters"`
	Multicast       json.RawMessage `json:"multicast"`
	DataFileName    json.RawMessage `json:"data_file_name"`
	InterfaceModel  json.RawMessage `json:"interface_model_type"`
}

// CheckJSON is ErrBody for a body that is not JSON: a form could be sent by any
// web page without asking.
func CheckJSON(r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &host.Refusal{
			Kind: ErrBody, Field: "Content-Type", Value: r.Header.Get("Content-Type"), Limit: "application/json",
		}
	}
	return nil
}

// ReadBody takes JSON of at most MaxBody, whose bytes count in pool for the
// address that sends them, until they are released. It is ErrBody, or what package
// budget says of a pool that is full and of a sender that is slow.
func ReadBody(w http.ResponseWriter, r *http.Request, pool *budget.Bytes) (*budget.Body, error) {
	if err := CheckJSON(r); err != nil {
		return nil, err
	}
	body, err := pool.Read(w, r, budget.Source(r.RemoteAddr), MaxBody)
	if err != nil {
		return nil, BadBody(wrongBody(err))
	}
	return body, nil
}

// wrongBody is the field that is at fault where a body could not be read, and err
// where that is not the caller's.
func wrongBody(err error) error {
	switch {
	case errors.Is(err, budget.ErrLong):
		return &envelope.Wrong{Field: "body", Value: "too long", Limit: fmt.Sprintf("at most %d bytes", MaxBody)}
	case errors.Is(err, budget.ErrFull), errors.Is(err, budget.ErrSlow):
		return err
	}
	return &envelope.Wrong{Field: "body", Value: "cut off", Limit: "a JSON object"}
}

// decodeRequest reads the envelope.
func decodeRequest(body []byte) (Request, error) {
	var req request
	if err := strict(body, &req); err != nil {
		return Request{}, err
	}
	if present(req.Multisig) {
		return Request{}, &host.Refusal{
			Kind: host.ErrNotSupported, Field: "multisig_accounts", Value: "…", Limit: "the header DBC-Auth, or a ticket",
			Remedy: "sign with one wallet",
		}
	}
	if text := bytes.TrimSpace(req.Additional); len(text) > 0 && text[0] != '{' && string(text) != "null" {
		return Request{}, BadBody(&envelope.Wrong{Field: "additional", Value: "something else", Limit: "a JSON object"})
	}
	return req.Request, nil
}

// decodeCreate reads additional of PathTaskStart.
func decodeCreate(additional json.RawMessage) (Create, error) {
	var c create
	if err := strict(additional, &c); err != nil {
		return Create{}, err
	}
	for field, value := range map[string]json.RawMessage{
		"vm_xml": c.VMXML, "vm_xml_url": c.VMXMLURL, "public_ip": c.PublicIP, "network_name": c.NetworkName,
		"network_filters": c.NetworkFilters, "multicast": c.Multicast, "data_file_name": c.DataFileName,
		"interface_model_type": c.InterfaceModel,
	} {
		if present(value) {
			return Create{}, unsupported(field, "…", "leave it out")
		}
	}
	if c.RDPPort != "" {
		return Create{}, unsupported("rdp_port", string(c.RDPPort), "use ssh_port")
	}
	if c.OperationSystem != "" && c.OperationSystem != "linux" && c.OperationSystem != "ubuntu" {
		return Create{}, unsupported("operation_system", c.OperationSystem, "linux")
	}
	return c.Create, nil
}

func unsupported(field, value, limit string) error {
	return &host.Refusal{Kind: host.ErrNotSupported, Field: field, Value: value, Limit: limit}
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
func strict(data []byte, into any) error { return BadBody(envelope.Strict(data, into)) }

// BadBody is ErrBody with the field that is at fault, nil for nil.
func BadBody(err error) error {
	wrong := new(envelope.Wrong)
	if !errors.As(err, &wrong) {
		return err
	}
	return &host.Refusal{Kind: ErrBody, Field: wrong.Field, Value: wrong.Value, Limit: wrong.Limit}
}
