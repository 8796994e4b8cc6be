package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client/terminal"
)

const (
	// maxReply bounds the bytes read from a node, which may be hostile.
	maxReply = 8 << 20
	// maxParams bounds the parameters of a refusal, maxParam the bytes of each, as they
	// were sent.
	maxParams, maxParam = 32, 512
	// callTimeout bounds one call. Longer operations are polled.
	callTimeout = 40 * time.Second
	// A machine behind the caller's block is asked again after behindPause, at most
	// behindTries times in all.
	behindPause = time.Second
	behindTries = 10
)

// NodeConfig says which machine to talk to, and through which node.
type NodeConfig struct {
	// URL of a node's API, such as http://127.0.0.1:5050.
	URL string
	// ChainID and MachineID are part of every signature.
	ChainID   string
	MachineID string
	Signer    auth.Signer
	// Wallet and Session are set if Signer is a session's key.
	Wallet, Session string
	// HTTP is the client for calls. Nil means NewHTTP with the default
	// transport. Streams is used for connections to guests. Nil means HTTP.
	HTTP, Streams *http.Client
	// DryRun sends no request that could change anything and returns *DryRun
	// instead.
	DryRun bool
	// Now returns the time. Nil means the system clock.
	Now func() time.Time
}

// Node talks to one machine. Requests are signed exactly, and a reply is
// accepted only with the machine's signature over it.
type Node struct {
	cfg  NodeConfig
	base *url.URL
	// seen is the newest block that the caller knows, or 0.
	seen atomic.Int64
}

// Seen tells the machine with each further call that the caller knows a block, such as
// the one of a rent: a machine whose chain node is behind then asks for patience instead
// of denying the rental.
func (n *Node) Seen(height int64) {
	for old := n.seen.Load(); height > old && !n.seen.CompareAndSwap(old, height); old = n.seen.Load() {
	}
}

// NewNode prepares a node; it sends nothing.
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

// Wallet returns the address of the wallet on whose behalf requests are signed.
func (n *Node) Wallet() string {
	if n.cfg.Session == "" {
		return n.cfg.Signer.Address()
	}
	return n.cfg.Wallet
}

// NewHTTP returns a client with the limits of a call. A nil transport means the
// default one. It follows no redirects, because a signature covers one path on
// one machine.
func NewHTTP(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// call posts additional to path and decodes the reply's message into reply.
func (n *Node) call(ctx context.Context, path string, additional, reply any) error {
	if route, known := api.RouteOf(path); n.cfg.DryRun && (!known || route.Changes()) {
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
	for tries := 1; ; tries++ {
		err := n.ask(ctx, path, body, reply)
		if refused := new(NodeError); !errors.As(err, &refused) || refused.Code != api.ChainBehind || tries >= behindTries {
			return err
		}
		if err := pause(ctx, behindPause); err != nil {
			return fmt.Errorf("wait for the machine's chain node: %w", err)
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// ask signs and sends a request once.
func (n *Node) ask(ctx context.Context, path string, body []byte, reply any) error {
	exact := auth.Exact{
		ChainID: n.cfg.ChainID, Method: http.MethodPost, Target: path, MachineID: n.cfg.MachineID,
		BodySHA256: sha256.Sum256(body), Time: n.cfg.Now().Unix(), Nonce: auth.NewNonce(),
	}
	header, err := auth.SignExactAs(ctx, n.cfg.Signer, n.Wallet(), n.cfg.Session, exact)
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
	if seen := n.seen.Load(); seen > 0 {
		req.Header.Set(api.HeaderHeight, strconv.FormatInt(seen, 10))
	}
	// A custom transport reports nothing about its connections.
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

// read trusts nothing before it has verified the machine's signature. An
// unsigned error may come from a gateway, and is reported as such.
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
		Status: status, ErrCode: envelope.ErrCode, Code: api.Code(Printable(string(envelope.Code))), Message: Printable(message),
		Field: Printable(envelope.Field), Value: Printable(envelope.Value), Limit: Printable(envelope.Limit),
		Retry: api.Retry(param(string(envelope.Retry))), RetryAt: param(envelope.RetryAt), Fault: api.Fault(param(string(envelope.Fault))),
		Params: params(envelope.Params), Proved: proved,
	}
}

// param returns a printable, bounded value from others.
func param(s string) string { return Printable(api.Clip(s, maxParam)) }

// params returns a refusal's parameters that way. Of too many, the first by name stay.
func params(said map[string]string) map[string]string {
	if len(said) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(said))
	kept := make(map[string]string, min(len(names), maxParams))
	for _, name := range names[:min(len(names), maxParams)] {
		kept[param(name)] = param(said[name])
	}
	return kept
}

// Printable escapes what could control a terminal or deceive its reader in text
// from others. It is terminal.Plain.
func Printable(s string) string { return terminal.Plain(s) }
