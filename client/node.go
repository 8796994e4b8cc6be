package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client/terminal"
	"github.com/dbc-network/dbc/node/api"
)

const (
	// maxReply bounds what a node, which may be hostile, can make us read.
	maxReply = 8 << 20
	// callTimeout bounds one call; what takes longer is asked for again.
	callTimeout = 40 * time.Second
)

// NodeConfig says through which node to speak to which machine.
type NodeConfig struct {
	// URL of a node's API, such as http://127.0.0.1:5050.
	URL string
	// ChainID and MachineID are part of every signature.
	ChainID   string
	MachineID string
	Signer    auth.Signer
	// Wallet and Session are set where Signer is a session's key.
	Wallet, Session string
	// HTTP is NewHTTP's; nil is the one with the usual transport. Streams is the
	// same for connections to guests; nil is HTTP.
	HTTP, Streams *http.Client
	// DryRun sends nothing that could change something: *DryRun comes back instead.
	DryRun bool
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// Node speaks to one machine. Requests are signed exactly, and an answer
// counts only with the machine's signature over it.
type Node struct {
	cfg  NodeConfig
	base *url.URL
}

// NewNode prepares; it sends nothing.
func NewNode(cfg NodeConfig) (*Node, error) {
	base, err := url.Parse(cfg.URL)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, fmt.Errorf("node address %.64q: http://host:port wanted", cfg.URL)
	}
	if cfg.HTTP == nil {
		cfg.HTTP = NewHTTP(nil)
	}
	if cfg.Streams == nil {
		cfg.Streams = cfg.HTTP
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Node{cfg: cfg, base: base}, nil
}

// NewHTTP is a client with the limits of a call; nil is the usual transport. It
// follows no redirects: a signature covers one path on one machine.
func NewHTTP(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// call posts additional to path and decodes the answer's message into reply.
func (n *Node) call(ctx context.Context, path string, additional, reply any) error {
	if route := routeOf(path); n.cfg.DryRun && changes(route) {
		return &DryRun{Name: route.Name, MachineID: n.cfg.MachineID}
	}
	inner, err := json.Marshal(additional)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	body, err := json.Marshal(api.Request{PeerNodesList: []string{n.cfg.MachineID}, Additional: inner})
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	exact := auth.Exact{
		ChainID: n.cfg.ChainID, Method: http.MethodPost, Target: path, MachineID: n.cfg.MachineID,
		BodySHA256: sha256.Sum256(body), Time: n.cfg.Now().Unix(), Nonce: auth.NewNonce(),
	}
	wallet := n.cfg.Wallet
	if n.cfg.Session == "" {
		wallet = n.cfg.Signer.Address()
	}
	header, err := auth.SignExactAs(ctx, n.cfg.Signer, wallet, n.cfg.Session, exact)
	if err != nil {
		return err
	}
	status, answer, sign, err := n.post(ctx, path, header, body)
	if err != nil {
		return err
	}
	return n.read(exact, status, answer, sign, reply)
}

func (n *Node) post(
	ctx context.Context, path, header string, body []byte,
) (status int, answer []byte, sign string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.base.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, "", fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(auth.HeaderName, header)
	// A transport that is not the usual one tells nothing of its connections.
	var sent atomic.Bool
	sent.Store(n.cfg.HTTP.Transport != nil)
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}))
	res, err := n.cfg.HTTP.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		} else {
			err = fmt.Errorf("%w: %w", ErrUnreachable, plainer(err))
		}
		return 0, nil, "", &noAnswer{fmt.Errorf("ask the machine: %w", err), sent.Load()}
	}
	defer func() { _ = res.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(res.Body, maxReply+1))
	if err != nil {
		if err = fmt.Errorf("%w: %w", ErrUnreachable, err); ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return 0, nil, "", &noAnswer{fmt.Errorf("read the machine's answer: %w", err), true}
	}
	if len(answer) > maxReply {
		return 0, nil, "", fmt.Errorf("read the machine's answer: more than %d bytes: %w", maxReply, ErrUntrusted)
	}
	return res.StatusCode, answer, res.Header.Get(auth.HeaderSign), nil
}

// read believes nothing before the machine's signature is checked. An error
// without one can come from a gateway, and is told as such.
func (n *Node) read(exact auth.Exact, status int, answer []byte, sign string, reply any) error {
	proved := sign != ""
	if proved {
		if err := auth.VerifyReply(n.cfg.MachineID, exact.Text(), status, answer, sign); err != nil {
			return fmt.Errorf("the machine's answer: %w: %w", ErrUntrusted, err)
		}
	}
	var envelope api.Reply
	if err := json.Unmarshal(answer, &envelope); err != nil {
		return fmt.Errorf("the machine's answer (HTTP %d) is not this API's: %w", status, errors.Join(ErrUntrusted, err))
	}
	if status != http.StatusOK || envelope.ErrCode != 0 {
		return nodeError(status, envelope, proved)
	}
	if !proved {
		return fmt.Errorf("the machine's answer: %w", ErrUntrusted)
	}
	if reply == nil {
		return nil
	}
	if err := json.Unmarshal(envelope.Message, reply); err != nil {
		return fmt.Errorf("the machine's answer: %w", err)
	}
	return nil
}

func nodeError(status int, envelope api.Reply, proved bool) error {
	message := string(envelope.Message)
	var text string
	if json.Unmarshal(envelope.Message, &text) == nil {
		message = text
	}
	return &NodeError{
		Status: status, ErrCode: envelope.ErrCode, Code: Printable(envelope.Code), Message: Printable(message),
		Field: Printable(envelope.Field), Value: Printable(envelope.Value), Limit: Printable(envelope.Limit), Proved: proved,
	}
}

// Printable shows what could steer a terminal or deceive its reader: the text is
// another's. It is terminal.Plain.
func Printable(s string) string { return terminal.Plain(s) }
