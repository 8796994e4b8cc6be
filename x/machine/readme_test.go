package machine_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	_ "github.com/dbc-network/dbc/x/guard" // its events, too
	_ "github.com/dbc-network/dbc/x/rental"
)

var registered = regexp.MustCompile(`(Err\w+)\s+= \w+\.Register\(ModuleName, (\d+), "(.*)"\)`)

// TestSpecificationsHoldErrorsEventsAndParameters compares the codes,
// attributes and parameters in a README with those in the code.
func TestSpecificationsHoldErrorsEventsAndParameters(t *testing.T) {
	t.Parallel()
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	for module, dir := range map[string]string{"guard": "../guard", "machine": ".", "rental": "../rental"} {
		readme, err := os.ReadFile(dir + "/README.md")
		require.NoError(t, err)
		text := string(readme)

		source, err := os.ReadFile(dir + "/errors.go")
		require.NoError(t, err)
		codes := registered.FindAllStringSubmatch(string(source), -1)
		require.NotEmpty(t, codes)
		for _, code := range codes {
			require.Contains(t, text, "| "+code[2]+" | "+code[1]+" | "+code[3]+" |", module)
		}

		events, err := files.FindFileByPath("dbc/" + module + "/v1/events.proto")
		require.NoError(t, err)
		for i := range events.Messages().Len() {
			event := events.Messages().Get(i)
			require.Contains(t, text, "| "+string(event.Name())+" | "+strings.Join(fieldsOf(event), ", ")+" |", module)
		}

		params, err := files.FindDescriptorByName(protoreflect.FullName("dbc." + module + ".v1.Params"))
		require.NoError(t, err)
		_, table, found := strings.Cut(text, "\n## Parameters\n")
		require.True(t, found)
		for _, name := range fieldsOf(params.(protoreflect.MessageDescriptor)) {
			require.Regexp(t, `(?m)^\|[^|]*\b`+name+`\b[^|]*\|`, table, module)
		}
	}
}

func fieldsOf(message protoreflect.MessageDescriptor) []string {
	var names []string
	for i := range message.Fields().Len() {
		names = append(names, string(message.Fields().Get(i).Name()))
	}
	return names
}
