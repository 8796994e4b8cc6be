// Package gpu says which GPUs a computer has, which of them can be passed to a
// VM, in which slots, and why the others cannot. It reads sysfs and procfs below
// a root that may be moved, and knows nothing about libvirt, VFIO or drivers.
package gpu
