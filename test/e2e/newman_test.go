package e2e

import (
	"encoding/json"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/devnet"
)

// collections is the folder of the Postman collections, newman the program that
// runs them; npm ci in test/postman installs it.
const (
	collections = "../../docs/postman"
	newman      = "../postman/node_modules/newman/bin/newman.js"
)

// TestPostman runs both collections with a ticket made by sign_tool on a real
// guest: the guide's in one go, the generated one in an order in which every
// request is valid. What a ticket may not do is refused there with 403 and done
// here with exact signatures.
func TestPostman(t *testing.T) {
	w := start(t)
	alice, words, err := w.ring.Create("alice")
	w.must(err)
	_, err = devnet.Fund(w.ctx, w.chain, w.ring, alice.Address(), coins)
	w.must(err)
	w.dbc("rent", w.info.MachineID, "2h", "--wallet", "alice")
	node, err := client.NewNode(client.NodeConfig{
		URL: w.info.Client, ChainID: w.info.ChainID, MachineID: w.info.MachineID, Signer: alice,
	})
	w.must(err)
	p := postman{world: w, node: node, names: map[string]int{}, env: w.ticket(alice.Address(), words)}
	maps.Copy(p.env, map[string]string{
		"base_url": w.info.Client, "machine_id": w.info.MachineID, "image_name": "tiny.qcow2",
		"ssh_port": strconv.Itoa(int(devnetPort(w, t))), "gpu_count": "2", "cpu_cores": "2", "mem_rate": "0.9",
	})

	p.run("guide.postman.json")
	p.each("guide.postman.json", 1)
	task := w.onlyTask("alice")
	if said := w.passwordLogin(task, "alice"); !strings.Contains(said, "Linux") {
		t.Errorf("the guest says %q", said)
	}
	w.dbc("vm", "delete", task, "--yes", "--wallet", "alice")
	w.waitFor("the guide's VM is gone", func() bool { return w.running() == 0 })

	p.generated()
}

// postman runs requests and counts them by name.
type postman struct {
	*world
	node  *client.Node
	env   map[string]string
	names map[string]int
}

// generated is the life of one VM; requests that are not named here are sent
// while it runs.
func (p postman) generated() {
	const file = "node.postman.json"
	moves := []string{"add_disk", "resize_disk", "create_task", "stop_task", "start_task", "restart_task", "reset_task", "shutdown_task", "poweroff_task"}
	var rest []string
	for _, name := range p.requests(file) {
		if !slices.Contains(moves, name) {
			rest = append(rest, name)
		}
	}
	clear(p.names)
	p.run(file, "create_task")
	p.env["id"], p.env["rent_id"] = p.onlyTask("alice"), "1"
	p.await(client.StatusRunning)
	p.run(file, rest...)
	for _, move := range []struct{ request, status string }{
		{"add_disk", client.StatusRunning},
		{"resize_disk", client.StatusRunning},
		{"stop_task", client.StatusClosed},
		{"start_task", client.StatusRunning},
		{"restart_task", client.StatusRunning},
		{"reset_task", client.StatusRunning},
		{"shutdown_task", client.StatusClosed},
	} {
		p.run(file, move.request)
		p.await(move.status)
	}
	p.must(p.node.StartTask(p.ctx, p.env["id"]))
	p.await(client.StatusRunning)
	p.run(file, "poweroff_task")
	p.await(client.StatusClosed)
	p.each(file, 1)
}

// await waits until the VM has a status and no work is in progress.
func (p postman) await(status string) {
	p.t.Helper()
	_, err := p.node.WaitTask(p.ctx, p.env["id"], status, nil)
	p.must(err)
}

// requests returns the names of a collection's requests.
func (p postman) requests(file string) []string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(collections, file))
	p.must(err)
	var collection struct{ Item []struct{ Name string } }
	p.must(json.Unmarshal(text, &collection))
	names := make([]string, len(collection.Item))
	for i, item := range collection.Item {
		names[i] = item.Name
	}
	return names
}

// each fails for a request that ran fewer than the given number of times.
func (p postman) each(file string, times int) {
	p.t.Helper()
	for _, name := range p.requests(file) {
		if p.names[name] < times {
			p.t.Errorf("%s: %s ran %d times", file, name, p.names[name])
		}
	}
}

// run runs the named requests of a collection, or all of them.
func (p postman) run(file string, names ...string) {
	p.t.Helper()
	result := filepath.Join(p.t.TempDir(), "newman.json")
	args := []string{
		newman, "run", filepath.Join(collections, file), "--color", "off", "--delay-request", "300",
		"--reporters", "cli,json", "--reporter-json-export", result,
	}
	for key, value := range p.env {
		args = append(args, "--env-var", key+"="+value)
	}
	for _, name := range names {
		args = append(args, "--folder", name)
	}
	said, err := exec.CommandContext(p.ctx, "node", args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("newman run %s %v: %v: %s", file, names, err, said)
	}
	text, err := os.ReadFile(result)
	p.must(err)
	var ran struct {
		Run struct {
			Executions []struct {
				Item       struct{ Name string }
				Assertions []struct{ Assertion string }
			}
		}
	}
	p.must(json.Unmarshal(text, &ran))
	for _, e := range ran.Run.Executions {
		p.names[e.Item.Name]++
	}
	for _, name := range names {
		if p.names[name] == 0 {
			p.t.Fatalf("newman did not run %s", name)
		}
	}
}

// passwordLogin logs in as in the guide, with the password from the task's
// details, and checks the host key that they name.
func (w *world) passwordLogin(taskID, wallet string) string {
	w.t.Helper()
	var task api.Task
	w.dbcJSON(&task, "vm", "show", taskID, "--wallet", wallet)
	login, err := client.NewLogin(task)
	w.must(err)
	guest, err := ssh.Dial("tcp", net.JoinHostPort(login.Addr.String(), task.SSHPort), &ssh.ClientConfig{
		User: login.User, Auth: []ssh.AuthMethod{ssh.Password(task.LoginPassword)},
		HostKeyCallback: ssh.FixedHostKey(login.HostKeys[0]), HostKeyAlgorithms: []string{login.HostKeys[0].Type()},
	})
	w.must(err)
	defer func() { _ = guest.Close() }()
	session, err := guest.NewSession()
	w.must(err)
	said, err := session.CombinedOutput("uname -s")
	w.must(err)
	return string(said)
}

// ticket returns sign_tool's output as the collections' variables.
func (w *world) ticket(wallet, words string) map[string]string {
	w.t.Helper()
	tool := exec.CommandContext(w.ctx, filepath.Join(programs, "sign_tool"), wallet, "-")
	tool.Stdin = strings.NewReader(words)
	out, err := tool.Output()
	w.must(err)
	printed := map[string]string{}
	for line := range strings.Lines(string(out)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			w.t.Fatalf("sign_tool printed %q", line)
		}
		printed[key] = value
	}
	return printed
}

// onlyTask returns the id of the wallet's only VM.
func (w *world) onlyTask(wallet string) string {
	w.t.Helper()
	var list struct {
		Tasks []struct {
			ID string `json:"task_id"`
		}
	}
	w.dbcJSON(&list, "vm", "list", "--wallet", wallet)
	if len(list.Tasks) != 1 {
		w.t.Fatalf("%s has %d virtual machines", wallet, len(list.Tasks))
	}
	return list.Tasks[0].ID
}
