package image

import "errors"

var (
	// ErrNotFound means: the store has no image of that name.
	ErrNotFound = errors.New("no such image")
	// ErrName means: it is no image name.
	ErrName = errors.New("bad image name")
	// ErrUnsafe means: the image would make QEMU open other files, or needs features
	// that this node does not take from others.
	ErrUnsafe = errors.New("unsafe image")
	// ErrTooSmall means: an overlay smaller than its base.
	ErrTooSmall = errors.New("disk smaller than its image")
	// ErrCorrupt means: qemu-img found errors in the disk.
	ErrCorrupt = errors.New("corrupt disk")
)
