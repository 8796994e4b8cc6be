package chain

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"runtime/debug"
	"slices"
)

// maxDepth of a genesis document is far more than any has, and far less than
// would overflow the stack.
const maxDepth = 1000

// HashGenesis returns a hash that distinguishes chains by their genesis documents.
// It ignores spaces, the order of an object's keys and the escaping of strings, so
// that it does not depend on which program wrote the file; a number counts as it
// is written. The document may be a gigabyte and is streamed: an object needs
// memory for its keys, an array none. A duplicate key is refused.
//
// A string, a number, true, false and null are hashed by sha256 over their kind
// and text; an array over its elements' hashes; an object over the hashes of its
// keys and values, sorted by the keys' hashes.
func HashGenesis(doc io.Reader) ([32]byte, error) {
	decoder := json.NewDecoder(doc)
	// Keep numbers as written: a float would lose digits of large ones.
	decoder.UseNumber()
	sum, err := hashValue(decoder, 0)
	if err != nil {
		return [32]byte{}, fmt.Errorf("parse the genesis document: %w", err)
	}
	switch _, err := decoder.Token(); {
	case err == nil:
		return [32]byte{}, errors.New("parse the genesis document: something follows it")
	case !errors.Is(err, io.EOF):
		return [32]byte{}, fmt.Errorf("parse the genesis document: %w", err)
	}
	return sum, nil
}

func hashValue(decoder *json.Decoder, depth int) ([32]byte, error) {
	token, err := decoder.Token()
	if err != nil {
		return [32]byte{}, whole(err)
	}
	if depth > maxDepth {
		return [32]byte{}, fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return hashObject(decoder, depth)
		}
		return hashArray(decoder, depth)
	case string:
		return hashScalar('s', v), nil
	case json.Number:
		return hashScalar('n', v.String()), nil
	default:
		return hashScalar('l', fmt.Sprint(v)), nil
	}
}

func hashArray(decoder *json.Decoder, depth int) ([32]byte, error) {
	h := kind('a')
	for decoder.More() {
		element, err := hashValue(decoder, depth+1)
		if err != nil {
			return [32]byte{}, err
		}
		h.Write(element[:])
	}
	return ended(decoder, h)
}

func hashObject(decoder *json.Decoder, depth int) ([32]byte, error) {
	type member struct {
		key   string
		value [32]byte
	}
	var members []member
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return [32]byte{}, whole(err)
		}
		key, ok := token.(string)
		if !ok {
			return [32]byte{}, fmt.Errorf("a key is %v", token)
		}
		value, err := hashValue(decoder, depth+1)
		if err != nil {
			return [32]byte{}, err
		}
		members = append(members, member{key, value})
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	h := kind('o')
	for i, m := range members {
		if i > 0 && m.key == members[i-1].key {
			return [32]byte{}, fmt.Errorf("the key %q is there twice", m.key)
		}
		key := hashScalar('s', m.key)
		h.Write(key[:])
		h.Write(m.value[:])
	}
	return ended(decoder, h)
}

// ended reads the end of an object or array.
func ended(decoder *json.Decoder, h hash.Hash) (sum [32]byte, err error) {
	if _, err := decoder.Token(); err != nil {
		return sum, whole(err)
	}
	h.Sum(sum[:0])
	return sum, nil
}

func kind(k byte) hash.Hash {
	h := sha256.New()
	h.Write([]byte{k})
	return h
}

func hashScalar(k byte, text string) [32]byte {
	return sha256.Sum256(append([]byte{k}, text...))
}

// whole turns an io.EOF inside the document into io.ErrUnexpectedEOF.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// genesisHash requests the genesis document in chunks.
func (c *Client) genesisHash(ctx context.Context) ([32]byte, error) {
	doc := &genesisReader{ctx: ctx, client: c, total: 1}
	sum, err := HashGenesis(doc)
	if doc.next > 1 {
		// The chunks had 16 MiB each; return their memory to the system.
		debug.FreeOSMemory()
	}
	if doc.failed != nil {
		// The parser takes an error that wraps io.EOF for the end of the
		// document.
		return [32]byte{}, fmt.Errorf("read the genesis document: %w", doc.failed)
	}
	return sum, err
}

// genesisReader reads the document's chunks one after the other.
type genesisReader struct {
	ctx         context.Context //nolint:containedctx // io.Reader has none
	client      *Client
	next, total uint
	rest        []byte
	// failed is why a chunk could not be read.
	failed error
}

func (r *genesisReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.next >= r.total {
			return 0, io.EOF
		}
		if r.failed = r.piece(); r.failed != nil {
			return 0, r.failed
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *genesisReader) piece() error {
	chunk, err := r.client.rpc.GenesisChunked(r.ctx, r.next)
	if err != nil {
		return rpcError(r.ctx, fmt.Sprintf("ask for piece %d", r.next), err)
	}
	if r.rest, err = base64.StdEncoding.DecodeString(chunk.Data); err != nil {
		return fmt.Errorf("piece %d: %w", r.next, err)
	}
	r.next, r.total = r.next+1, uint(max(chunk.TotalChunks, 0))
	return nil
}
