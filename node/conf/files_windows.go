package conf

import (
	"io/fs"

	"github.com/dbc-network/dbc/durable"
)

// StateModes does nothing: files have no modes here.
func StateModes() {}

func replace(path string, text []byte, mode fs.FileMode) error {
	return durable.WriteFile(path, text, mode)
}
