package keeper

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/dbc-network/dbc/x/machine"
)

type queryServer struct{ k *Keeper }

var _ machine.QueryServer = queryServer{}

// NewQueryServer serves the module's queries.
func NewQueryServer(k *Keeper) machine.QueryServer { return queryServer{k} }

// Machine returns one machine with its free slots.
func (s queryServer) Machine(ctx context.Context, req *machine.QueryMachineRequest) (*machine.QueryMachineResponse, error) {
	m, err := s.k.GetMachine(ctx, req.MachineId)
	if err != nil {
		return nil, statusOf(err)
	}
	free, err := s.k.freeSlots(ctx, m)
	if err != nil {
		return nil, err
	}
	return &machine.QueryMachineResponse{Listing: machine.Listing{Machine: m, FreeSlots: free}}, nil
}

// Challenge returns one open challenge with its effective deadline.
func (s queryServer) Challenge(ctx context.Context, req *machine.QueryChallengeRequest) (*machine.QueryChallengeResponse, error) {
	c, err := s.k.challenge(ctx, req.ChallengeId)
	if err != nil {
		return nil, statusOf(err)
	}
	halted, err := s.k.Halted(ctx)
	if err != nil {
		return nil, err
	}
	return &machine.QueryChallengeResponse{Challenge: c.Effective(halted)}, nil
}

// Params returns the module's parameters.
func (s queryServer) Params(ctx context.Context, _ *machine.QueryParamsRequest) (*machine.QueryParamsResponse, error) {
	params, err := s.k.Params.Get(ctx)
	return &machine.QueryParamsResponse{Params: params}, err
}

// statusOf returns the gRPC status by which clients tell an invalid request from a missing
// object.
func statusOf(err error) error {
	switch {
	case errors.Is(err, machine.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, machine.ErrInvalidID):
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return err
}
