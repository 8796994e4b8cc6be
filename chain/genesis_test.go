package chain

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	coretypes "github.com/cometbft/cometbft/rpc/core/types"
)

func TestHashGenesis(t *testing.T) {
	t.Parallel()
	const doc = `{"b":12345678901234567890,"a":[1,{"c":"<","d":null}]}`
	want, err := HashGenesis(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		doc  string
		same bool
	}{
		"spaces":         {"{ \"b\" : 12345678901234567890,\n\t\"a\": [1, {\"c\":\"<\",\"d\":null} ] }\n", true},
		"order of keys":  {`{"a":[1,{"d":null,"c":"<"}],"b":12345678901234567890}`, true},
		"escapes":        {`{"b":12345678901234567890,"a":[1,{"c":"\u003c","d":null}]}`, true},
		"last digit":     {`{"b":12345678901234567891,"a":[1,{"c":"<","d":null}]}`, false},
		"number as text": {`{"b":"12345678901234567890","a":[1,{"c":"<","d":null}]}`, false},
		"null as text":   {`{"b":12345678901234567890,"a":[1,{"c":"<","d":"null"}]}`, false},
		"another key":    {`{"b":12345678901234567890,"a":[1,{"e":"<","d":null}]}`, false},
		"values swapped": {`{"b":12345678901234567890,"a":[1,{"d":"<","c":null}]}`, false},
		"one level less": {`{"b":12345678901234567890,"a":[1,"c","<","d",null]}`, false},
		"order of array": {`{"b":12345678901234567890,"a":[{"c":"<","d":null},1]}`, false},
	} {
		if got, err := HashGenesis(strings.NewReader(c.doc)); err != nil || (got == want) != c.same {
			t.Errorf("%s: %x and %x, %v; want same %t", name, got, want, err, c.same)
		}
	}
}

func TestHashGenesisRefuses(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		"", "{", `{"a"`, `{"a":`, `{"a":1`, `[1,`, `{"a":1}{}`, `{"a":1} x`, `{"a":1,"a":1}`, `{"a":{"b":1,"c":2,"b":3}}`,
		strings.Repeat("[", 1<<20), strings.Repeat("[", maxDepth+2) + strings.Repeat("]", maxDepth+2),
	} {
		if sum, err := HashGenesis(strings.NewReader(doc)); err == nil {
			t.Errorf("%.20q: %x, want an error", doc, sum)
		}
	}
}

// TestHashGenesisKeepsNothing verifies that a document of 64 MiB needs next to
// no memory.
func TestHashGenesisKeepsNothing(t *testing.T) {
	machines := &repeated{text: []byte(`{"id":"0123456789abcdef","price":"1000","gpus":[1,2,3]},`), left: 1 << 20}
	doc := io.MultiReader(strings.NewReader(`{"machines":[`), machines, strings.NewReader(`0],"app":{}}`))
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	machines.half = func() {
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		if grown := int64(now.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
			t.Errorf("half way through, %d bytes are held", grown)
		}
	}
	if _, err := HashGenesis(doc); err != nil {
		t.Error(err)
	}
	if machines.half != nil {
		t.Error("it was not read")
	}
}

