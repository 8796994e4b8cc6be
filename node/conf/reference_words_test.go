package conf

// limits are what is right for keys, in Chinese.
var limits = map[string]string{
	"mining or client": "mining 或 client",
	"an IP address":    "IP 地址", "1-65535": "1-65535", "true or false": "true 或 false",
	"an absolute path": "绝对路径",
	"host names or addresses, with commas between them":                   "主机名或地址，以逗号分隔",
	"http(s)://host[:port], with commas between them":                     "http(s)://host[:port]，以逗号分隔",
	"a chain id of 1-50 letters, digits, - and _":                         "链 id：1-50 个字母、数字、- 和 _",
	"host:port or http(s)://host:port":                                    "host:port 或 http(s)://host:port",
	"http(s)://host:port":                                                 "http(s)://host:port",
	"the IPv4 address at which published ports answer":                    "发布端口所在的 IPv4 地址",
	"a loopback address and port, such as 127.0.0.1:9464":                 "本机地址和端口，如 127.0.0.1:9464",
	"debug, info, warn or error":                                          "debug、info、warn 或 error",
	"the name of a key":                                                   "密钥的名称：1-64 个字母、数字、_、. 和 -",
	"5200-32767":                                                          "5200-32767",
	"an absolute path of at most 100 bytes, such as /run/dbc/helper.sock": "绝对路径，至多 100 字节，如 /run/dbc/helper.sock",
	"an absolute path of at most 64 bytes (unix sockets are below it) that QEMU's user can enter, so not below /root": "绝对路径，至多 64 字节（其下有 unix socket），QEMU 的用户必须能进入，因此不能在 /root 之下",
	"a private IPv4 network from /16 to /29, such as 172.31.224.0/20":                                                 "私有 IPv4 网络，/16 至 /29，如 172.31.224.0/20",
	"public IPv4 addresses, with commas between them":                                                                 "公共 IPv4 地址，以逗号分隔",
	"0-4096": "0-4096", "0-64": "0-64", "0-1048576": "0-1048576", "0-16777216": "0-16777216", "1-60": "1-60",
}

var ofNodes = []described[Node]{
	{"role", func(n *Node) any { return n.Role }, "which node this is: a compute node or a client node", "节点的角色：计算节点或客户端节点"},
	{"chain_id", func(n *Node) any { return n.ChainID }, "the network; test settings are refused on a main network", "网络；正式网络上拒绝测试设置"},
	{"chain_grpc", func(n *Node) any { return n.ChainGRPC }, "gRPC of the `dbcd` that the node asks. A compute node takes only loopback addresses and the hosts of `chain_trusted`, these by https", "节点所问的 `dbcd` 的 gRPC。计算节点只接受本机地址和 `chain_trusted` 中的主机，后者须用 https"},
	{"chain_rpc", func(n *Node) any { return n.ChainRPC }, "RPC of the same `dbcd`, under the same condition", "同一 `dbcd` 的 RPC，条件相同"},
	{"http_ip", func(n *Node) any { return n.HTTPListen.Addr() }, "where the API listens; of a compute node on a loopback address only", "API 监听的地址；计算节点只能用本机地址"},
	{"http_port", func(n *Node) any { return n.HTTPListen.Port() }, "its port, another one than those of `net_listen_port` and `metrics_listen`", "API 的端口，不能与 `net_listen_port`、`metrics_listen` 相同"},
	{"http_tls_cert", func(n *Node) any { return n.HTTPTLSCert }, "certificate with which the API is served over TLS; together with `http_tls_key`", "用 TLS 提供 API 的证书；与 `http_tls_key` 同时设置"},
	{"http_tls_key", func(n *Node) any { return n.HTTPTLSKey }, "the certificate's key", "证书的密钥"},
	{"http_hosts", func(n *Node) any { return n.HTTPHosts }, "further host names that requests to the API may name", "API 请求中允许的其他主机名"},
	{"http_cors_origins", func(n *Node) any { return n.HTTPCORSOrigins }, "web origins whose pages may call the API", "允许调用 API 的网页来源"},
	{"net_listen_ip", func(n *Node) any { return n.NetListen.Addr() }, "where libp2p listens, over QUIC and TCP", "libp2p 监听的地址，经 QUIC 和 TCP"},
	{"net_listen_port", func(n *Node) any { return n.NetListen.Port() }, "its port", "libp2p 的端口"},
	{"public_ip", func(n *Node) any { return n.PublicIP }, "where others reach the node, and where a machine's published ports answer", "他人访问节点的地址，也是机器发布端口所在的地址"},
	{"keyring_dir", func(n *Node) any { return n.KeyringDir }, "folder of the keyring that `operator_key` or `faucet_key` is in; without it `keys` below `$DBC_HOME`, or below `~/.dbc`", "`operator_key` 或 `faucet_key` 所在的密钥环目录；不设时为 `$DBC_HOME` 之下的 `keys`，或 `~/.dbc` 之下的"},
	{"relay", func(n *Node) any { return n.Relay }, "pass on connections between others", "为其他节点转发连接"},
	{"relay_data_mib", func(n *Node) any { return n.RelayDataMiB }, "how many MiB each of them may carry per direction; 0 for control calls only", "每个被转发的连接每个方向最多多少 MiB；0 表示只转发控制调用"},
	{"metrics_listen", func(n *Node) any { return n.MetricsListen }, "where Prometheus finds [metrics](metrics.md), at `/metrics`; nowhere without it", "Prometheus 读取[指标](metrics.zh.md)的地址，路径为 `/metrics`；不设则不提供"},
	{"log_level", func(n *Node) any { return n.LogLevel }, "the least of what is logged", "日志的最低级别"},
}

