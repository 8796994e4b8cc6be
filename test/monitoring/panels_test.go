package monitoring

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/clientnode"
	"github.com/dbc-network/dbc/node/compute/books"
	"github.com/dbc-network/dbc/node/compute/health"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/metrics"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/vm"
)

// patience is how long the daemons, Prometheus and two of its scrapes may take.
const patience = 3 * time.Minute

// fewPeers are a compute node's.
type fewPeers struct{}

func (fewPeers) Peers() int { return 2 }
func (fewPeers) Connections() []p2p.Connections {
	return []p2p.Connections{{Direction: "in", Path: "direct", Count: 2}}
}
func (fewPeers) Closed() uint64 { return 0 }

// compute serves a compute node's exporter, on a state that is made up: a node itself
// needs libvirt and root. It is asked once, so that there is something to show.
func compute(t *testing.T) string {
	t.Helper()
	m := metrics.New(metrics.Sources{
		Tasks: func() ([]journal.Task, error) {
			return []journal.Task{{ID: "a", Progress: journal.Progress{State: lifecycle.Running}, Reserved: journal.Reservation{CPUs: 1, Slots: []uint32{0}}}}, nil
		},
		Word: func() trust.Word { return trust.Word{Height: 7, Time: time.Now()} },
		Slots: func(context.Context) ([]host.Slot, error) {
			return []host.Slot{{State: vm.SlotReady}, {State: vm.SlotQuarantined}}, nil
		},
		Health: func() health.Report {
			return health.Report{Examined: time.Now(), Findings: []doctor.Finding{{Check: doctor.CheckSwap, Level: doctor.Warn}}}
		},
		Capacity: host.Capacity{Amount: host.Amount{CPUs: 8, MemoryMiB: 2048, DiskGiB: 100}, GPUs: []int{1, 1}},
		Period:   5 * time.Second, Disks: map[string]string{"data": t.TempDir()},
		Books:   func() books.Sums { return books.Sums{Read: time.Now(), Stake: 1000, Required: 1000, Earned: 30} },
		Problem: func() *api.Problem { return nil },
		Helper: func(context.Context) (helper.Stats, error) {
			return helper.Stats{
				Version: "dev", Started: time.Now(), Limit: 256, ResetsDone: 1,
				Calls: []helper.CallCount{{Method: "Machines/List", Outcome: "done", Count: 9, Took: time.Second}},
			}, nil
		},
	})
	m.Peers(fewPeers{})
	m.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	m.Reconciled(time.Second, nil)
	m.Reconciled(time.Second, errors.New("no"))
	m.Stepped("disk", time.Second, nil)
	m.Stepped("disk", time.Second, errors.New("full"))
	m.Answered("")
	server := httptest.NewUnstartedServer(nil)
	address := netip.MustParseAddrPort(server.Listener.Addr().String())
	server.Config.Handler = m.Handler(httpapi.Guard{Listen: address}, slog.New(slog.DiscardHandler))
	server.Start()
	t.Cleanup(server.Close)
	return address.String()
}

// client runs a client node at a dbcd, and asks it once.
func client(t *testing.T, chainID, grpc, rpc string) string {
	t.Helper()
	home, shown, api := t.TempDir(), "127.0.0.1:"+freePort(t), freePort(t)
	_, err := node.Init(home, conf.RoleClient, map[string]string{
		"chain_id": chainID, "chain_grpc": grpc, "chain_rpc": rpc, "metrics_listen": shown, "http_port": api,
		"net_listen_ip": "127.0.0.1", "net_listen_port": freePort(t), "log_level": "error",
	})
	require.NoError(t, err)
	cfg, err := conf.LoadClient(home)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- clientnode.Run(ctx, cfg) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		reply, err := http.Get("http://127.0.0.1:" + api + "/")
		if err == nil {
			require.NoError(t, reply.Body.Close())
			return shown
		}
		select {
		case <-tick.C:
		case err := <-ended:
			ended <- err
			t.Fatalf("the client node ended: %v", err)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, errors.Join(err, listener.Close()))
	return port
}

// TestMetricNames has promtool check what both nodes export.
func TestMetricNames(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]string{"compute node": compute(t), "client node": client(t, "dbc-devnet-1", "127.0.0.1:1", "http://127.0.0.1:1")} {
		reply, err := http.Get("http://" + at + "/metrics")
		require.NoError(t, err)
		text, err := io.ReadAll(reply.Body)
		require.NoError(t, errors.Join(err, reply.Body.Close()))
		require.Contains(t, string(text), "dbc_build_info", name)
		require.NotRegexp(t, "dbc1[0-9a-z]{20}|[0-9a-f]{64}", string(text), name)
		cmd := exec.CommandContext(t.Context(), tool(t, "promtool"), "check", "metrics")
		cmd.Stdin = bytes.NewReader(text)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", name, out)
		require.Empty(t, string(out), name)
	}
}

