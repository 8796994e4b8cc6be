package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	coretypes "github.com/cometbft/cometbft/rpc/core/types"
)

const (
	// healthPath is beside REST, for supervisors and load balancers.
	healthPath = "/health"
	// stalledAfter is the age of the newest block from which on a daemon is not healthy:
	// several times what a network takes for a block, and what DbcChainStalled alerts on.
	stalledAfter = time.Minute
	// healthLimit bounds one look.
	healthLimit = 2 * time.Second
)

// healthCode is a reason not to rely on a daemon now.
type healthCode string

const (
	// healthStalled means that the newest block is old though the daemon is not catching
	// up. Params: age_s, limit_s.
	healthStalled healthCode = "CHAIN_STALLED"
	// healthCatching means that the daemon fetches blocks that others have. Params: age_s.
	healthCatching healthCode = "CATCHING_UP"
	// healthEmpty means that there is no block yet.
	healthEmpty healthCode = "NO_BLOCK"
	// healthSilent means that CometBFT does not answer.
	healthSilent healthCode = "CONSENSUS_UNREACHABLE"
)

type healthReason struct {
	Code   healthCode       `json:"code"`
	Params map[string]int64 `json:"params,omitempty"`
}

// healthReply is what /health answers: 200 if there is no reason, else 503.
type healthReply struct {
	Healthy bool           `json:"healthy"`
	Reasons []healthReason `json:"reasons"`
	ChainID string         `json:"chain_id,omitempty"`
	Height  int64          `json:"height"`
}

// statusSource is CometBFT in this process.
type statusSource interface {
	Status(ctx context.Context) (*coretypes.ResultStatus, error)
}

// health answers whether the daemon can be relied on. It tells nothing that its RPC does not.
func health(source statusSource, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), healthLimit)
		defer cancel()
		reply := judge(ctx, source, now())
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if !reply.Healthy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(reply) // whoever asked has gone
	})
}

func judge(ctx context.Context, source statusSource, now time.Time) healthReply {
	reply := healthReply{Reasons: []healthReason{}}
	status, err := source.Status(ctx)
	if err != nil {
		reply.Reasons = append(reply.Reasons, healthReason{Code: healthSilent})
		return reply
	}
	sync := status.SyncInfo
	reply.ChainID, reply.Height = status.NodeInfo.Network, sync.LatestBlockHeight
	age := now.Sub(sync.LatestBlockTime)
	switch seconds := int64(age / time.Second); {
	case sync.LatestBlockHeight == 0:
		reply.Reasons = append(reply.Reasons, healthReason{Code: healthEmpty})
	case sync.CatchingUp:
		reply.Reasons = append(reply.Reasons, healthReason{healthCatching, map[string]int64{"age_s": seconds}})
	case age > stalledAfter:
		reply.Reasons = append(reply.Reasons, healthReason{healthStalled, map[string]int64{"age_s": seconds, "limit_s": int64(stalledAfter / time.Second)}})
	}
	reply.Healthy = len(reply.Reasons) == 0
	return reply
}
