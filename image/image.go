// Package image manages the guest images of a node: a folder of immutable qcow2
// base images, and overlays on them, one per guest.
//
// A base is shared by renters who do not trust each other, so it has mode 0444
// and is only replaced as a whole, by a new file and a rename. Images come from
// outside: a header that names another file (backing or data file) is refused
// before any program opens it, because it would give a renter access to that file.
package image

// Image is one base image in a Store.
type Image struct {
	// Name is the file name, such as "tiny.qcow2".
	Name string
	// Path is absolute.
	Path string
	// Format is always "qcow2".
	Format string
	// VirtualSize is the size that a guest sees, Size that of the file, both in
	// bytes.
	VirtualSize, Size int64
	// Manifest is what List knows of its contents; nil where nobody wrote one that is
	// valid.
	Manifest *Manifest
}
