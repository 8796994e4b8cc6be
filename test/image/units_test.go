package image

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

const (
	repository = "../.."
	unitsChain = "dbc-testnet-1" // deploy's README has it
	diskLabel  = "programs"

	// CAP_NET_ADMIN, CAP_CHOWN, CAP_DAC_OVERRIDE and CAP_FOWNER, as the kernel
	// displays them.
	helperRights = "000000000000100b"
	noRights     = "0000000000000000"
)

// unit is one of deploy's units and the requirements for its process.
type unit struct {
	name, user, rights string
	// exposure is the worst accepted rating by systemd-analyze, in tenths.
	exposure int
}

var (
	daemon  = unit{"dbcd", "dbcd", noRights, 15}
	client  = unit{"dbc-client", "dbc-client", noRights, 15}
	facing  = unit{"dbc-node", "dbc-node", noRights, 15}
	helping = unit{"dbc-helper", "root", helperRights, 35}
	single  = unit{"dbc-mining", "root", helperRights, 35}
)

// programs returns a disk with what `make build` made, deploy, and the home of
// a chain.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, disk := filepath.Join(dir, "root"), filepath.Join(dir, "programs.ext4")
	if err := os.CopyFS(filepath.Join(root, "deploy"), os.DirFS(filepath.Join(repository, "deploy"))); err != nil {
		t.Fatal(err)
	}
	host(t, "install", "-D", "-t", filepath.Join(root, "bin"), // by make build
		filepath.Join(repository, "bin/dbc"), filepath.Join(repository, "bin/dbc-helper"), filepath.Join(repository, "bin/dbcd"), filepath.Join(repository, "bin/sign_tool"))
	home := filepath.Join(root, "chain")
	for _, line := range []string{
		"init guest --chain-id " + unitsChain + " --default-denom udbc",
		"keys add validator --keyring-backend test",
		"genesis add-genesis-account validator 1000000000000udbc --keyring-backend test",
		"genesis gentx validator 500000000000udbc --keyring-backend test --chain-id " + unitsChain,
		"genesis collect-gentxs",
	} {
		host(t, filepath.Join(repository, "bin/dbcd"), append(strings.Fields(line), "--home", home)...)
	}
	host(t, "env", "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin", "mkfs.ext4", "-q", "-L", diskLabel, "-d", root, disk, "512M")
	return disk
}

func host(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, &said)
	}
}

// testUnits executes deploy's README in a guest word by word, and checks what
// systemd made of it. There is no QEMU in the guest: a compute node gets as far
// as looking for it.
func testUnits(t *testing.T, c *ssh.Client) {
	asRoot := func(script string) string {
		t.Helper()
		return command(t, c, "sudo sh -ec '"+strings.ReplaceAll(script, "'", `'\''`)+"'")
	}
	// until waits for an effect of a unit, because systemd has no event for it.
	until := func(what, script string) {
		t.Helper()
		asRoot("timeout 240 sh -c 'until " + script + "; do sleep 0.5; done' || { journalctl -n 30 -o cat -u \"dbc*\"; echo " + what + " did not come; exit 1; }")
	}
	asRoot("mount -o ro LABEL=" + diskLabel + " /mnt")
	for _, block := range readmeBlocks(t) {
		asRoot("cd /mnt\n" + block)
	}
	// Without a chain the node waits, so its state does not change.
	waits := func(u unit, times string) {
		t.Helper()
		until(u.name, `[ $(journalctl -u `+u.name+` -o cat | grep -c "waiting for the chain") -ge `+times+` ]`)
	}
	answers := `curl -sf 127.0.0.1:5050/api/v1/openapi.json -o /dev/null`
	waits(facing, "1")
	until(client.name, answers)
	for _, u := range []unit{helping, facing, client} {
		checkProcess(t, asRoot, u)
	}
	if got := asRoot("stat -c '%U %a' /run/dbc/helper.sock /etc/dbc/conf/core.conf /var/lib/dbc/node"); got != "dbc-node 600\nroot 644\ndbc-node 700" {
		t.Errorf("files: %s", got)
	}
	for _, u := range []unit{helping, facing, client} {
		checkRestart(t, asRoot, until, u)
	}
	waits(facing, "2")
	until(client.name, answers)

	// One process instead of two: each excludes the other.
	asRoot("sed -i s/^helper_socket/#helper_socket/ /etc/dbc/conf/core.conf; systemctl start dbc-mining")
	waits(single, "1")
	checkProcess(t, asRoot, single)
	checkStopped(t, asRoot, facing, helping)
	asRoot("sed -i s/^#helper_socket/helper_socket/ /etc/dbc/conf/core.conf; systemctl start dbc-helper dbc-node")
	waits(facing, "3")
	checkStopped(t, asRoot, single)

	asRoot("install -d -m 0700 -o dbcd -g dbcd /var/lib/dbcd; cp -r /mnt/chain/. /var/lib/dbcd; chown -R dbcd: /var/lib/dbcd; systemctl start dbcd")
	block := `curl -s 127.0.0.1:26657/status | grep -q "latest_block_height\": *\"[1-9]"`
	until(daemon.name, block)
	checkProcess(t, asRoot, daemon)
	until("the list of machines", `curl -sf -H "Content-Type: application/json" -d "{}" 127.0.0.1:5050/api/v1/machines | grep -q "\"total\": *0"`)
	until("the word on QEMU", `journalctl -u dbc-node -o cat | grep -q "open libvirt at /run/libvirt/libvirt-sock: find emulator"`)
	checkRestart(t, asRoot, until, daemon)
	until(daemon.name, block)
	asRoot("systemctl stop dbc-node dbc-helper dbc-client dbcd")
	checkStopped(t, asRoot, daemon, client, helping)
	for _, u := range []unit{daemon, client, facing, helping, single} {
		t.Log(asRoot("systemd-analyze security --no-pager --threshold=" + fmt.Sprint(u.exposure) + " " + u.name + " | tail -n 1"))
	}
}

