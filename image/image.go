// Package image keeps the guest images of a node: a folder of qcow2 bases that
// nobody changes, and overlays on them, one per guest.
//
// A base is shared by tenants who do not know each other, so it is mode 0444
// and only ever replaced as a whole, by a new file and a rename. Images come
// from outside: a header that names another file (backing or data file) is
// refused before any program opens it, for it would hand a tenant that file.
package image

// Image is one base in a Store.
type Image struct {
	// Name is the file's name, such as "tiny.qcow2".
	Name string
	// Path is absolute.
	Path string
	// Format is "qcow2", always.
	Format string
	// VirtualSize is what a guest sees, Size what the file takes; bytes.
	VirtualSize, Size int64
}
