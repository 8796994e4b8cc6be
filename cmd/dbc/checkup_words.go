package main

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/client/checkup"
	"github.com/dbc-network/dbc/hw/doctor"
)

// checkupWords are one language's texts of dbc doctor.
type checkupWords struct {
	levels                        map[doctor.Level]string
	after, read, why, do, summary string
	checks                        map[doctor.Check]checkWords
}

// checkupLanguage returns the texts of the language that was asked for, else of the
// user's locale, found as in other programs.
func checkupLanguage(asked string) checkupWords {
	locale := cmp.Or(asked, os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG"))
	if strings.HasPrefix(locale, "zh") {
		return checkupChinese
	}
	return checkupEnglish
}

// by chooses a remedy by the finding's code.
func by(texts map[string]string, other string) func(doctor.Finding) string {
	return func(f doctor.Finding) string {
		text := cmp.Or(texts[f.Read["code"]], other)
		for name, value := range f.Read {
			text = strings.ReplaceAll(text, "{"+name+"}", shown(value))
		}
		return text
	}
}

var checkupEnglish = checkupWords{
	levels: map[doctor.Level]string{doctor.Pass: "pass", doctor.Warn: "warn", doctor.Fail: "fail"},
	after:  ": ", read: "read: ", why: "why:  ", do: "do:   ", summary: "%d passed, %d to look at, %d failed.\n",
	checks: map[doctor.Check]checkWords{
		checkup.CheckVersion: {"version", "others need it to help", by(nil, "nothing")},
		checkup.CheckHome: {"home folder", "it holds the wallets, what was sent, and the keys of guests", by(map[string]string{
			"MISSING": "nothing: the first wallet makes it", "NO_FOLDER": "name a folder: --home or DBC_HOME",
			"OTHERS_WRITE": "chmod 0700 {home}",
		}, "give it to the user that runs dbc, such as: chown -R $USER {home}")},
		checkup.CheckSpace:   {"room in the home folder", "a transaction is stored before it is sent; without room nothing is sent", by(nil, "free room on its file system: {wanted_mib} MiB or more")},
		checkup.CheckWallets: {"wallets", "a wallet pays, and signs what machines are asked", by(map[string]string{"NONE": "dbc wallet create NAME, or dbc wallet import NAME", "OTHERS_READ": "chmod 0600 {file}"}, "make {file} readable for the user that runs dbc, or remove it if it is no wallet")},
		checkup.CheckPassphrase: {"passphrase", "whoever has it and the wallet's file has the coins", by(map[string]string{
			"OTHERS_READ": "chmod 0600 {file}", "UNREADABLE": "set DBC_PASSPHRASE_FILE to the file with the passphrase, or unset it",
			"ENVIRONMENT": "prefer DBC_PASSPHRASE_FILE: other programs of yours can read the environment",
		}, "nothing")},
		checkup.CheckOutbox:    {"sent and not settled", "its wallet signs nothing else until it is known what became of it", by(nil, "dbc wallet pending --wallet {wallet}")},
		checkup.CheckSSH:       {"ssh", "dbc ssh runs it", by(map[string]string{"MISSING": "install OpenSSH's client, such as: apt install openssh-client; Windows has it among its optional features"}, "repair {program}")},
		checkup.CheckSSHConfig: {"ssh's configuration", "ssh refuses to run with what it does not understand", by(nil, "correct the line that it names, in ~/.ssh/config or /etc/ssh/ssh_config")},
		checkup.CheckSSHKey:    {"ssh key", "a virtual machine without one gets a password", by(nil, "ssh-keygen -t ed25519")},
		checkup.CheckRPC:       {"RPC of the chain's node", "blocks and transactions go through it", by(nil, "start dbcd or a devnet, or name another node: --rpc and --grpc. If {rpc} is elsewhere, check the network and the firewall")},
		checkup.CheckGRPC:      {"gRPC of the chain's node", "machines, rentals and balances are read through it", by(nil, "start dbcd or a devnet, or name another node: --grpc. If {grpc} is elsewhere, it needs TLS, or http:// before it")},
		checkup.CheckChain:     {"network", "a wallet's coins exist on one chain", by(nil, "name the node of {wanted} with --rpc and --grpc, or the network of this one with --chain-id {serves}")},
		checkup.CheckHeight: {"newest block", "without new blocks nothing that is sent takes effect", by(map[string]string{
			"CATCHING_UP": "wait until the node has caught up, or use another with --rpc and --grpc", "NO_BLOCK": "wait for the chain's first block",
		}, "use another node with --rpc and --grpc; if all stand still, the chain does, and deadlines move with it")},
		checkup.CheckClock: {"this computer's clock", "requests to machines carry the time, and are refused if it is wrong", by(nil, "set the clock, such as: timedatectl set-ntp true")},
		checkup.CheckNode: {"client node", "it finds machines and serves the web app; without one, dbc asks machines directly", by(map[string]string{
			"UNREACHABLE":       "nothing, or start one: dbc node start",
			"NOT_A_CLIENT_NODE": "name a client node with --node; {node} is of the role {role}",
			"OTHER_CHAIN":       "set chain_id={wanted} and its chain_rpc and chain_grpc in the node's core.conf, or name another node with --node",
			"NO_PEERS":          "add peers of the network to the node's core.conf, and let its port 5001 out",
			"OTHER_VERSION":     "install the same version of dbc for both",
			"DISK_FULL":         "free room on the file system of the node's home",
			"DISK_READ_ONLY":    "the node's disk takes no writes: look at the kernel's log (dmesg) for its fault, then mount it for writing",
			"HEALTH_UNKNOWN":    "look at the node's log: something that it reads, such as its disk, does not answer",
		}, "repair the dbcd that the node asks: chain_rpc and chain_grpc of its core.conf")},
	},
}

var checkupChinese = checkupWords{
	levels: map[doctor.Level]string{doctor.Pass: "通过", doctor.Warn: "注意", doctor.Fail: "失败"},
	after:  "：", read: "读到：", why: "原因：", do: "处理：", summary: "%d 项通过，%d 项需留意，%d 项失败。\n",
	checks: map[doctor.Check]checkWords{
		checkup.CheckVersion: {"版本", "求助时需要", by(nil, "无需处理")},
		checkup.CheckHome: {"主目录", "其中有钱包、已发送的交易和客户机的密钥", by(map[string]string{
			"MISSING": "无需处理：创建第一个钱包时会生成", "NO_FOLDER": "用 --home 或 DBC_HOME 指定一个目录",
			"OTHERS_WRITE": "chmod 0700 {home}",
		}, "把它交给运行 dbc 的用户，如：chown -R $USER {home}")},
		checkup.CheckSpace:   {"主目录的剩余空间", "交易在发送前先保存；没有空间就不会发送", by(nil, "在其文件系统上腾出空间：至少 {wanted_mib} MiB")},
		checkup.CheckWallets: {"钱包", "付款和签署对机器的请求都靠它", by(map[string]string{"NONE": "dbc wallet create 名称，或 dbc wallet import 名称", "OTHERS_READ": "chmod 0600 {file}"}, "让运行 dbc 的用户能读取 {file}；如果它不是钱包，请删除")},
		checkup.CheckPassphrase: {"密码短语", "有了它和钱包文件就能动用钱包里的币", by(map[string]string{
			"OTHERS_READ": "chmod 0600 {file}", "UNREADABLE": "把 DBC_PASSPHRASE_FILE 设为存放密码短语的文件，或取消设置",
			"ENVIRONMENT": "最好改用 DBC_PASSPHRASE_FILE：您的其他程序能读到环境变量",
		}, "无需处理")},
		checkup.CheckOutbox:    {"已发送、结果未知的交易", "结果查明之前，该钱包不签署其他交易", by(nil, "dbc wallet pending --wallet {wallet}")},
		checkup.CheckSSH:       {"ssh", "dbc ssh 要运行它", by(map[string]string{"MISSING": "安装 OpenSSH 客户端，如：apt install openssh-client；在 Windows 上它是一项可选功能"}, "修复 {program}")},
		checkup.CheckSSHConfig: {"ssh 的配置", "配置里有不认识的内容时 ssh 拒绝运行", by(nil, "按它指出的行修改 ~/.ssh/config 或 /etc/ssh/ssh_config")},
		checkup.CheckSSHKey:    {"ssh 密钥", "没有密钥的虚拟机会使用密码", by(nil, "ssh-keygen -t ed25519")},
		checkup.CheckRPC:       {"链节点的 RPC", "区块和交易经由它", by(nil, "启动 dbcd 或 devnet，或用 --rpc 和 --grpc 指定另一个节点。{rpc} 在别处时，检查网络和防火墙")},
		checkup.CheckGRPC:      {"链节点的 gRPC", "机器、租用和余额经由它读取", by(nil, "启动 dbcd 或 devnet，或用 --grpc 指定另一个节点。{grpc} 在别处时需要 TLS，或在前面加 http://")},
		checkup.CheckChain:     {"网络", "钱包里的币只存在于一条链上", by(nil, "用 --rpc 和 --grpc 指定 {wanted} 的节点，或用 --chain-id {serves} 选择这个节点的网络")},
		checkup.CheckHeight: {"最新区块", "没有新区块，发送的交易就不会生效", by(map[string]string{
			"CATCHING_UP": "等节点追上，或用 --rpc 和 --grpc 换一个", "NO_BLOCK": "等待链的第一个区块",
		}, "用 --rpc 和 --grpc 换一个节点；如果都不动，就是链停了，期限会随之推移")},
		checkup.CheckClock: {"本机时钟", "发给机器的请求带有时间，时间不对会被拒绝", by(nil, "校准时钟，如：timedatectl set-ntp true")},
		checkup.CheckNode: {"客户端节点", "它查找机器并提供网页应用；没有它时，dbc 直接询问机器", by(map[string]string{
			"UNREACHABLE":       "无需处理，或启动一个：dbc node start",
			"NOT_A_CLIENT_NODE": "用 --node 指定客户端节点；{node} 的角色是 {role}",
			"OTHER_CHAIN":       "在该节点的 core.conf 中设置 chain_id={wanted} 及其 chain_rpc 和 chain_grpc，或用 --node 换一个",
			"NO_PEERS":          "在该节点的 core.conf 中加入网络的对等节点，并放行其端口 5001",
			"OTHER_VERSION":     "让两者安装同一版本的 dbc",
			"DISK_FULL":         "在该节点主目录所在的文件系统上腾出空间",
			"DISK_READ_ONLY":    "该节点的磁盘无法写入：查看内核日志（dmesg）中的故障，然后以可写方式重新挂载",
			"HEALTH_UNKNOWN":    "查看该节点的日志：它要读取的东西（如磁盘）没有应答",
		}, "修复该节点所用的 dbcd：其 core.conf 的 chain_rpc 和 chain_grpc")},
	},
}

// checkWords says what a check is, why it matters and how to fix it.
type checkWords struct {
	name, why string
	fix       func(f doctor.Finding) string
}

// readOf writes the values that a check read.
func readOf(f doctor.Finding) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(f.Read)) {
		if f.Read[name] != "" {
			out = append(out, name+"="+shown(f.Read[name]))
		}
	}
	return strings.Join(out, " ")
}

// shown keeps control characters in a program's name from a terminal.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