// repeated is a text, many times, that calls half when half of it was read.
type repeated struct {
	text []byte
	at   int
	left int
	half func()
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) && r.left > 0 {
		took := copy(p[n:], r.text[r.at:])
		n, r.at = n+took, r.at+took
		if r.at == len(r.text) {
			r.at, r.left = 0, r.left-1
		}
	}
	if r.left < 1<<19 && r.half != nil {
		r.half()
		r.half = nil
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// blocks is a chain whose genesis document has the hash of its name.
type blocks struct {
	name  byte
	from  int64
	reads int
}

func (b *blocks) genesisHash(context.Context) ([32]byte, error) {
	b.reads++
	return [32]byte{b.name}, nil
}

func (b *blocks) blockHash(_ context.Context, height int64) ([]byte, error) {
	if height < b.from {
		return nil, errors.New("pruned")
	}
	return fmt.Append(nil, b.name, height), nil
}

func (b *blocks) info(height int64) coretypes.SyncInfo {
	newest, _ := b.blockHash(context.Background(), height)
	first, _ := b.blockHash(context.Background(), b.from)
	return coretypes.SyncInfo{
		LatestBlockHeight: height, LatestBlockHash: newest, EarliestBlockHeight: b.from, EarliestBlockHash: first,
	}
}

// TestGenesisIsReadAgain verifies that this happens only if the chain may be
// another one.
func TestGenesisIsReadAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		doubted bool
		now     blocks
		height  int64
		reads   int
	}{
		"next block":                        {false, blocks{name: 1, from: 5}, 11, 0},
		"pruned meanwhile":                  {false, blocks{name: 1, from: 6}, 11, 0},
		"pruned past what was known":        {false, blocks{name: 1, from: 11}, 12, 0},
		"lower":                             {false, blocks{name: 1, from: 5}, 9, 1},
		"another first block":               {false, blocks{name: 2, from: 5}, 11, 1},
		"an earlier first block":            {false, blocks{name: 1, from: 1}, 11, 1},
		"away and back":                     {true, blocks{name: 1, from: 5}, 11, 0},
		"away and back, pruned":             {true, blocks{name: 1, from: 8}, 11, 0},
		"away and back, pruned past it":     {true, blocks{name: 1, from: 11}, 12, 1},
		"away and another that is further":  {true, blocks{name: 2, from: 6}, 20, 1},
		"away and another as far":           {true, blocks{name: 2, from: 5}, 10, 1},
		"away and another, pruned past it ": {true, blocks{name: 2, from: 15}, 20, 1},
	} {
		g, before := genesisCache{}, &blocks{name: 1, from: 5}
		if _, err := g.get(t.Context(), before, before.info(10)); err != nil {
			t.Fatal(err)
		}
		if c.doubted {
			g.doubt()
		}
		for range 2 { // the second time it is cached
			hash, err := g.get(t.Context(), &c.now, c.now.info(c.height))
			if err != nil || hash != [32]byte{c.now.name} || c.now.reads != c.reads {
				t.Errorf("%s: hash %x, %v after %d reads, want %d of chain %d", name, hash[:1], err, c.now.reads, c.reads, c.now.name)
			}
		}
	}
}

// TestGenesisFails verifies that a hash that could not be read is requested
// again.
func TestGenesisFails(t *testing.T) {
	t.Parallel()
	var g genesisCache
	b := &blocks{name: 1, from: 5}
	if _, err := g.get(t.Context(), unread{b}, b.info(10)); err == nil {
		t.Error("a hash from nowhere")
	}
	if hash, err := g.get(t.Context(), b, b.info(10)); err != nil || hash != [32]byte{1} {
		t.Errorf("%x, %v", hash, err)
	}
	if _, err := g.get(t.Context(), unread{b}, b.info(9)); err == nil {
		t.Error("the hash of another chain")
	}
	if _, err := g.get(t.Context(), unread{b}, b.info(10)); err == nil {
		t.Error("the hash of another chain, once it's higher")
	}
}

type unread struct{ *blocks }

func (unread) genesisHash(context.Context) ([32]byte, error) { return [32]byte{}, errors.New("cut") }

// TestGenesisCut verifies that a connection that breaks between two chunks does
// not end the document.
func TestGenesisCut(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]string{"inside of it": `{"a":[1,`, "where it may end": `{"a":1}`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var asked struct {
				ID     json.RawMessage
				Params struct{ Chunk string }
			}
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Params.Chunk != "0" {
				panic(http.ErrAbortHandler)
			}
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"chunk":"0","total":"2","data":%q}}`,
				asked.ID, base64.StdEncoding.EncodeToString([]byte(first)))
		}))
		c, err := Dial(t.Context(), Config{GRPC: "127.0.0.1:1", RPC: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := c.genesisHash(t.Context()); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %x, %v, want %v", name, sum, err, ErrUnreachable)
		}
		_ = c.Close()
		server.Close()
	}
}

// TestOutageIsDoubted verifies that any failed query makes the cache doubt.
func TestOutageIsDoubted(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*Client, context.Context) (Head, error){"head": (*Client).Head, "newest": (*Client).Newest} {
		c, err := Dial(t.Context(), Config{GRPC: "127.0.0.1:1", RPC: "http://127.0.0.1:1"})
		if err != nil {
			t.Fatal(err)
		}
		c.genesis.known = true
		if _, err := ask(c, t.Context()); !errors.Is(err, ErrUnreachable) || !c.genesis.doubted {
			t.Errorf("%s: %v, doubted %t", name, err, c.genesis.doubted)
		}
		_ = c.Close()
	}
}
