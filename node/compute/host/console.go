package host

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
)

// MaxLines bounds the lines of a log in one reply.
const MaxLines = 1000

// Log returns the first or last lines of a VM's serial console, at most
// MaxLines and 64 KiB, without escapes and control characters: the guest
// controls the text, and it may be shown on a terminal.
func (h *Host) Log(who trust.Caller, id string, tail bool, lines int) (string, error) {
	t, err := h.own(who, id)
	if err != nil {
		return "", err
	}
	if lines < 1 || lines > MaxLines {
		return "", refuse(ErrInvalid, "line_num", lines, fmt.Sprintf("1-%d", MaxLines), "ask for fewer")
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
	defer cancel()
	data, err := h.deps.Files.ReadConsole(ctx, folder(t), tail)
	if err != nil {
		return "", err
	}
	return pick(strings.Split(strings.TrimSuffix(clean(data), "\n"), "\n"), tail, lines), nil
}

func pick(list []string, tail bool, lines int) string {
	if tail {
		list = list[max(0, len(list)-lines):]
	} else {
		list = list[:min(lines, len(list))]
	}
	return strings.Join(list, "\n")
}

// escapes matches the escape sequences of ECMA-48: control sequences, strings, and short
// ones.
var escapes = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])`)

// clean drops whatever could control a terminal.
func clean(data []byte) string {
	text := escapes.ReplaceAllString(strings.ToValidUTF8(string(data), "?"), "")
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (r < ' ' || (r >= 0x7f && r < 0xa0)) {
			return -1
		}
		return r
	}, text)
}

// trimConsoles keeps guests from filling the host's disk with console output.
func (h *Host) trimConsoles(ctx context.Context, tasks []journal.Task) {
	for _, t := range tasks {
		if err := h.deps.Files.TrimConsole(ctx, folder(t)); err != nil && !transient(ctx, err) {
			h.deps.Log.Error("a console's log can't be cut", "task_id", t.ID, "error", err)
		}
	}
}
