package image

import "errors"

var (
	// ErrNotFound: the store has no image of that name.
	ErrNotFound = errors.New("no such image")
	// ErrName: it is no image name.
	ErrName = errors.New("bad image name")
	// ErrUnsafe: the image would make QEMU open other files, or needs features
	// that this node does not take from others.
	ErrUnsafe = errors.New("unsafe image")
	// ErrTooSmall: an overlay smaller than its base.
	ErrTooSmall = errors.New("disk smaller than its image")
	// ErrCorrupt: qemu-img found errors in the disk.
	ErrCorrupt = errors.New("corrupt disk")
)
