package helper

import (
	"fmt"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	encproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/dbc-network/dbc/vm"
)

const (
	// maxValues bounds the values of one message: the ports of 160 VMs with 100 each.
	// An empty value is two bytes on the wire and an object of valueSize in memory, so
	// the message's length alone bounds little.
	maxValues = 64 << 10
	// valueSize is what one value takes in memory at most, beside its bytes.
	valueSize = 128
)

// codec reads messages within bounds: each is counted before it is decoded, by what it
// takes in memory, until it is given back.
type codec struct {
	encoding.CodecV2
	bounds *bounds
	// one is decoded at a time, since its bytes are there twice meanwhile.
	one sync.Mutex
}

func newCodec(b *bounds) *codec {
	return &codec{CodecV2: encoding.GetCodecV2(encproto.Name), bounds: b}
}

// read is what became of a message: what it takes, or why it is refused. What is
// refused is not decoded.
type read struct {
	size    int64
	refused error
}

// Unmarshal is encoding.CodecV2. A refusal is told by bounds.taken, for an error of a
// codec crosses the socket as text alone.
func (c *codec) Unmarshal(data mem.BufferSlice, v any) error {
	message, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("read a message: %T is none", v)
	}
	c.one.Lock()
	defer c.one.Unlock()
	buffer := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buffer.Free()
	raw := buffer.ReadOnlyData()
	values := count(message.ProtoReflect().Descriptor(), raw, maxValues)
	if values > maxValues {
		c.bounds.note(v, read{refused: refuse("message", fmt.Sprintf("more than %d values", maxValues), fmt.Sprintf("at most %d", maxValues))})
		return nil
	}
	size := int64(len(raw) + values*valueSize)
	if err := c.bounds.hold(size); err != nil {
		c.bounds.note(v, read{refused: err})
		return nil
	}
	if err := proto.Unmarshal(raw, message); err != nil {
		c.bounds.held.Add(-size)
		return fmt.Errorf("read a message: %w", err)
	}
	c.bounds.note(v, read{size: size})
	return nil
}

// count returns how many values a message has, its own and those of messages within,
// or more than most. Where it is not well-formed, decoding says so.
func count(form protoreflect.MessageDescriptor, raw []byte, most int) (values int) {
	for len(raw) > 0 && values <= most {
		number, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return values
		}
		raw = raw[n:]
		length := protowire.ConsumeFieldValue(number, kind, raw)
		if length < 0 {
			return values
		}
		values++
		if field := form.Fields().ByNumber(number); field != nil && kind == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(raw)
			switch {
			case field.Message() != nil:
				values += count(field.Message(), content, most-values)
			case field.IsList() && field.Kind() != protoreflect.StringKind && field.Kind() != protoreflect.BytesKind:
				values += len(content) // packed: a byte each at least
			}
		}
		raw = raw[length:]
	}
	return values
}

// hold counts bytes; beyond the bound it is vm.ErrUnavailable.
func (b *bounds) hold(size int64) error {
	if now := b.held.Add(size); now > maxHeld {
		b.held.Add(-size)
		return fmt.Errorf("%w: the helper has %d bytes of calls under way, at most %d are taken", vm.ErrUnavailable, now-size, maxHeld)
	}
	return nil
}

// note remembers what became of a message until it is taken. Where a call has one, gRPC
// looks for a second one into the same message.
func (b *bounds) note(message any, now read) {
	if before, was := b.read.Swap(message, now); was {
		b.held.Add(-before.(read).size)
	}
}

// taken returns what gives a message back that the codec read, or why it was refused.
func (b *bounds) taken(message any) (free func(), err error) {
	var r read
	if value, was := b.read.LoadAndDelete(message); was {
		r = value.(read)
	}
	return func() { b.held.Add(-r.size) }, r.refused
}

// heldStream counts each message until the next one is received, or the stream ends.
type heldStream struct {
	grpc.ServerStream
	bounds *bounds

	mu    sync.Mutex
	free  func()
	ended bool
}

// RecvMsg is grpc.ServerStream. One that fails may have read a message before.
func (s *heldStream) RecvMsg(message any) error {
	s.keep(func() {})
	err := s.ServerStream.RecvMsg(message)
	free, refused := s.bounds.taken(message)
	s.keep(free)
	if err == nil {
		err = encode(refused)
	}
	return err
}

// keep gives the message before back.
func (s *heldStream) keep(free func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free != nil {
		s.free()
	}
	if s.free = free; s.ended {
		s.free()
		s.free = nil
	}
}

// end is after the call's handler; what it left to receive is given back at once.
func (s *heldStream) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.keep(func() {})
}
