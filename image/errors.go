package image

import "errors"

var (
	// ErrNotFound means: the store has no image of that name.
	ErrNotFound = errors.New("no such image")
	// ErrName means: it is no image name.
	ErrName = errors.New("bad image name")
	// ErrUnsafe means: no guest can stand on the file. It would make QEMU open other
	// files, needs features that this node does not take from others, is something
	// else than a qcow2 image, or is not whole.
	ErrUnsafe = errors.New("the image can't be used")
	// ErrTooSmall means: an overlay smaller than its base.
	ErrTooSmall = errors.New("disk smaller than its image")
	// ErrCorrupt means: qemu-img found errors in the disk.
	ErrCorrupt = errors.New("corrupt disk")
	// ErrExists means: the store has an image of that name.
	ErrExists = errors.New("the image is there already")
	// ErrSource means: an address that images are not taken from.
	ErrSource = errors.New("bad image source")
	// ErrChecksum means: the file is not what its checksum says, or has none.
	ErrChecksum = errors.New("wrong checksum")
	// ErrDownload means: the download ended early; asked again, it goes on.
	ErrDownload = errors.New("download failed")
	// ErrInUse means: disks of guests stand on the image.
	ErrInUse = errors.New("the image is in use")
	// ErrNoRoom means: the file system of the images is too full for a pull.
	ErrNoRoom = errors.New("not enough room")
	// ErrTooLarge means: more than a pull writes.
	ErrTooLarge = errors.New("image too large")
	// ErrBusy means: the same image is being pulled.
	ErrBusy = errors.New("busy")
)
