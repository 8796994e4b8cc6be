//go:build unix

package conf

import "syscall"

// StateModes makes files get the modes that this program states, whatever the
// caller's umask: guests' users traverse folders that nobody else may list.
func StateModes() { syscall.Umask(0o022) }
