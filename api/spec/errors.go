package spec

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/api"
)

// The web app has each code's sentence and remedy in both languages; the page of
// errors takes them from its sources, so that they are written once.
var (
	entry  = regexp.MustCompile(`(?m)^ +"?([A-Za-z_]+(?:/[A-Za-z0-9]+)?)"?:\s+("(?:[^"\\]|\\.)*"),$`)
	shared = regexp.MustCompile(`(?m)^  "([a-z]+/[0-9]+)": "([A-Z_]+)",$`)
)

// sentences reads the texts of one language from a dictionary of the web app.
func sentences(source string, lang Language) (map[string]string, error) {
	key := map[Language]string{English: "en", Chinese: "zh"}[lang]
	_, rest, found := strings.Cut(source, "\n  "+key+": {\n")
	part, _, closed := strings.Cut(rest, "\n  },\n")
	if !found || !closed {
		return nil, fmt.Errorf("the dictionary has no part %s", key)
	}
	texts := map[string]string{}
	for _, m := range entry.FindAllStringSubmatch(part+"\n", -1) {
		text, err := strconv.Unquote(m[2])
		if err != nil {
			return nil, fmt.Errorf("read the text of %s: %w", m[1], err)
		}
		texts[m[1]] = text
	}
	return texts, nil
}

var errorWords = map[Language]struct {
	head, nodes, chain, columns, chainColumns, retryHead string
	retry, todo                                          map[api.Retry]string
	fault                                                map[api.Fault]string
}{
	English: {
		head: "# Errors\n\n<!-- Written by make spec from the tables of package api and the web app's texts. -->\n\n[中文](errors.zh.md)\n\n" +
			"Every code with which a node or the chain refuses, with where the cause is, when the same request can succeed, and what to do. Programs decide by the code; `dbc --json` and every reply of a node have it. How replies look is in [the API](../api.md).\n",
		nodes: "## Nodes", chain: "## The chain",
		columns:      "| code | HTTP | it means | cause | again | what to do |\n|---|---|---|---|---|---|\n",
		chainColumns: "| code | it means | cause | again | values | what to do |\n|---|---|---|---|---|---|\n",
		retryHead:    "*Again* says when the same request can succeed: never without a change, later by itself, or from the time that the refusal names.\n",
		retry:        map[api.Retry]string{api.RetryNever: "never", api.RetryLater: "later", api.RetryAt: "at a time"},
		todo:         map[api.Retry]string{api.RetryNever: "Change what the refusal names.", api.RetryLater: "Try again later.", api.RetryAt: "Wait until that time."},
		fault: map[api.Fault]string{
			api.FaultCaller: "request or wallet", api.FaultMachine: "machine", api.FaultNode: "client node", api.FaultChain: "chain", "": "the node that answers",
		},
	},
	Chinese: {
		head: "# 错误\n\n<!-- 由 make spec 根据包 api 的表和网页的文字生成。 -->\n\n[English](errors.md)\n\n" +
			"节点和链拒绝请求时的全部代码：原因在哪里，同样的请求何时能够成功，应该怎么做。程序以代码为准；`dbc --json` 和节点的每个应答都带有代码。应答的格式见[节点的 API](../api.zh.md)。\n",
		nodes: "## 节点", chain: "## 链",
		columns:      "| 代码 | HTTP | 含义 | 原因在 | 重试 | 处理 |\n|---|---|---|---|---|---|\n",
		chainColumns: "| 代码 | 含义 | 原因在 | 重试 | 附带的值 | 处理 |\n|---|---|---|---|---|---|\n",
		retryHead:    "“重试”说明同样的请求何时能够成功：不修改就不会、稍后自行恢复，或从拒绝信息给出的时间起。\n",
		retry:        map[api.Retry]string{api.RetryNever: "不会", api.RetryLater: "稍后", api.RetryAt: "到时"},
		todo:         map[api.Retry]string{api.RetryNever: "请按拒绝信息修改。", api.RetryLater: "请稍后重试。", api.RetryAt: "请等到该时间。"},
		fault: map[api.Fault]string{
			api.FaultCaller: "请求或钱包", api.FaultMachine: "机器", api.FaultNode: "客户端节点", api.FaultChain: "链", "": "应答的节点",
		},
	},
}

// Errors returns the page of errors. It takes the sources of the web app's
// refusals and remedies, and fails if a code has no text.
func Errors(lang Language, refusals, remedies string) (string, error) {
	means, err := sentences(refusals, lang)
	if err != nil {
		return "", err
	}
	remedy, err := sentences(remedies, lang)
	if err != nil {
		return "", err
	}
	of := map[string]string{}
	for _, m := range shared.FindAllStringSubmatch(remedies, -1) {
		of[m[1]] = m[2]
	}
	w := errorWords[lang]
	todo := func(code string, retry api.Retry) string {
		return cmp.Or(remedy[cmp.Or(of[code], code)], w.todo[retry])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n\n%s", w.head, w.retryHead, w.nodes, w.columns)
	for _, m := range slices.SortedFunc(slices.Values(api.Meanings()), func(a, b api.Meaning) int { return cmp.Compare(a.Code, b.Code) }) {
		code := string(m.Code)
		if means[code] == "" {
			return "", fmt.Errorf("%s has no text in the web app", code)
		}
		fmt.Fprintf(&b, "| `%s` | %d | %s | %s | %s | %s |\n", code, m.Status, means[code], w.fault[m.Fault], w.retry[m.Retry], todo(code, m.Retry))
	}
	fmt.Fprintf(&b, "\n%s\n\n%s", w.chain, w.chainColumns)
	for _, m := range api.ChainMeanings() {
		code := fmt.Sprintf("%s/%d", m.Codespace, m.Number)
		if means[code] == "" {
			return "", fmt.Errorf("%s has no text in the web app", code)
		}
		values := ""
		for _, name := range m.Params {
			values += "`" + name + "` "
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s| %s |\n", code, means[code], w.fault[m.Fault], w.retry[m.Retry], values, todo(code, m.Retry))
	}
	return b.String(), nil
}
