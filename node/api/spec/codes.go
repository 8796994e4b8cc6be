package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/notice"
)

const codesHead = `// Made by make spec from what nodes tell; not edited. A code without words in
// both languages fails the build.

/** Reason says why a virtual machine, or a change of its disks, is as it is. */
export interface Reason {
  code: string;
  params?: Record<string, string>;
}

/** Notice says what a renter is about to lose, or should know. */
export interface Notice {
  code: string;
  at?: string;
  within_seconds?: number;
  task_id?: string;
  params?: Record<string, string>;
}
`

// TypeScript is what the web app must have words for: every code of a reason or
// a notice, with its parameters.
func TypeScript() []byte {
	var b strings.Builder
	b.WriteString(codesHead)
	list(&b, "ReasonParams", "the parameters of each reason", notice.Reasons)
	list(&b, "NoticeParams", "the parameters of each notice", notice.Notices)
	fmt.Fprintf(&b, "\n/** TaskStatus is where a virtual machine stands. */\nexport type TaskStatus =\n")
	for _, state := range lifecycle.States() {
		fmt.Fprintf(&b, "  | %q\n", state)
	}
	return append([]byte(strings.TrimSuffix(b.String(), "\n")), ";\n"...)
}

func list[K cmp.Ordered](b *strings.Builder, name, what string, codes map[K][]string) {
	fmt.Fprintf(b, "\n/** %s are %s. */\nexport interface %s {\n", name, what, name)
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		fields := "Record<never, never>"
		if names := codes[code]; len(names) > 0 {
			fields = "{ " + strings.Join(names, ": string; ") + ": string }"
		}
		fmt.Fprintf(b, "  %v: %s;\n", code, fields)
	}
	b.WriteString("}\n")
}
