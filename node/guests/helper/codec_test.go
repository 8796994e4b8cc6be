package helper

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/dbc-network/dbc/node/guests/helper/steps"
)

// repeated is a field that many times, with that content.
func repeated(number protowire.Number, times int, content []byte) (raw []byte) {
	for range times {
		raw = protowire.AppendBytes(protowire.AppendTag(raw, number, protowire.BytesType), content)
	}
	return raw
}

// TestSmallMessagesAreNotLarge: a message of 1.1 MiB made 52 MiB of empty values, and
// 252 of them 5 GiB. None of these is decoded.
func TestSmallMessagesAreNotLarge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw  []byte
		into proto.Message
	}{
		"empty connections": {repeated(1, 500_000, nil), &steps.ApplyRequest{}},
		"empty ports":       {repeated(1, 1, repeated(2, 400_000, nil)), &steps.ApplyRequest{}},
		"packed numbers":    {repeated(7, 1, make([]byte, 1<<20)), &steps.DefineRequest{}},
		"empty texts":       {repeated(4, 500_000, nil), &steps.DefineRequest{}},
		"unknown ones":      {repeated(1000, 200_000, nil), &steps.DefineRequest{}},
	} {
		b := &bounds{}
		if err := newCodec(b).Unmarshal(mem.BufferSlice{mem.SliceBuffer(c.raw)}, c.into); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		free, err := b.taken(c.into)
		if err == nil || proto.Size(c.into) != 0 {
			t.Errorf("%s: %v, %d bytes were decoded", name, err, proto.Size(c.into))
		}
		if free(); b.held.Load() != 0 {
			t.Errorf("%s: %d bytes are held", name, b.held.Load())
		}
	}
}

// TestHeldByMemory: what counts is what a message takes, until it is given back.
func TestHeldByMemory(t *testing.T) {
	t.Parallel()
	b := &bounds{}
	c, raw := newCodec(b), repeated(1, 60_000, nil)
	var all []func()
	for {
		into := &steps.ApplyRequest{}
		if err := c.Unmarshal(mem.BufferSlice{mem.SliceBuffer(raw)}, into); err != nil {
			t.Fatal(err)
		}
		free, err := b.taken(into)
		if err != nil {
			break
		}
		all = append(all, free)
	}
	if len(all) != 2 {
		t.Errorf("%d messages of 8 MiB are held, of 16 MiB", len(all))
	}
	for _, free := range all {
		free()
	}
	if b.held.Load() != 0 {
		t.Errorf("%d bytes are held", b.held.Load())
	}
	if err := c.Unmarshal(mem.BufferSlice{mem.SliceBuffer([]byte{0xff})}, &steps.ApplyRequest{}); err == nil || b.held.Load() != 0 {
		t.Errorf("no message: %v, %d bytes are held", err, b.held.Load())
	}
}

// TestRootIsNotInTheNodesWay: root may still ask while the node has all of its calls.
func TestRootIsNotInTheNodesWay(t *testing.T) {
	t.Parallel()
	b := &bounds{}
	as := func(uid uint32) context.Context {
		return peer.NewContext(t.Context(), &peer.Peer{AuthInfo: peerInfo{uid: uid}})
	}
	for range maxCalls {
		if _, err := b.admitCall(as(1000), nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.admitCall(as(1000), nil); status.Code(err) != codes.Unavailable {
		t.Errorf("one more of the node: %v", err)
	}
	if _, err := b.admitCall(as(0), nil); err != nil {
		t.Errorf("root's first: %v", err)
	}
}

// TestHandlersAreBounded: a caller that leaves leaves no handler behind for each call.
func TestHandlersAreBounded(t *testing.T) {
	t.Parallel()
	b, leave := &bounds{}, make(chan struct{})
	call := func(uid uint32, next grpc.UnaryHandler) error {
		ctx := peer.NewContext(t.Context(), &peer.Peer{AuthInfo: peerInfo{uid: uid}})
		_, err := b.unary(ctx, &steps.ListRequest{}, nil, next)
		return err
	}
	entered, ended := make(chan struct{}), make(chan error)
	for range maxCalls {
		go func() {
			ended <- call(1000, func(context.Context, any) (any, error) {
				entered <- struct{}{}
				<-leave // whatever its context says
				return &steps.ListReply{}, nil
			})
		}()
		<-entered
	}
	done := func(context.Context, any) (any, error) { return &steps.ListReply{}, nil }
	if err := call(1000, done); err == nil {
		t.Error("one more of the node was begun")
	}
	if err := call(0, done); err != nil {
		t.Errorf("root's first: %v", err)
	}
	close(leave)
	for range maxCalls {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if err := call(1000, done); err != nil {
		t.Errorf("after the others: %v", err)
	}
}

// FuzzCount: whatever is counted as few values decodes to no more.
func FuzzCount(f *testing.F) {
	f.Add(repeated(1, 3, repeated(2, 2, nil)))
	f.Add(repeated(7, 1, []byte{1, 2, 3}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, message := range []proto.Message{&steps.ApplyRequest{}, &steps.DefineRequest{}, &steps.ConnectRequest{}, &steps.WriteSeedRequest{}} {
			values := count(message.ProtoReflect().Descriptor(), raw, 1<<20)
			if proto.Unmarshal(raw, message) == nil && inMemory(message.ProtoReflect()) > values {
				t.Errorf("%T of %x: %d values, counted %d", message, raw, inMemory(message.ProtoReflect()), values)
			}
		}
	})
}

// inMemory counts the values of a decoded message.
func inMemory(m protoreflect.Message) (values int) {
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		each := func(v protoreflect.Value) {
			values++
			if field.Message() != nil {
				values += inMemory(v.Message())
			}
		}
		if !field.IsList() {
			each(v)
			return true
		}
		for i := range v.List().Len() {
			each(v.List().Get(i))
		}
		return true
	})
	return values
}
