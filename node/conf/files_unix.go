//go:build unix

package conf

import (
	"io/fs"
	"syscall"

	"github.com/google/renameio/v2"
)

// StateModes makes files get the modes that this program states, whatever the
// caller's umask: guests' users traverse folders that nobody else may list.
func StateModes() { syscall.Umask(0o022) }

// replace writes a file whole or not at all, without durable: dbc-helper, which reads
// core.conf, may link few packages.
func replace(path string, text []byte, mode fs.FileMode) error {
	return renameio.WriteFile(path, text, mode)
}
