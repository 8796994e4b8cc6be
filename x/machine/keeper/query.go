package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/dbc-network/dbc/x/machine"
)

type queryServer struct{ k *Keeper }

var _ machine.QueryServer = queryServer{}

// NewQueryServer serves the module's queries.
func NewQueryServer(k *Keeper) machine.QueryServer { return queryServer{k} }

// Machine is one machine with its free slots.
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

// Challenge is one open challenge with its effective deadline.
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

// Params are the module's parameters.
func (s queryServer) Params(ctx context.Context, _ *machine.QueryParamsRequest) (*machine.QueryParamsResponse, error) {
	params, err := s.k.Parameters.Get(ctx)
	return &machine.QueryParamsResponse{Params: params}, err
}

// statusOf gives clients the gRPC code that tells a wrong question from a missing thing.
func statusOf(err error) error {
	switch {
	case errorsmod.IsOf(err, machine.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	case errorsmod.IsOf(err, machine.ErrInvalidID):
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return err
}
