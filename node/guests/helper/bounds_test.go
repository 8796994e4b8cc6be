package helper_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
)

// TestWaitingIsBounded: a node that has been taken over can't fill the helper's memory
// with calls that wait for a turn which does not come.
func TestWaitingIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	entered, leave := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(entered) })
	w.config.Overlay = func(ctx context.Context, _ image.Image, path string, _ int64) error {
		once()
		select {
		case <-leave:
		case <-ctx.Done():
		}
		return os.WriteFile(path, nil, 0o600)
	}
	w.stop()
	w.start()
	w.bind()
	ctx, files := spoken(t, helper.Version), steps.NewFilesClient(w.raw(t))
	call := func(wallet string) error {
		_, err := files.MakeSystem(ctx, &steps.MakeSystemRequest{
			Folder: folderOf("busy"), Image: "tiny.qcow2", Gib: 10, RentId: rent, Wallet: wallet,
		})
		return err
	}
	first := make(chan error, 1)
	go func() { first <- call(alice.Address()) }()
	<-entered

	const calls, size = 60, 1 << 20
	ended := make(chan error, calls)
	for range calls {
		go func() { ended <- call(strings.Repeat("a", size)) }()
	}
	for range calls - (16<<20)/size { // at once: the others wait for the first one
		refused(t, "a call beyond the bound", <-ended, "unavailable", "bytes of calls under way")
	}
	close(leave)
	must(t, <-first)
	for range (16 << 20) / size {
		if err := <-ended; err == nil {
			t.Error("a wallet of 1 MiB was taken")
		}
	}
	if err := call(strings.Repeat("a", 2<<20)); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a message of 2 MiB: %v", err)
	}
	must(t, call(alice.Address())) // what was held is free again
}

// TestCallsAreBounded: neither calls that never end nor connections add up.
func TestCallsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bind()
	ctx, cancel := context.WithCancel(spoken(t, helper.Version))
	defer cancel()
	const most, each = 256, 150
	watching := 0
	for range 2 {
		machines := steps.NewMachinesClient(w.raw(t))
		for range each {
			stream, err := machines.Watch(ctx, &steps.WatchRequest{})
			must(t, err)
			switch _, err := stream.Recv(); status.Code(err) {
			case codes.OK:
				watching++
			case codes.Unavailable:
			default:
				t.Fatal(err)
			}
		}
	}
	if watching != most {
		t.Errorf("%d calls are under way, want %d", watching, most)
	}
	cancel()
	until(t, "calls that ended", func() bool {
		_, err := w.client.List(t.Context())
		return err == nil
	})
}

// TestConnectionsAreBounded: one user has a few connections, and a new one once
// another is closed.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bind() // by a connection of its own
	ask := func(conn *grpc.ClientConn) error {
		_, err := steps.NewMachinesClient(conn).List(spoken(t, helper.Version), &steps.ListRequest{})
		return err
	}
	const most = 8
	for range most - 2 {
		must(t, ask(w.raw(t)))
	}
	left, err := grpc.NewClient("unix:"+w.socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	must(t, ask(left))
	conn, err := new(net.Dialer).DialContext(t.Context(), "unix", w.socket)
	must(t, err)
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("a connection beyond the bound is answered with %d bytes", n)
	}
	must(t, conn.Close())
	must(t, left.Close())
	until(t, "room for a connection", func() bool { return ask(w.raw(t)) == nil })
}

// TestRefusedCreateIsForgotten: what can't be made is not recorded, or a node would
// fill the record with it.
func TestRefusedCreateIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	_, err := steps.NewFilesClient(w.raw(t)).MakeSystem(spoken(t, helper.Version), &steps.MakeSystemRequest{
		Folder: folderOf("small"), Image: "tiny.qcow2", RentId: rent, Wallet: alice.Address(),
	})
	refused(t, "a disk smaller than its image", err, "disk too small", "needs")
	if _, err := os.Stat(filepath.Join(w.data, "record", folderOf("small")+".json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is recorded: %v", err)
	}
}

// TestStreamsGiveBack: neither a stream that breaks the protocol nor one that ends keeps
// what was counted for its messages.
func TestStreamsGiveBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bind()
	conn := w.raw(t)
	ctx, cancel := context.WithCancel(spoken(t, helper.Version))
	defer cancel()
	large := func(m proto.Message) proto.Message {
		m.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, 1000, protowire.BytesType), make([]byte, 1<<20)))
		return m
	}
	for range 20 {
		twice, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, steps.Machines_Watch_FullMethodName)
		must(t, err)
		_ = twice.SendMsg(large(&steps.WatchRequest{}))
		_ = twice.SendMsg(large(&steps.WatchRequest{}))
		if err := twice.RecvMsg(&steps.Change{}); err == nil {
			t.Error("two requests of a call that has one were taken")
		}
		odd, err := steps.NewMachinesClient(conn).Connect(ctx)
		must(t, err)
		_ = odd.SendMsg(large(&steps.ConnectRequest{}))
		if _, err := odd.Recv(); err == nil {
			t.Error("no wire was opened")
		}
	}
	list := &steps.ListRequest{}
	large(list)
	until(t, "what was held to be free", func() bool {
		ended := make(chan error, 12)
		for range cap(ended) {
			go func() {
				_, err := steps.NewMachinesClient(conn).List(ctx, list)
				ended <- err
			}()
		}
		free := true
		for range cap(ended) {
			free = <-ended == nil && free
		}
		return free
	})
}

// TestHeadersAreBounded: what comes before a message is held as long as its call lasts.
func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bind()
	long := metadata.AppendToOutgoingContext(spoken(t, helper.Version), "x", strings.Repeat("x", 64<<10))
	stream, err := steps.NewMachinesClient(w.raw(t)).Watch(long, &steps.WatchRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	if err == nil {
		t.Error("64 KiB of headers were taken")
	}
}

// TestFewDisksAtOnce: each disk that is being made is a process in the helper's unit,
// whose memory 256 of them would fill.
func TestFewDisksAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	const most, calls = 4, 20
	entered, leave := make(chan struct{}, calls), make(chan struct{})
	w.config.Overlay = func(_ context.Context, _ image.Image, path string, _ int64) error {
		entered <- struct{}{}
		<-leave
		return os.WriteFile(path, nil, 0o600)
	}
	w.stop()
	w.start()
	w.bind()
	ctx, files, ended := spoken(t, helper.Version), steps.NewFilesClient(w.raw(t)), make(chan error, calls)
	for n := range calls {
		go func() {
			_, err := files.MakeSystem(ctx, &steps.MakeSystemRequest{
				Folder: folderOf(strings.Repeat("x", n)), Image: "tiny.qcow2", Gib: 10, RentId: rent, Wallet: alice.Address(),
			})
			ended <- err
		}()
	}
	for range most {
		<-entered
	}
	select {
	case <-entered:
		t.Errorf("more than %d disks are made at once", most)
	case <-time.After(300 * time.Millisecond):
	}
	close(leave)
	for range calls {
		must(t, <-ended)
	}
}
