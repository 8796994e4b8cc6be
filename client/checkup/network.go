package checkup

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/x/guard"
)

const (
	// fresh is the age up to which the newest block is as it should be, and tolerance how
	// far it may be in the future: a block's time is that of the votes before it.
	fresh     = time.Minute
	tolerance = 5 * time.Second
	// patience is how long an old block is watched for the next one, which tells a clock
	// that is ahead from a chain that stands still; again is the time between two looks.
	patience = 15 * time.Second
	again    = time.Second
	// callLimit bounds one question, maxReply its answer in bytes.
	callLimit = 5 * time.Second
	maxReply  = 64 << 10
)

// Chain is what is asked of the chain's node.
type Chain interface {
	Newest(ctx context.Context) (chain.Head, error)
	GuardParams(ctx context.Context) (guard.Params, error)
}

var _ Chain = (*chain.Client)(nil)

// Network is where the chain and the client node are.
type Network struct {
	// ChainID is the network that is wanted, "" for any.
	ChainID         string
	GRPC, RPC, Node string
	// Version is this program's.
	Version string
	Chain   Chain
	// Now is time.Now when nil.
	Now func() time.Time
}

func (n Network) now() time.Time {
	if n.Now != nil {
		return n.Now()
	}
	return time.Now()
}

// Examine makes the checks of the network.
func (n Network) Examine(ctx context.Context) []doctor.Finding {
	findings := []doctor.Finding{n.grpc(ctx)}
	head, err := n.newest(ctx)
	if err != nil {
		findings = append(findings, finding(CheckRPC, doctor.Fail, "rpc", n.RPC, "error", err.Error()))
	} else {
		findings = append(findings, finding(CheckRPC, doctor.Pass, "rpc", n.RPC), n.chain(head))
		findings = append(findings, n.time(ctx, head)...)
	}
	return append(findings, n.node(ctx, head.ChainID))
}

func (n Network) newest(ctx context.Context) (chain.Head, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return n.Chain.Newest(ctx)
}

func (n Network) grpc(ctx context.Context) doctor.Finding {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if _, err := n.Chain.GuardParams(ctx); err != nil {
		return finding(CheckGRPC, doctor.Fail, "grpc", n.GRPC, "error", err.Error())
	}
	return finding(CheckGRPC, doctor.Pass, "grpc", n.GRPC)
}

func (n Network) chain(head chain.Head) doctor.Finding {
	if n.ChainID != "" && head.ChainID != n.ChainID {
		return finding(CheckChain, doctor.Fail, "serves", head.ChainID, "wanted", n.ChainID, "rpc", n.RPC)
	}
	return finding(CheckChain, doctor.Pass, "chain_id", head.ChainID)
}

// time judges the newest block and this computer's clock by each other.
func (n Network) time(ctx context.Context, head chain.Head) []doctor.Finding {
	height := strconv.FormatInt(head.Height, 10)
	age := n.now().Sub(head.Time)
	off := strconv.FormatInt(int64(age.Abs()/time.Second), 10)
	switch {
	case head.Height == 0:
		return []doctor.Finding{finding(CheckHeight, doctor.Fail, "code", "NO_BLOCK", "height", "0")}
	case head.CatchingUp:
		return []doctor.Finding{finding(CheckHeight, doctor.Fail, "code", "CATCHING_UP", "height", height, "age_s", off)}
	case age < -tolerance:
		return []doctor.Finding{finding(CheckHeight, doctor.Pass, "height", height), finding(CheckClock, doctor.Fail, "code", "BEHIND", "off_s", off)}
	case age <= fresh:
		return []doctor.Finding{finding(CheckHeight, doctor.Pass, "height", height, "age_s", off), finding(CheckClock, doctor.Pass)}
	case n.grows(ctx, head.Height):
		return []doctor.Finding{finding(CheckHeight, doctor.Pass, "height", height), finding(CheckClock, doctor.Fail, "code", "AHEAD", "off_s", off)}
	}
	return []doctor.Finding{finding(CheckHeight, doctor.Fail, "code", "CHAIN_STALLED", "height", height, "age_s", off)}
}

// grows reports whether a block comes.
func (n Network) grows(ctx context.Context, height int64) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
		if head, err := n.newest(ctx); err == nil && head.Height > height {
			return true
		}
	}
}

// node asks the client node how it is. None is needed: dbc also asks machines directly.
func (n Network) node(ctx context.Context, serves string) doctor.Finding {
	if n.Node == "" {
		return finding(CheckNode, doctor.Pass, "node", "direct")
	}
	root, err := n.root(ctx)
	unhealthy := ""
	if err == nil && root.Role == "client" {
		unhealthy = n.unhealthy(ctx)
	}
	switch {
	case err != nil:
		return finding(CheckNode, doctor.Warn, "code", "UNREACHABLE", "node", n.Node, "error", err.Error())
	case root.Role != "client":
		return finding(CheckNode, doctor.Fail, "code", "NOT_A_CLIENT_NODE", "node", n.Node, "role", root.Role)
	case serves != "" && root.ChainID != serves:
		return finding(CheckNode, doctor.Fail, "code", "OTHER_CHAIN", "node", n.Node, "serves", root.ChainID, "wanted", serves)
	case root.Problem != nil:
		return finding(CheckNode, doctor.Fail, "code", string(root.Problem.Code), "node", n.Node, "height", strconv.FormatInt(root.Height, 10))
	case unhealthy != "":
		return finding(CheckNode, doctor.Fail, "code", unhealthy, "node", n.Node)
	case root.Peers == 0:
		return finding(CheckNode, doctor.Warn, "code", "NO_PEERS", "node", n.Node)
	case root.Version != n.Version:
		return finding(CheckNode, doctor.Warn, "code", "OTHER_VERSION", "node", n.Node, "version", root.Version, "own", n.Version)
	}
	return finding(CheckNode, doctor.Pass, "node", n.Node, "version", root.Version, "peers", strconv.Itoa(root.Peers))
}

func (n Network) root(ctx context.Context) (root api.ClientRoot, err error) {
	_, err = n.ask(ctx, api.PathRoot, &root)
	return root, err
}

// unhealthy returns the first reason not to rely on the client node, "" for none. A node
// of an earlier version does not say.
func (n Network) unhealthy(ctx context.Context) string {
	var health api.Health
	status, err := n.ask(ctx, api.PathHealth, &health)
	if err != nil || status != http.StatusServiceUnavailable || len(health.Reasons) == 0 {
		return ""
	}
	return string(health.Reasons[0].Code)
}

// ask reads a result of the client node.
func (n Network) ask(ctx context.Context, path string, result any) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.Node+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", "application/json")
	answer, err := client.NewHTTP(nil).Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	var reply api.Reply
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxReply)).Decode(&reply); err != nil {
		return 0, fmt.Errorf("the answer is not a node's: %w", err)
	}
	if err := json.Unmarshal(reply.Message, result); err != nil {
		return 0, fmt.Errorf("the answer is not a node's: %w", err)
	}
	return answer.StatusCode, nil
}
