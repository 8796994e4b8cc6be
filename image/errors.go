package image

import "errors"

var (
	// ErrNotFound means that the store has no image of that name.
	ErrNotFound = errors.New("no such image")
	// ErrName means that a text is not an image name.
	ErrName = errors.New("bad image name")
	// ErrUnsafe means that the file cannot be the base of a guest's disk. It
	// would make QEMU open other files, needs features that this node does not
	// accept from outside, is not a qcow2 image, or is incomplete.
	ErrUnsafe = errors.New("the image can't be used")
	// ErrTooSmall means that an overlay would be smaller than its base.
	ErrTooSmall = errors.New("disk smaller than its image")
	// ErrCorrupt means that qemu-img found errors in the disk.
	ErrCorrupt = errors.New("corrupt disk")
	// ErrExists means that the store already has an image of that name.
	ErrExists = errors.New("the image is there already")
	// ErrSource means that images are not downloaded from an address.
	ErrSource = errors.New("bad image source")
	// ErrChecksum means that the file does not match its checksum, or has none.
	ErrChecksum = errors.New("wrong checksum")
	// ErrDownload means that the download was interrupted. Another pull resumes
	// it.
	ErrDownload = errors.New("download failed")
	// ErrInUse means that disks of guests are based on the image.
	ErrInUse = errors.New("the image is in use")
	// ErrNoRoom means that the file system of the images is too full for a
	// pull.
	ErrNoRoom = errors.New("not enough room")
	// ErrTooLarge means that a file is larger than a pull may write.
	ErrTooLarge = errors.New("image too large")
	// ErrManifest means that what lies beside an image is no manifest of it.
	ErrManifest = errors.New("bad manifest")
	// ErrBusy means that the same image is being pulled, built or deleted.
	ErrBusy = errors.New("busy")
)
