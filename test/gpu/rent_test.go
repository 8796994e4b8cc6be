package gpu

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/vm"
)

// testHelper: two renters have a card each, and each card comes clean to the next
// one or to none, whatever is killed and whoever asks.
func (c *computer) testHelper(t *testing.T) {
	t.Helper()
	// Nobody knows who had the cards before: each is reset before it is given away.
	c.states("ready", "ready", "quarantined RESET_FAILED")
	// A reservation that is cut off can be repeated, and is no other VM's.
	c.done("make a", "make b", "make c")
	c.run(asNode("define a 0") + " >/dev/null 2>&1 & " + killed("dbc-helper") + "; wait")
	c.done("define a 0")
	c.attack(t)
	c.states("in_use a", "ready", "quarantined RESET_FAILED")
	c.run(killed("dbc-helper"))
	c.done("start a", "define b 1", "start b")
	c.run(killed("dbc-helper"))
	c.states("in_use a", "in_use b", "quarantined RESET_FAILED")
	for i, a := range c.node("state a", "state b") {
		if a.State != vm.StateRunning {
			t.Errorf("after a kill, VM %d is %q (%s)", i, a.State, a.Error)
		}
	}
	// One after the other: each emulated processor takes a real one.
	c.done("pause b")
	c.see(t, "a", "0 1234:1111", "1 8086:293e", "2 1b36:000d")
	c.done("resume b")
	c.see(t, "b", "0 1af4:1050")
	c.end(t)
}

// startHelper sets a compute node up and starts its half with privileges, by the
// unit that hosts have.
func (c *computer) startHelper() {
	c.t.Helper()
	c.run(`dbc node init --role mining --home /etc/dbc --set chain_id=` + chainID + ` --set public_ip=203.0.113.7 --set helper_socket=` + socket + ` \
		--set test_emulation=true --set host_cpus=0 --set host_memory_mib=256 --set guest_cidr=` + cidr.String() + ` \
		--set operator_key=` + operator + ` --set keyring_passphrase_file=/etc/dbc/passphrase
		chown -R dbc-node: /etc/dbc/dat /etc/dbc/keys /etc/dbc/passphrase
		systemctl start libvirtd dbc-helper
		until [ -e ` + data + `/helper.pub ]; do sleep 0.1; done`) // then it has the key that is listed
}

// attack is what a node does that somebody took over: no slot, card or command is
// its own to choose.
func (c *computer) attack(t *testing.T) {
	t.Helper()
	lines := []string{
		"define b 0", "define b 1 0", "define b 2", "define b 3", "define a 0 1", // of which the third left slot 1 ready
		"check 2",
	}
	codes := []string{"SLOT_HELD", "SLOT_HELD", "SLOT_QUARANTINED", "SLOT_UNKNOWN", "SLOT_CHANGE", ""}
	for i, a := range c.node(lines...) {
		if a.Error == "" || a.Code != codes[i] {
			t.Errorf("%s: refused with %q (%q), want %q", lines[i], a.Code, a.Error, codes[i])
		}
	}
	for _, script := range []string{
		"virsh -c qemu:///system list", "dbc-helper reset-card hot 0000:03:00.0", "echo > /sys/bus/pci/devices/0000:04:00.0/driver_override", "cat /dev/vfio/*",
	} {
		if out, err := c.try(asUser("dbc-node", "sh", "-c", script)); err == nil {
			t.Errorf("%s: %s", script, out)
		}
	}
}

// see waits for the guest's firmware to find the card: all functions in one place,
// behind a port.
func (c *computer) see(t *testing.T, name string, want ...string) {
	t.Helper()
	c.seen(t, binding.VM(rentOf(name), folderOf(name)).Domain, want...)
	c.done("pause " + name) // it has shown what it should
}

func (c *computer) seen(t *testing.T, domain string, want ...string) {
	t.Helper()
	untilEvery(t, 2*time.Second, fmt.Sprintf("the guest %s sees %q", domain, want), func() bool {
		var got []string
		said, _ := c.try("virsh qemu-monitor-command --hmp " + domain + " info pci") // it may not run yet
		for _, m := range function.FindAllStringSubmatch(said, -1) {
			got = append(got, m[1]+" "+m[2])
		}
		return strings.Join(got, ", ") == strings.Join(want, ", ")
	})
}

// function is one on the first bus behind a port.
var function = regexp.MustCompile(`Bus +1, device +0, function (\d):\s+[^:]+: PCI device ([0-9a-f:]+)`)

// end: the cards go to the next renters, each by its reset.
func (c *computer) end(t *testing.T) {
	t.Helper()
	c.done("stop a")
	c.states("in_use a", "in_use b", "quarantined RESET_FAILED") // it may start again
	// Something on the host has the card open: who knows what it does there.
	group := c.run("basename $(readlink /sys/bus/pci/devices/0000:01:00.0/iommu_group)")
	c.hold(group)
	c.done("undefine a")
	c.states("quarantined IN_USE", "in_use b", "quarantined RESET_FAILED")
	c.run(killed("dbc-helper"))
	c.states("quarantined IN_USE", "in_use b", "quarantined RESET_FAILED")
	if a := c.node("define c 0", "state b"); a[0].Code != "SLOT_QUARANTINED" || a[1].State != vm.StatePaused {
		t.Errorf("beside a quarantined slot: %+v", a)
	}
	c.run("systemctl stop holder")
	var checked []asked
	if c.ask(&checked, "/"+inside+" node 'check 0'"); checked[0].Error != "" {
		t.Errorf("checked by root: %s", checked[0].Error)
	}
	// The helper is killed while it resets.
	c.done("stop b", "undefine b")
	c.run(killed("dbc-helper"))
	c.states("ready", "ready", "quarantined RESET_FAILED")
	c.done("define c 0 1", "start c", "pause c")
	c.states("in_use c", "in_use c", "quarantined RESET_FAILED")
	c.done("stop c", "undefine c")
	c.states("ready", "ready", "quarantined RESET_FAILED")
	for _, at := range []string{"01:00.0", "01:00.1", "01:00.2", "02:00.0", "03:00.0"} {
		if driver := c.driver(at); driver != "vfio-pci" {
			t.Errorf("%s is held by %q", at, driver)
		}
	}
	if denied := c.run(`journalctl -b -o cat -u dbc-helper | grep -iE "not permitted|permission denied|read-only file" || true`); denied != "" {
		t.Errorf("denied: %s", denied)
	}
}

// hold has a program open a group until the unit holder is stopped.
func (c *computer) hold(group string) {
	c.t.Helper()
	c.run("systemd-run -q --unit=holder sh -c 'exec 9<>/dev/vfio/" + group + "; sleep infinity'; until [ -e /proc/$(systemctl show --value -p MainPID holder)/fd/9 ]; do sleep 0.1; done")
}

func uuidOf(name string) vm.UUID { return binding.VM(rentOf(name), folderOf(name)).UUID }

func asUser(user string, argv ...string) string {
	script := "setpriv --reuid=" + user + " --regid=$(id -g " + user + ") --clear-groups"
	for _, arg := range argv {
		script += " '" + arg + "'"
	}
	return script
}

func asNode(lines ...string) string {
	return asUser("dbc-node", append([]string{"/" + inside, "node"}, lines...)...)
}

// killed ends a unit's process and returns when systemd has started it again.
func killed(unit string) string {
	pid := "$(systemctl show --value -p MainPID " + unit + ")"
	return "old=" + pid + "; kill -9 $old; until systemctl is-active -q " + unit + " && [ " + pid + " != $old ]; do sleep 0.1; done"
}
