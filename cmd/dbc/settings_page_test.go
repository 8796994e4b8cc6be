package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/dbc-network/dbc/client/profile"
	"github.com/dbc-network/dbc/networks"
	"github.com/dbc-network/dbc/test/reference"
)

// byDefault finds what a flag's help says of its default.
var byDefault = regexp.MustCompile(` \(default ([^)]*)\)`)

// aboutFlag returns the default of a global flag, and what it is.
func aboutFlag(f *pflag.Flag) (standard, what string) {
	what, _, _ = strings.Cut(f.Usage, " [$")
	standard = f.DefValue
	if m := byDefault.FindStringSubmatch(what); m != nil {
		standard, what = m[1], strings.Replace(what, m[0], "", 1)
	}
	return standard, what
}

// TestSettingsPageIsCurrent: the page has the global flags with their variables and keys
// of profiles; make reference writes it.
func TestSettingsPageIsCurrent(t *testing.T) {
	root, _ := newRootCommand(&settings{})
	for lang, columns := range map[reference.Language][]string{
		reference.English: {"flag", "variable", "key of a profile", "type", "default", "allowed", "what"},
		reference.Chinese: {"选项", "环境变量", "配置的键", "类型", "默认", "允许的值", "含义"},
	} {
		left := profile.Keys()
		var rows [][]string
		root.PersistentFlags().VisitAll(func(f *pflag.Flag) {
			key, kind := f.Name, f.Value.Type()
			if key == "json" {
				key = profile.Output
			}
			limit := profile.Limit(key)
			if limit == "" {
				key = ""
			}
			left = slices.DeleteFunc(left, func(k string) bool { return k == key })
			standard, what := aboutFlag(f)
			rows = append(rows, []string{
				reference.Code("--" + f.Name), reference.Code(envOf(f.Name)), reference.Code(key), reference.In(t, lang, settingWords, kind),
				reference.In(t, lang, settingWords, standard), reference.In(t, lang, settingWords, limit), reference.In(t, lang, settingWords, what),
			})
		})
		if len(left) > 0 {
			t.Errorf("no flag says what these keys say: %s", left)
		}
		reference.Part(t, "settings", lang, "flags of dbc", reference.Table(columns, rows))
	}
}

// variable is one that a program reads beside those of global flags.
type variable struct {
	// read is how the code names it.
	read           string
	name, programs string
	en, zh         string
}

var variables = []variable{
	{`PathVariable`, profile.PathVariable, "dbc", "the file of profiles, instead of `config.toml` in the home", "保存配置的文件，代替主目录中的 `config.toml`"},
	{`passphraseEnv`, passphraseEnv, "dbc", "the passphrase of the wallets, for scripts; programs that `dbc` starts don't inherit it", "钱包的密码短语，供脚本使用；`dbc` 启动的程序不会继承它"},
	{`passphraseFileEnv`, passphraseFileEnv, "dbc", "a file with the passphrase in its first line; `/dev/fd/3` is one", "第一行是密码短语的文件，例如 `/dev/fd/3`"},
	{`"DBC_HOME"`, "DBC_HOME", "dbc", "the home, as with `--home`; a node finds its keyring below it where `keyring_dir` is not set", "主目录，同 `--home`；节点未设 `keyring_dir` 时在其下寻找密钥环"},
	{`variable`, "DBCD", "dbc", "the `dbcd` that devnets run, instead of the one beside `dbc` or in `PATH`", "开发网运行的 `dbcd`，代替 `dbc` 旁边或 `PATH` 中的那个"},
	{`name`, "LC_ALL, LC_MESSAGES, LANG", "dbc", "the language, as with `--language`, where that says nothing: Chinese for `zh…`", "语言：未设 `--language` 时，`zh…` 为中文"},
	{`"GOGC"`, "GOGC", "dbc node, dbcd", "how much garbage grows before it is collected; both have defaults of their own that fit a computer that has other work", "垃圾回收的时机；两者各有默认值，适合还有其他工作的计算机"},
	{`"PATH"`, "PATH", "dbc", "where programs are looked for, such as ssh and qemu-img; `dbc image build` adds `/usr/sbin` and `/sbin`", "在何处寻找程序，如 ssh 和 qemu-img；`dbc image build` 会加上 `/usr/sbin` 和 `/sbin`"},
}

// otherReads are further ways in which code names what is on the page.
var otherReads = []string{
	`"LC_ALL"`, `"LC_MESSAGES"`, `"LANG"`, // as name
	`envOf(flag)`, `envOf(f.Name)`, // of the table of flags
	`envPrefix + "_HOME"`, // of dbcd's flags
	`sdk.EnvConfigScope`,  // not for people: dbcd sets it for itself
}

var readsVariable = regexp.MustCompile(`os\.(?:Getenv|LookupEnv)\(((?:[^()]|\([^()]*\))*)\)`)

