package web

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/clientnode/gateway"
	"github.com/dbc-network/dbc/site"
	webapp "github.com/dbc-network/dbc/web"
)

// TestDocs builds the documentation and reads it in the browser, behind a client
// node's own checks. Nothing of it needs a devnet.
func TestDocs(t *testing.T) {
	install(t)
	build := exec.CommandContext(t.Context(), "../../scripts/site.sh")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the documentation: %v: %s", err, said)
	}
	app, err := webapp.Handler()
	if err != nil {
		t.Fatal(err)
	}
	g := gateway.New(gateway.Config{ChainID: "dbc-devnet-1"}, gateway.Deps{
		Log:    slog.New(slog.DiscardHandler),
		Status: func(context.Context) api.ClientRoot { return api.ClientRoot{} },
		Web:    app, Docs: site.New(os.DirFS("../../site/dist")),
	})
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	browse(t, "docs.test.mjs", "BASE="+server.URL)
}
