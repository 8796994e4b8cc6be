package host

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/node/journal"
)

// The bounds of what is kept of a guest's console, and of what is shown.
const (
	// consoleMax is where the log is cut to nothing; a guest can write without end.
	consoleMax = 4 << 20
	// consoleShown is how much of it is read for a reply, in bytes.
	consoleShown = 64 << 10
	// MaxLines of a log in one reply.
	MaxLines = 1000
)

// Log is the first or last lines of a VM's serial console, without escapes and
// control characters: the guest writes what it likes, and its reader has a
// terminal. At most MaxLines and 64 KiB.
func (h *Host) Log(wallet string, rentals []uint64, id string, tail bool, lines int) (string, error) {
	t, err := h.own(wallet, rentals, id)
	if err != nil {
		return "", err
	}
	if lines < 1 || lines > MaxLines {
		return "", refuse(ErrInvalid, "line_num", lines, fmt.Sprintf("1-%d", MaxLines), "ask for fewer")
	}
	file, err := openConsole(h.file(t, fileConsole), os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // it never started
	}
	if err != nil {
		return "", fmt.Errorf("open the console's log: %w", err)
	}
	defer func() { _ = file.Close() }()
	data, err := readPart(file, tail)
	if err != nil {
		return "", fmt.Errorf("read the console's log: %w", err)
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

func readPart(file *os.File, tail bool) ([]byte, error) {
	if tail {
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		if _, err := file.Seek(max(0, info.Size()-consoleShown), io.SeekStart); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(io.LimitReader(file, consoleShown))
}

// openConsole follows no link and waits for no pipe: QEMU's user owns the file.
func openConsole(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("%s is no plain file: %w", path, ErrInvalid), err, file.Close())
	}
	return file, nil
}

// escapes are those of ECMA-48: control sequences, strings, and short ones.
var escapes = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])`)

// clean drops what could steer a terminal.
func clean(data []byte) string {
	text := escapes.ReplaceAllString(strings.ToValidUTF8(string(data), "?"), "")
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (r < ' ' || (r >= 0x7f && r < 0xa0)) {
			return -1
		}
		return r
	}, text)
}

// trimConsoles keeps guests from filling the host's disk by their consoles. The
// emulator only appends, so a file that was cut goes on at its beginning.
func (h *Host) trimConsoles(tasks []journal.Task) {
	for _, t := range tasks {
		path := h.file(t, fileConsole)
		if info, err := os.Lstat(path); err != nil || info.Size() <= consoleMax {
			continue
		}
		file, err := openConsole(path, os.O_WRONLY)
		if err == nil {
			err = errors.Join(file.Truncate(0), file.Close())
		}
		if err != nil {
			h.deps.Log.Error("a console's log can't be cut", "task_id", t.ID, "error", err)
		}
	}
}