var ofClients = []described[Client]{
	{"chain_rest", func(c *Client) any { return c.ChainREST }, "REST API of the same `dbcd`, which the web app uses through the node", "同一 `dbcd` 的 REST API，网页应用经节点使用它"},
	{"faucet_key", func(c *Client) any { return c.FaucetKey }, "key that gives coins away; devnets only", "发放测试币的密钥；仅限开发网"},
}

var ofCompute = []described[Compute]{
	{"chain_trusted", func(c *Compute) any { return c.ChainTrusted }, "hosts other than loopback on which the `dbcd` may be; they are reached by verified TLS", "除本机外 `dbcd` 可以在的主机；经校验的 TLS 连接"},
	{"host_cpus", func(c *Compute) any { return c.HostCPUs }, "CPUs that are reserved for the host itself", "宿主机为自己保留的 CPU"},
	{"host_memory_mib", func(c *Compute) any { return c.HostMemoryMiB }, "memory in MiB that is reserved for the host itself", "宿主机为自己保留的内存，MiB"},
	{"reconcile_seconds", func(c *Compute) any { return c.Reconcile }, "how often chain and libvirt are compared", "多少秒对照一次链与 libvirt"},
	{"operator_key", func(c *Compute) any { return c.OperatorKey }, "the operator's key, with which the node answers challenges automatically and takes broken cards out of service", "运维账户的密钥，节点用它自动应答质询，并停用损坏的显卡"},
	{"keyring_passphrase_file", func(c *Compute) any { return c.KeyringPassphraseFile }, "file of mode 0600 with the keyring's passphrase, except on devnets", "存放密钥环密码短语的文件，权限 0600；开发网不需要"},
}

var ofGuests = []described[Guests]{
	{"data_dir", func(g *Guests) any { return g.DataDir }, "journal, images and disks", "日志、镜像和磁盘"},
	{"libvirt_socket", func(g *Guests) any { return g.LibvirtSocket }, "libvirt", "libvirt"},
	{"helper_socket", func(g *Guests) any { return g.HelperSocket }, "where `dbc-helper` listens; without it the node is a single process", "`dbc-helper` 监听的位置；不设则节点为单进程"},
	{"port_first", func(g *Guests) any { return g.PortFirst }, "the first of the ports that can be published, at most `port_last`", "可发布端口中的第一个，不大于 `port_last`"},
	{"port_last", func(g *Guests) any { return g.PortLast }, "the last of them", "可发布端口中的最后一个"},
	{"guest_cidr", func(g *Guests) any { return g.GuestCIDR }, "the guests' network (`dbc node init` writes another one where this computer is connected to a network that overlaps it). A VM keeps its address and gateway, so change it only while there are no VMs: a start without their addresses is refused", "虚拟机网络（如果本机已连接的网络与它重叠，`dbc node init` 会写入另一个）。虚拟机的地址和网关不会变，因此只能在没有虚拟机时更改：网络不含现有虚拟机的地址时，节点拒绝启动"},
	{"guest_dns", func(g *Guests) any { return g.GuestDNS }, "the guests' resolvers", "虚拟机使用的域名服务器"},
	{"vm_disk_mib", func(g *Guests) any { return g.VM.DiskMiB }, "MiB per second on disks, reads and writes together, per virtual CPU; 0 for no limit", "每个虚拟 CPU 每秒的磁盘 MiB 数，读写合计；0 表示不限"},
	{"vm_disk_ios", func(g *Guests) any { return g.VM.DiskIOs }, "operations per second on disks, counted likewise", "每秒的磁盘操作数，计法相同"},
	{"vm_net_mbit", func(g *Guests) any { return g.VM.NetMbit }, "Mbit per second and direction, per virtual CPU; 0 for no limit", "每个虚拟 CPU 每秒、每个方向的 Mbit 数；0 表示不限"},
	{"vm_net_packets", func(g *Guests) any { return g.VM.Packets }, "packets per second, counted likewise", "每秒的数据包数，计法相同"},
	{"vm_connections", func(g *Guests) any { return g.VM.Connections }, "tracked connections per virtual CPU; all guests together get at most half of `nf_conntrack_max`; 0 for no limit", "每个虚拟 CPU 同时跟踪的连接数；所有虚拟机合计最多占 `nf_conntrack_max` 的一半；0 表示不限"},
	{"test_slots", func(g *Guests) any { return g.TestSlots }, "test networks only: the number of simulated slots", "仅限测试网络：虚构卡位的数量"},
	{"test_emulation", func(g *Guests) any { return g.TestEmulation }, "test networks only: emulated guests", "仅限测试网络：软件模拟的虚拟机"},
}