// chain starts two validators, so that there are peers, and returns where their metrics
// are, and the first.
func chain(ctx context.Context, t *testing.T) ([]string, *testnet.Validator, string) {
	t.Helper()
	dir := t.TempDir()
	dbcd := filepath.Join(dir, "dbcd")
	require.NoError(t, testnet.Build(ctx, dbcd, ""))
	net, err := testnet.New(ctx, testnet.Config{Dir: filepath.Join(dir, "net"), Dbcd: dbcd, Validators: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, net.Stop()) })
	require.NoError(t, net.Start(ctx))
	var targets []string
	for _, v := range net.Validators {
		at, err := url.Parse(v.Metrics)
		require.NoError(t, err)
		targets = append(targets, at.Host)
	}
	return targets, net.Validators[0], testnet.ChainID
}

// server is a running Prometheus.
type server struct {
	ctx context.Context
	t   *testing.T
	url string
}

func prometheus(ctx context.Context, t *testing.T, jobs map[string][]string) server {
	t.Helper()
	dir := t.TempDir()
	rules, err := filepath.Abs(filepath.Join(shipped, "alerts.yml"))
	require.NoError(t, err)
	config := "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [" + rules + "]\nscrape_configs:\n"
	for job, targets := range jobs {
		config += fmt.Sprintf("  - {job_name: %s, static_configs: [{targets: ['%s']}]}\n", job, strings.Join(targets, "','"))
	}
	file := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	free, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	cmd := exec.Command(tool(t, "prometheus"), "--config.file", file, "--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address", address)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("prometheus: %s", text)
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // a signal ended it
		_ = log.Close()
	})
	return server{ctx, t, "http://" + address}
}

// get asks the API; false while it is not up, or where it refuses.
func (s server) get(path string, to any) bool {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.url+path, nil)
	require.NoError(s.t, err)
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		require.NoError(s.t, s.ctx.Err())
		return false
	}
	defer func() { _ = reply.Body.Close() }()
	return reply.StatusCode == http.StatusOK && json.NewDecoder(reply.Body).Decode(to) == nil
}

// has reports whether an expression returns data.
func (s server) has(expr string) bool {
	var reply struct {
		Data struct{ Result []json.RawMessage }
	}
	return s.get("/api/v1/query?query="+url.QueryEscape(expr), &reply) && len(reply.Data.Result) > 0
}

// until waits for data; Prometheus has no event for a scrape.
func (s server) until(expr string) {
	s.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !s.has(expr) {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			s.t.Fatalf("%s returns nothing: %v", expr, context.Cause(s.ctx))
		}
	}
}

type panel struct {
	Title   string
	Targets []struct{ Expr string }
}

func dashboards(t *testing.T) map[string][]panel {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shipped, "dashboards", "*.json"))
	require.NoError(t, err)
	require.Len(t, files, 4)
	all := make(map[string][]panel)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var dashboard struct {
			UID, Title string
			Panels     []panel
		}
		require.NoError(t, json.Unmarshal(text, &dashboard))
		require.NotEmpty(t, dashboard.UID)
		require.NotEmpty(t, dashboard.Panels)
		all[filepath.Base(file)] = dashboard.Panels
	}
	return all
}

var metricName = regexp.MustCompile(`\b(?:dbc|cometbft|process)_[a-z0-9_]+`)

// TestPanels: every panel returns data from programs that run, and every metric of a panel
// or rule is exported by one of them.
func TestPanels(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	daemons, first, chainID := chain(ctx, t)
	s := prometheus(ctx, t, map[string][]string{
		"dbcd": daemons, "dbc-node": {compute(t)}, "dbc-client": {client(t, chainID, first.GRPC, first.RPC)},
	})
	s.until(`count(count_over_time(up{job=~"dbc.*"}[1m]) > 2) == 4`)
	s.until("dbc_census_height")
	var names struct{ Data []string }
	require.True(t, s.get("/api/v1/label/__name__/values", &names))
	exported := func(of, expr string) {
		t.Helper()
		found := metricName.FindAllString(expr, -1)
		for _, name := range found {
			require.True(t, slices.Contains(names.Data, name), "%s: no program exports %s", of, name)
		}
	}
	for file, panels := range dashboards(t) {
		for _, panel := range panels {
			for _, target := range panel.Targets {
				exported(file+": "+panel.Title, target.Expr)
				s.until(target.Expr)
			}
		}
	}
	for _, rule := range alerts(t) {
		exported(rule.Alert, rule.Expr)
	}
	s.until(`ALERTS{alertname="DbcCardQuarantined",alertstate="firing",severity="page"}`)
}
