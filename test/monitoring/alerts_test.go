// Package monitoring tests what deploy/monitoring ships: the alert rules with
// promtool, and every rule and panel against a real Prometheus that scrapes a real
// dbcd and a compute node's exporter.
package monitoring

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const (
	root    = "../.."
	shipped = root + "/deploy/monitoring"
	runbook = "https://github.com/dbc-network/dbc/blob/main/docs/runbook.md#"
)

type rule struct {
	Alert       string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func alerts(t *testing.T) (all []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	text, err := os.ReadFile(filepath.Join(shipped, "alerts.yml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &file))
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

// tool returns a program of Prometheus: in PATH, or where make prometheus puts it.
func tool(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path, err := filepath.Abs(filepath.Join(root, ".tools/prometheus/usr/bin", name))
	require.NoError(t, err)
	require.FileExists(t, path, "run make prometheus")
	return path
}

// TestRules has promtool check the rules and the configuration, and run their cases.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"check", "config", "prometheus.yml"}, {"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		cmd := exec.CommandContext(t.Context(), tool(t, "promtool"), args...)
		cmd.Dir = shipped
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
	}
}

// TestEachRuleHasTwoCases: one in which it fires and one in which it does not.
func TestEachRuleHasTwoCases(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(shipped, "alerts_test.yml"))
	require.NoError(t, err)
	for _, rule := range alerts(t) {
		for _, kind := range []string{"fires", "is silent"} {
			require.Contains(t, string(text), fmt.Sprintf("- name: %s %s\n", rule.Alert, kind))
		}
	}
}

// TestRunbook: every alert says how urgent it is, and has an entry in both languages; no
// entry is of an alert that has gone.
func TestRunbook(t *testing.T) {
	t.Parallel()
	var names []string
	for _, rule := range alerts(t) {
		names = append(names, rule.Alert)
		require.Contains(t, []string{"page", "ticket"}, rule.Labels["severity"], rule.Alert)
		require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
		require.Equal(t, runbook+strings.ToLower(rule.Alert), rule.Annotations["runbook_url"])
	}
	for name, parts := range map[string][]string{
		"runbook.md": {"**Means.** ", "**Check.** ", "**Do.** "}, "runbook.zh.md": {"**含义。** ", "**检查。** ", "**处理。** "},
	} {
		text, err := os.ReadFile(filepath.Join(root, "docs", name))
		require.NoError(t, err)
		sections := strings.Split(string(text), "\n## ")[1:]
		var entries []string
		for _, section := range sections {
			title, rest, _ := strings.Cut(section, "\n")
			entries = append(entries, title)
			for _, part := range parts {
				require.Contains(t, rest, part, "%s of %s", title, name)
			}
		}
		require.Equal(t, names, entries, name)
	}
}
