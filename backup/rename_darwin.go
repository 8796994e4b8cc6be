package backup

import "golang.org/x/sys/unix"

// renameNew renames a file, and fails where the name is taken.
func renameNew(from, to string) error { return unix.RenamexNp(from, to, unix.RENAME_EXCL) }