// checkStopped expects units that ended by themselves when they were told to.
func checkStopped(t *testing.T, asRoot func(string) string, units ...unit) {
	t.Helper()
	for _, u := range units {
		if got := asRoot("systemctl show -p ActiveState -p Result -p ExecMainStatus " + u.name + " | sort"); got != "ActiveState=inactive\nExecMainStatus=0\nResult=success" {
			t.Errorf("%s after its stop: %q", u.name, got)
		}
	}
}

// readmeBlocks returns the commands in deploy's README.
func readmeBlocks(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "deploy/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?m)(^    .*\n)+`).FindAllString(string(text), -1)
	if len(blocks) != 2 {
		t.Fatalf("README has %d blocks of commands, want installation and set-up", len(blocks))
	}
	// The guest has less than a node reserves for itself by default.
	blocks[1] = strings.Replace(blocks[1], "--role mining ", "--role mining --set host_cpus=0 --set host_memory_mib=128 ", 1)
	return blocks
}

// checkProcess expects the unit's main process to have the right user, exactly
// these rights and no way to gain more, and a filter of system calls.
func checkProcess(t *testing.T, asRoot func(string) string, u unit) {
	t.Helper()
	got := asRoot("systemctl is-active " + u.name + "; pid=$(systemctl show --value -p MainPID " + u.name + "); " +
		"stat -c %U /proc/$pid; awk '/^(CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):/{print $1,$2}' /proc/$pid/status")
	want := fmt.Sprintf("active\n%s\nCapPrm: %s\nCapEff: %s\nCapBnd: %s\nCapAmb: %s\nNoNewPrivs: 1\nSeccomp: 2",
		u.user, u.rights, u.rights, u.rights, noRights)
	if got != want {
		t.Errorf("%s:\n%s\nwant\n%s", u.name, got, want)
	}
}

// checkRestart kills the unit's process, and expects systemd to start another.
func checkRestart(t *testing.T, asRoot func(string) string, until func(what, script string), u unit) {
	t.Helper()
	pid := asRoot("pid=$(systemctl show --value -p MainPID " + u.name + "); kill -9 $pid; echo $pid")
	until(u.name+" after its kill", "systemctl is-active -q "+u.name+" && [ $(systemctl show --value -p MainPID "+u.name+") != "+pid+" ]")
	if got := asRoot("systemctl show --value -p NRestarts " + u.name); got != "1" {
		t.Errorf("%s was started again %s times", u.name, got)
	}
}
