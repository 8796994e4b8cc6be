package reference

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// described is how a *prometheus.Desc shows what it keeps to itself.
var described = regexp.MustCompile(`^Desc\{fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"), unit: "[^"]*", constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)

// metric is one that a program registered.
type metric struct{ name, kind, help, labels string }

// Metrics compares the part of the page of metrics with what is registered: names, labels
// and help are those of the descriptions, types those of what is gathered, also from
// beside. So each has to have a value in one of them.
func Metrics(t *testing.T, part string, registry *prometheus.Registry, beside ...prometheus.Gatherer) {
	t.Helper()
	all := metrics(t, registry, append(prometheus.Gatherers{registry}, beside...))
	for lang, columns := range map[Language][]string{
		English: {"metric", "type", "labels", "what"},
		Chinese: {"指标", "类型", "标签", "含义"},
	} {
		rows := make([][]string, len(all))
		for i, m := range all {
			rows[i] = []string{Code(m.name), m.kind, m.labels, In(t, lang, metricWords, m.help)}
		}
		Part(t, "metrics", lang, part, Table(columns, rows))
	}
}

func metrics(t *testing.T, registry *prometheus.Registry, from prometheus.Gatherers) (all []metric) {
	t.Helper()
	kinds, families := map[string]string{}, make(chan *prometheus.Desc)
	for _, gatherer := range from {
		gathered, err := gatherer.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range gathered {
			kinds[family.GetName()] = strings.ToLower(family.GetType().String())
		}
	}
	go func() { registry.Describe(families); close(families) }()
	for desc := range families {
		m := read(t, desc)
		if m.name == "" || strings.HasPrefix(m.name, "go_") || strings.HasPrefix(m.name, "process_") {
			continue // the client library's
		}
		if m.kind = kinds[m.name]; m.kind == "" {
			t.Errorf("%s has no value in this test, which so can't say its type", m.name)
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b metric) int { return strings.Compare(a.name, b.name) })
	return all
}

func read(t *testing.T, desc *prometheus.Desc) metric {
	t.Helper()
	m := described.FindStringSubmatch(desc.String())
	if m == nil {
		t.Fatalf("prometheus shows a description in another way: %s", desc)
	}
	name, err := strconv.Unquote(m[1])
	if err != nil {
		t.Fatal(err)
	}
	help, err := strconv.Unquote(m[2])
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for pair := range strings.SplitSeq(m[3], ",") {
		if label, _, ok := strings.Cut(pair, "="); ok {
			labels = append(labels, Code(label))
		}
	}
	for label := range strings.SplitSeq(m[4], ",") {
		if label != "" {
			labels = append(labels, Code(label))
		}
	}
	return metric{name: name, help: help, labels: strings.Join(labels, " ")}
}
