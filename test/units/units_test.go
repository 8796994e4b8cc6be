package units

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	chainID = "dbc-testnet-1" // deploy's README has it
	// passphrase of all wallets, which is required because the chain is not a
	// devnet.
	passphrase = "a-passphrase"
)

// homes are the folders with each wallet.
var homes = map[string]string{"owner": "/root/.dbc", "renter": "/home/renter", "operator": "/etc/dbc"}

// vm is the documented output of dbc vm create and show --json.
type vm struct {
	TaskID   string   `json:"task_id"`
	Status   string   `json:"status"`
	Port     string   `json:"ssh_port"`
	User     string   `json:"user_name"`
	HostKeys []string `json:"ssh_host_keys"`
}

// TestVM: a host sets up a computer by deploy's README and gets a renter, whose
// VM outlives everything that ends around it. What ends by itself is gone.
func TestVM(t *testing.T) {
	c := boot(t)
	c.install()
	c.startChain()
	machineID := c.sell()

	kept := c.create(c.rent(machineID, "20m"))
	ending := c.create(c.rent(machineID, "3m"))
	guest := c.identity(kept)
	users := strings.Fields(c.run("ps -o uid= -C qemu-system-x86_64"))
	if len(users) != 2 || users[0] == users[1] || slices.ContainsFunc(users, isNoGuests) {
		t.Errorf("two VMs run as %q, each should be a user of its own", users)
	}
	for _, script := range disturbances {
		c.run(script)
		if strings.Contains(script, "kill") {
			c.untilBelieves()
			if _, err := c.try(asWallet("renter", "dbc vm show "+kept.TaskID+" --json")); err != nil {
				t.Errorf("the first call has no answer after %s: %v", script, err)
			}
		}
		c.until("the node answers after "+script, func() bool { return c.status(kept) == "running" })
		if now := c.identity(kept); now != guest {
			t.Errorf("after %s the guest is another one", script)
		}
		c.operate(kept)
	}
	c.wallet("renter", "dbc vm stop "+kept.TaskID)
	c.wallet("renter", "dbc vm start "+kept.TaskID)
	if c.identity(kept) == guest {
		t.Error("the guest did not start again")
	}

	c.until("the end of a rental", func() bool { return c.over(ending) && c.domains() == 1 })
	c.wallet("renter", "dbc vm delete --yes "+kept.TaskID)
	c.until("no VM is left", func() bool { return c.domains() == 0 })
	c.until("no folder of it is left", func() bool { return c.run("ls /var/lib/dbc/tasks | grep -c "+kept.TaskID+" || true") == "0" })
	if denied := c.run(`journalctl -b -o cat -u "dbc*" | grep -iE "not permitted|permission denied|read-only file" || true`); denied != "" {
		t.Errorf("denied: %s", denied)
	}
}

// disturbances happen on a host while its VMs run.
var disturbances = []string{
	"systemctl restart dbc-helper dbc-node",
	killed("dbc-helper"),
	killed("dbc-node"),
	"systemctl restart libvirtd",
	"nft flush ruleset", // as a start of nftables.service does
	"systemctl stop dbc-node dbc-helper; systemctl start dbc-helper dbc-node",
	// One process, and two again.
	"sed -i s/^helper_socket/#helper_socket/ /etc/dbc/conf/core.conf; systemctl start dbc-mining",
	killed("dbc-mining"),
	"sed -i s/^#helper_socket/helper_socket/ /etc/dbc/conf/core.conf; systemctl start dbc-helper dbc-node",
}

func killed(unit string) string {
	pid := "$(systemctl show --value -p MainPID " + unit + ")"
	return "old=" + pid + "; kill -9 $old; until systemctl is-active -q " + unit + " && [ " + pid + " != $old ]; do sleep 0.1; done"
}

// install follows deploy's README.
func (c *computer) install() {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "deploy/README.md"))
	c.must(err)
	blocks := regexp.MustCompile(`(?m)(^    .*\n)+`).FindAllString(string(text), -1)
	if len(blocks) != 2 {
		c.t.Fatalf("README has %d blocks of commands, want installation and set-up", len(blocks))
	}
	// A test network's machine on a computer without KVM.
	blocks[1] = strings.Replace(blocks[1], "--role mining ",
		"--role mining --set test_emulation=true --set test_slots=2 --set host_cpus=0 --set host_memory_mib=1024 ", 1)
	c.run("systemctl start libvirtd")
	for _, block := range blocks {
		c.run("cd /mnt\n" + block)
	}
}