// TestVariablesAreDescribed: the page has every variable that the code of a program reads.
func TestVariablesAreDescribed(t *testing.T) {
	known := map[string]bool{}
	for _, read := range otherReads {
		known[read] = true
	}
	rows := map[reference.Language][][]string{}
	for _, v := range variables {
		known[v.read] = true
		var names []string
		for name := range strings.SplitSeq(v.name, ", ") {
			names = append(names, reference.Code(name))
		}
		for lang, what := range map[reference.Language]string{reference.English: v.en, reference.Chinese: v.zh} {
			rows[lang] = append(rows[lang], []string{strings.Join(names, " "), v.programs, what})
		}
	}
	reference.Part(t, "settings", reference.English, "variables", reference.Table([]string{"variable", "program", "what"}, rows[reference.English]))
	reference.Part(t, "settings", reference.Chinese, "variables", reference.Table([]string{"环境变量", "程序", "含义"}, rows[reference.Chinese]))
	found := reads(t)
	for read, file := range found {
		if !known[read] {
			t.Errorf("%s reads the variable %s: describe it", file, read)
		}
	}
	for read := range known {
		if found[read] == "" {
			t.Errorf("nothing reads %s any more", read)
		}
	}
}

// reads returns how the code of the programs names the variables that it reads, and where.
func reads(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, folder := range folders(t, reference.Root(t)) {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range readsVariable.FindAllStringSubmatch(string(text), -1) {
				found[m[1]] = file
			}
		}
	}
	return found
}

// folders returns those that the programs are made of.
func folders(t *testing.T, root string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		top := filepath.Dir(path) == root && slices.Contains([]string{"build", "bin", "test", "docs"}, d.Name())
		if top || d.Name() == "node_modules" || path != root && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		all = append(all, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// settingWords are types, defaults, limits and descriptions of global flags in Chinese.
var settingWords = map[string]string{
	"string": "文本", "bool": "布尔", "duration": "时长", "false": "`false`", "2m0s": "`2m0s`",

	"$DBC_HOME, then ~/.dbc":                                        "`$DBC_HOME`，其次 `~/.dbc`",
	"what dbc config use chose":                                     "`dbc config use` 所选的",
	"the running devnet's, then what the chain's node says":         "正在运行的开发网的，其次由链节点告知",
	"the running devnet's, then 127.0.0.1:9090":                     "正在运行的开发网的，其次 `127.0.0.1:9090`",
	"the running devnet's, then http://127.0.0.1:26657":             "正在运行的开发网的，其次 `http://127.0.0.1:26657`",
	"the running devnet's, then http://127.0.0.1:5050, then direct": "正在运行的开发网的，其次 `http://127.0.0.1:5050`，再次 `direct`",
	"$DBC_WALLET, then the only one":                                "`$DBC_WALLET`，其次唯一的那个",
	"the locale's":                                                  "系统区域设置的",
	"1udbc":                                                         "`1udbc`",

	"name of a network, or the absolute path of its folder": "网络的名称，或其目录的绝对路径",
	"a chain id": "链 id",
	"host:port or http(s)://host:port, without user and password": "host:port 或 http(s)://host:port，不含用户名和密码",
	"http(s)://host:port, without user and password":              "http(s)://host:port，不含用户名和密码",
	"http(s)://host:port without user and password, or direct":    "http(s)://host:port，不含用户名和密码；或 direct",
	"name or address of a wallet":                                 "钱包的名称或地址",
	"an absolute path":                                            "绝对路径",
	"a time such as 30s or 5m":                                    "时长，如 30s 或 5m",
	"one of: en, zh":                                              "en 或 zh",
	"one of: text, json":                                          "text 或 json",

	"folder of keys and devnet": "密钥和开发网的目录",
	"profile of the configuration file that says what no flag and no variable says, or none":                                       "配置文件中的一个配置，选项和环境变量都没有说的由它决定；none 表示不用",
	"name or folder of a network, which gives chain id, endpoints, gas price and genesis: " + strings.Join(networks.Names(), ", "): "网络的名称或目录，由它给出链 id、端点、gas 价格和创世块：" + strings.Join(networks.Names(), "、"),
	"chain id":       "链 id",
	"gRPC of a dbcd": "dbcd 的 gRPC",
	"RPC of a dbcd":  "dbcd 的 RPC",
	"API of a client node, or direct for none":                         "客户端节点的 API；direct 表示不用",
	"name or address of the wallet":                                    "钱包的名称或地址",
	"file of a session: ask its machine by it, instead of by a wallet": "会话文件：用它而不是钱包向其机器发请求",
	"print JSON":                             "输出 JSON",
	"en or zh, for the texts that have both": "en 或 zh，用于两种语言都有的文字",
	"do what can't be undone without asking; needed where no terminal can be asked (the variable counts only there)": "不再询问即执行无法撤销的操作；没有终端可问时需要（环境变量只在那时有效）",
	"check everything, and send nothing":                                                    "检查一切，但什么也不发送",
	"the most to pay for a unit of gas where the network asks more than its usual 0.01udbc": "网络要价高于通常的 0.01udbc 时，每单位 gas 最多付多少",
	"give up waiting after this, such as 30s or 5m":                                         "等待多久后放弃，如 30s 或 5m",
}
