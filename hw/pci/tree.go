package pci

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

const (
	devices = "sys/bus/pci/devices"
	// maxFile bounds in bytes what is read of one attribute; maxFunctions bounds
	// how many functions a tree may have.
	maxFile      = 64 << 10
	maxFunctions = 65536
)

// Tree is every PCI function of a computer, by address.
type Tree struct {
	Functions []Function
	// Broken are those that could not be read, by the name of their folder. They do
	// not hide the others.
	Broken map[string]error
}

// Function returns the function at an address.
func (t Tree) Function(at Address) (Function, bool) {
	i, ok := slices.BinarySearchFunc(t.Functions, at, func(f Function, at Address) int { return f.Address.Compare(at) })
	if !ok {
		return Function{}, false
	}
	return t.Functions[i], true
}

// Below returns the functions that have a bridge somewhere above them.
func (t Tree) Below(bridge Address) []Function {
	var list []Function
	for _, f := range t.Functions {
		if slices.Contains(f.Above, bridge) {
			list = append(list, f)
		}
	}
	return list
}

// Read reads the functions below root's sys. A computer without PCI has none.
func Read(root *os.Root) (Tree, error) {
	names, err := list(root, devices)
	if err != nil {
		return Tree{}, fmt.Errorf("list PCI functions: %w", err)
	}
	if len(names) > maxFunctions {
		return Tree{}, fmt.Errorf("%w: %d functions, at most %d", ErrUnreadable, len(names), maxFunctions)
	}
	tree := Tree{Broken: map[string]error{}}
	secondary := map[bus]Address{}
	for _, name := range names {
		dir := folder{root, path.Join(devices, name)}
		f, err := dir.function(name)
		if err != nil {
			tree.Broken[name] = err
			continue
		}
		if below, ok := dir.secondary(f); ok {
			secondary[bus{f.Address.Domain, below}] = f.Address
		}
		tree.Functions = append(tree.Functions, f)
	}
	slices.SortFunc(tree.Functions, func(a, b Function) int { return a.Address.Compare(b.Address) })
	for i := range tree.Functions {
		tree.Functions[i].Above = above(root, tree.Functions[i].Address, secondary)
	}
	return tree, nil
}

// bus is a bus of a domain.
type bus struct {
	domain uint32
	number uint8
}

// above returns the bridges above a function: from the path of its folder, or, if
// that is no link, from the bridges' own bus numbers.
func above(root *os.Root, at Address, secondary map[bus]Address) []Address {
	var list []Address
	if to, err := root.Readlink(path.Join(devices, at.String())); err == nil {
		parts := strings.Split(to, "/")
		for _, part := range parts[:len(parts)-1] {
			if bridge, err := ParseAddress(part); err == nil {
				list = append(list, bridge)
			}
		}
		return list
	}
	for bridge, ok := secondary[bus{at.Domain, at.Bus}]; ok; bridge, ok = secondary[bus{bridge.Domain, bridge.Bus}] {
		if slices.Contains(list, bridge) {
			break // a tree that claims to be above itself
		}
		list = append(list, bridge)
	}
	slices.Reverse(list)
	return list
}

// list returns the names in a folder, none if there is no such folder.
func list(root *os.Root, dir string) ([]string, error) {
	f, err := root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	names, err := f.Readdirnames(-1)
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(a, b) })
	return names, err
}

// folder is a function's folder in sysfs.
type folder struct {
	root *os.Root
	dir  string
}

// text returns an attribute without the newline, "" if there is none.
func (d folder) text(name string) string {
	b := d.bytes(name, maxFile)
	return strings.TrimSpace(string(b))
}

func (d folder) bytes(name string, limit int64) []byte {
	f, err := d.root.Open(path.Join(d.dir, name))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil
	}
	return b
}

// link returns the last part of a link's target, "" if there is none. The link
// is not followed: it may lead out of the root.
func (d folder) link(name string) string {
	to, err := d.root.Readlink(path.Join(d.dir, name))
	if err != nil {
		return ""
	}
	return path.Base(to)
}

// number parses an attribute in any base that its prefix names.
func (d folder) number(name string, bits int) (uint64, error) {
	n, err := strconv.ParseUint(d.text(name), 0, bits)
	if err != nil {
		return 0, fmt.Errorf("%w: %s is %.32q", ErrUnreadable, name, d.text(name))
	}
	return n, nil
}