// startChain creates a chain with one validator and three wallets that have
// coins. Only the host's computer has the operator's.
func (c *computer) startChain() {
	c.t.Helper()
	var accounts string
	for name, home := range homes {
		var made struct{ Address string }
		c.ask(&made, fmt.Sprintf("yes %s | head -n 2 | dbc wallet create %s --home %s --chain-id %s --json", passphrase, name, home, chainID))
		accounts += " " + made.Address
	}
	c.run(`install -d -m 0700 -o dbcd -g dbcd /var/lib/dbcd
		chain() { runuser -u dbcd -- dbcd "$@" --home /var/lib/dbcd; }
		chain init host --chain-id ` + chainID + ` --default-denom udbc
		sed -i 's/"duration_unit": "1800s"/"duration_unit": "30s"/; s/"min_duration": "3600s"/"min_duration": "60s"/' /var/lib/dbcd/config/genesis.json
		sed -i 's/^timeout_commit = .*/timeout_commit = "500ms"/' /var/lib/dbcd/config/config.toml
		chain keys add validator --keyring-backend test
		chain genesis add-genesis-account validator 1000000000000udbc --keyring-backend test
		for account in` + accounts + `; do chain genesis add-genesis-account $account 100000000000udbc; done
		chain genesis gentx validator 500000000000udbc --keyring-backend test --chain-id ` + chainID + `
		chain genesis collect-gentxs
		systemctl start dbcd
		(umask 077; echo ` + passphrase + ` > /etc/dbc/passphrase)
		printf 'operator_key=operator\nkeyring_passphrase_file=/etc/dbc/passphrase\n' >> /etc/dbc/conf/core.conf
		chown -R dbc-node: /etc/dbc/keys /etc/dbc/passphrase
		systemctl restart dbc-node`)
}

// wallet runs a command of dbc for a wallet.
func (c *computer) wallet(name, command string) string {
	c.t.Helper()
	return c.run(asWallet(name, command))
}

func asWallet(name, command string) string {
	return fmt.Sprintf("echo %s | %s --home %s --wallet %s", passphrase, command, homes[name], name)
}

// sell puts the machine on the market.
func (c *computer) sell() (machineID string) {
	c.t.Helper()
	c.run("install -D -m 0444 -t /var/lib/dbc/images /mnt/build/images/tiny.qcow2")
	c.untilBelieves()
	var operator struct{ Address string }
	c.ask(&operator, asWallet("operator", "dbc wallet show --json"))
	c.wallet("owner", "dbc host bond --yes --node-home /etc/dbc --price 50 --operator "+operator.Address)
	var bond struct {
		MachineID string `json:"machine_id"`
	}
	c.ask(&bond, "dbc host bond --yes --node-home /etc/dbc --price 50 --owner "+operator.Address+" --seq 2 --print")
	c.wallet("operator", "dbc host online --node-home /etc/dbc")
	return bond.MachineID
}

// untilBelieves waits for the node itself, bypassing the client node.
func (c *computer) untilBelieves() {
	c.t.Helper()
	c.until("the node believes the chain", func() bool {
		_, err := c.try("dbc node status --home /etc/dbc")
		return err == nil
	})
}

func (c *computer) rent(machineID, time string) (rentID uint64) {
	c.t.Helper()
	var rented struct {
		RentID uint64 `json:"rent_id"`
	}
	c.ask(&rented, asWallet("renter", fmt.Sprintf("dbc rent %s %s --slots 1 --json", machineID, time)))
	c.wallet("renter", fmt.Sprintf("dbc confirm %d", rented.RentID))
	return rented.RentID
}

func (c *computer) create(rentID uint64) (made vm) {
	c.t.Helper()
	key := filepath.Join(c.dir, "key.pub")
	if _, err := os.Stat(key); err != nil {
		c.must(exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", strings.TrimSuffix(key, ".pub")).Run())
	}
	text, err := os.ReadFile(key)
	c.must(err)
	c.run("echo '" + strings.TrimSpace(string(text)) + "' > /root/key.pub")
	c.ask(&made, asWallet("renter", fmt.Sprintf("dbc vm create %d --mem-rate 0.2 --ssh-key /root/key.pub --json", rentID)))
	return made
}

// status returns a VM's status, or "" while nobody answers.
func (c *computer) status(v vm) string {
	var now vm
	out, err := c.try(asWallet("renter", "dbc vm show "+v.TaskID+" --json"))
	if err != nil || json.Unmarshal([]byte(out), &now) != nil {
		return ""
	}
	return now.Status
}

// over reports whether a VM is closed or, where that was longer ago than its disks
// are kept, deleted.
func (c *computer) over(v vm) bool {
	_, err := c.try(asWallet("renter", "dbc vm show "+v.TaskID+" --json"))
	var exit *exec.ExitError
	return c.status(v) == "closed" || errors.As(err, &exit) && exit.ExitCode() == 3
}

// identity changes with every start of the guest.
func (c *computer) identity(v vm) (id string) {
	c.t.Helper()
	c.until("a login from outside", func() (done bool) {
		said, err := c.login(v, "cat /proc/sys/kernel/random/boot_id")
		id = said
		return err == nil
	})
	return id
}

// domains returns how many exist, running or not, according to the computer's
// own tool.
func (c *computer) domains() int {
	c.t.Helper()
	return len(strings.Fields(c.run("virsh -c qemu:///system list --all --name")))
}

// operate performs the renter's operations that need QEMU, libvirt and the
// guest.
func (c *computer) operate(v vm) {
	c.t.Helper()
	c.wallet("renter", "dbc disk add "+v.TaskID+" 1")
	c.wallet("renter", "dbc disk delete --yes "+v.TaskID+" vdb")
	c.run(fmt.Sprintf("printf 'a-new-password\\n%s\\n' | dbc vm passwd %s --home %s --wallet renter", passphrase, v.TaskID, homes["renter"]))
}

// isNoGuests reports whether a user id is outside the range for guests (ADR
// 0014).
func isNoGuests(uid string) bool {
	n, err := strconv.ParseUint(uid, 10, 32)
	return err != nil || n>>24 != 0x70
}
