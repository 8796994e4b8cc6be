package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"testing"

	cmtcfg "github.com/cometbft/cometbft/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/client/flags"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"

	"github.com/dbc-network/dbc/test/reference"
	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// ours are the commands that the SDK has not, and those of its commands that do
// something else here; each of our modules' is added.
var ours = []string{"init", "start", "export", "genesis ceremony", "genesis validate", "keys add", "keys rename"}

// TestCommandsPageIsCurrent: the page has what our commands' own help says; make
// commands writes it.
func TestCommandsPageIsCurrent(t *testing.T) {
	t.Setenv("HOME", "~") // no folder of this computer in defaults
	root, err := newRootCommand()
	require.NoError(t, err)
	page := []string{reference.One(root)}
	for _, path := range ours {
		cmd := command(t, root, path)
		if moniker := cmd.Flags().Lookup("moniker"); moniker != nil {
			moniker.DefValue = "" // this computer's name
		}
		page = append(page, reference.One(cmd))
	}
	for group, add := range map[string]func(*cobra.Command){"tx": flags.AddTxFlagsToCmd, "query": addQueryFlags} {
		common := &cobra.Command{Use: group}
		add(common)
		var modules []string
		for _, module := range []string{machine.ModuleName, rental.ModuleName, guard.ModuleName} {
			cmd := command(t, root, group+" "+module)
			hide(cmd, common.Flags())
			modules = append(modules, reference.Help(cmd))
		}
		for lang, title := range commonTitles[group] {
			reference.Part(t, "dbcd", lang, group, reference.Text(title, common.LocalFlags().FlagUsages())+strings.Join(modules, ""))
		}
	}
	for _, lang := range reference.Languages {
		reference.Part(t, "dbcd", lang, "commands", strings.Join(page, "\n"))
	}
}

// commonTitles are those of what is told once for all commands of a group.
var commonTitles = map[string]map[reference.Language]string{
	"tx":    {reference.English: "Flags of every transaction", reference.Chinese: "所有交易共有的选项"},
	"query": {reference.English: "Flags of every query", reference.Chinese: "所有查询共有的选项"},
}

func command(t *testing.T, root *cobra.Command, path string) *cobra.Command {
	t.Helper()
	cmd, rest, err := root.Find(strings.Fields(path))
	require.NoError(t, err)
	require.Empty(t, rest, path)
	return cmd
}

// addQueryFlags adds what AutoCLI gives every query.
func addQueryFlags(cmd *cobra.Command) {
	flags.AddQueryFlagsToCmd(cmd)
	flags.AddKeyringFlags(cmd.Flags())
}

// hide leaves out of the help of cmd and those below it what is told once.
func hide(cmd *cobra.Command, common *pflag.FlagSet) {
	common.VisitAll(func(f *pflag.Flag) {
		if own := cmd.Flags().Lookup(f.Name); own != nil {
			own.Hidden = true
		}
	})
	for _, sub := range cmd.Commands() {
		hide(sub, common)
	}
}

// TestSettingsPageIsCurrent: the page has what dbcd init sets otherwise than CometBFT and
// the SDK would; make reference writes it.
func TestSettingsPageIsCurrent(t *testing.T) {
	var rows [][]string
	for _, file := range []struct {
		name         string
		theirs, here any
	}{
		{"app.toml", serverconfig.DefaultConfig(), appConfig()},
		{"config.toml", cmtcfg.DefaultConfig(), cometConfig()},
	} {
		theirs, here := map[string]string{}, map[string]string{}
		settings(theirs, "", reflect.ValueOf(file.theirs))
		settings(here, "", reflect.ValueOf(file.here))
		var changed []string
		for key, value := range here {
			if theirs[key] != value {
				changed = append(changed, key)
			}
		}
		sort.Strings(changed)
		for _, key := range changed {
			variable := envPrefix + "_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
			rows = append(rows, []string{reference.Code(file.name), reference.Code(key), reference.Code(variable), reference.Code(theirs[key]), reference.Code(here[key])})
		}
	}
	reference.Part(t, "settings", reference.English, "changed by dbcd", reference.Table([]string{"file", "key", "variable", "usual default", "what `dbcd init` writes"}, rows))
	reference.Part(t, "settings", reference.Chinese, "changed by dbcd", reference.Table([]string{"文件", "键", "环境变量", "通常的默认值", "`dbcd init` 写入的值"}, rows))
}

// settings reads the keys of a configuration by the names that its file has.
func settings(into map[string]string, prefix string, v reflect.Value) {
	v = reflect.Indirect(v)
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("mapstructure"), ",")
		field := reflect.Indirect(v.Field(i))
		switch {
		case options == "squash":
			settings(into, prefix, field)
		case name == "" || name == "-":
		case field.Kind() == reflect.Struct:
			settings(into, prefix+name+".", field)
		default:
			into[prefix+name] = fmt.Sprint(field.Interface())
		}
	}
}
