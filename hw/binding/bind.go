package binding

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/dbc-network/dbc/hw/pci"
)

// Config says where binding happens.
type Config struct {
	// Root stands for /.
	Root string
	// Program is what the boot unit starts; CheckProgram has accepted it.
	Program string
	// Run runs a command that the changes require. If nil, commands are left to the
	// caller.
	Run func(argv []string) error

	before   func(step string) error
	volatile bool
}

// Change lists what was done.
type Change struct {
	Written []string `json:"written"`
	Removed []string `json:"removed"`
	// Kept are files that somebody else has changed since they were written.
	Kept []string `json:"kept"`
	// Ran and Due are commands; those due were not run.
	Ran [][]string `json:"ran"`
	Due [][]string `json:"due"`
	// Reboot is whether the cards are as requested only after a reboot.
	Reboot bool `json:"reboot_due"`
}

func newChange() Change {
	return Change{Written: []string{}, Removed: []string{}, Kept: []string{}, Ran: [][]string{}, Due: [][]string{}}
}

func (cfg Config) open() (disk, func(), error) {
	root, err := os.OpenRoot(cfg.Root)
	if err != nil {
		return disk{}, nil, err
	}
	d := disk{root, cfg.before, cfg.volatile}
	release, err := d.lock()
	if err != nil {
		_ = root.Close()
		return disk{}, nil, err
	}
	return d, func() {
		release()
		_ = root.Close()
	}, nil
}

// Bind writes the files that bind the cards of a file from the next start on.
// What an earlier call wrote is replaced; anybody else's file is refused before
// anything is written, and the error wraps ErrForeign. After a crash the same
// call, or Unbind, completes the work.
func Bind(cfg Config, f File) (Change, error) {
	change, err := cfg.bind(f)
	if err != nil {
		return change, fmt.Errorf("bind cards at boot: %w", err)
	}
	return change, nil
}

func (cfg Config) bind(f File) (Change, error) {
	change := newChange()
	d, done, err := cfg.open()
	if err != nil {
		return change, err
	}
	defer done()
	items, commands, err := plan(d.root, cfg.Program, f)
	if err != nil {
		return change, err
	}
	have, err := loadManifest(d.root)
	if err != nil && !errors.Is(err, ErrNotBound) {
		return change, err
	}
	todo, err := have.todo(d.root, items)
	if err != nil {
		return change, err
	}
	if err := have.with(d.root, items).save(d); err != nil {
		return change, err
	}
	for _, i := range todo {
		if err := d.put(i); err != nil {
			return change, err
		}
		change.Written = append(change.Written, "/"+i.path)
	}
	change.Reboot = unbound(d.root, f)
	return change, cfg.follow(&change, commands)
}

// todo returns the items that are not yet what they should be.
func (m manifest) todo(root *os.Root, items []item) ([]item, error) {
	var todo []item
	for _, i := range items {
		whose, same, err := m.at(root, i)
		if err != nil {
			return nil, err
		}
		if whose == foreign {
			return nil, fmt.Errorf("%w: /%s; move it away", ErrForeign, i.path)
		}
		if !same {
			todo = append(todo, i)
		}
	}
	return todo, nil
}

// with returns the manifest with items that are about to be written: until
// then, a file may have its old content.
func (m manifest) with(root *os.Root, items []item) manifest {
	next := manifest{schema, slices.Clone(m.Folders), map[string][]string{}, maps.Clone(m.Links)}
	maps.Copy(next.Files, m.Files)
	for _, i := range items {
		if i.target != "" {
			next.Links[i.path] = i.target
			continue
		}
		list := []string{digest(i.text)}
		if text, err := root.ReadFile(i.path); err == nil && digest(text) != list[0] {
			list = append(list, digest(text)) // todo has checked that it is ours
		}
		next.Files[i.path] = list
	}
	for _, i := range items {
		for _, dir := range parents(i.path) {
			if _, err := root.Stat(dir); err != nil && !slices.Contains(next.Folders, dir) {
				next.Folders = append(next.Folders, dir)
			}
		}
	}
	return next
}

// unbound reports whether any card is not held by vfio-pci yet.
func unbound(root *os.Root, f File) bool {
	tree, err := pci.Read(root)
	if err != nil {
		return true
	}
	for _, s := range f.Slots {
		for _, fn := range s.Functions {
			if have, ok := tree.Function(fn.Address); !ok || have.Driver != vfio {
				return true
			}
		}
	}
	return false
}

func (cfg Config) follow(change *Change, commands [][]string) error {
	for i, argv := range commands {
		if cfg.Run == nil {
			change.Due = append(change.Due, argv)
			continue
		}
		if err := cfg.Run(argv); err != nil {
			change.Due = append(change.Due, commands[i:]...)
			return fmt.Errorf("run %s: %w", argv[0], err)
		}
		change.Ran = append(change.Ran, argv)
	}
	return nil
}

// Unbind removes what Bind wrote, and nothing else: what was changed since is
// kept and named. The cards are free again from the next start on.
func Unbind(cfg Config) (Change, error) {
	change, err := cfg.unbind()
	if err != nil {
		return change, fmt.Errorf("unbind cards: %w", err)
	}
	return change, nil
}

func (cfg Config) unbind() (Change, error) {
	change := newChange()
	d, done, err := cfg.open()
	if err != nil {
		return change, err
	}
	defer done()
	m, err := loadManifest(d.root)
	if errors.Is(err, ErrNotBound) {
		return change, errors.Join(err, d.clear(ownFolder), d.remove(temporary(manifestPath)))
	}
	if err != nil {
		return change, err
	}
	// The link is removed first: without it nothing is started at boot.
	for _, name := range append(slices.Sorted(maps.Keys(m.Links)), slices.Sorted(maps.Keys(m.Files))...) {
		if err := d.remove(temporary(name)); err != nil {
			return change, err
		}
		whose, _, err := m.at(d.root, item{path: name})
		if err != nil {
			return change, err
		}
		switch whose {
		case foreign:
			change.Kept = append(change.Kept, "/"+name)
		case ours:
			if err := d.remove(name); err != nil {
				return change, err
			}
			change.Removed = append(change.Removed, "/"+name)
		}
	}
	change.Reboot = true
	if err := cfg.follow(&change, m.commands()); err != nil {
		return change, err // the same call again continues here
	}
	return change, m.forget(d)
}

// commands returns those that have to follow the removal of what a manifest names.
func (m manifest) commands() [][]string {
	list := [][]string{{"systemctl", "daemon-reload"}}
	if _, ok := m.Files[debianHook]; ok {
		list = append(list, []string{"update-initramfs", "-u", "-k", "all"})
	}
	if _, ok := m.Files[dracutHook+"/keep.sh"]; ok {
		list = append(list, []string{"dracut", "--regenerate-all", "--force"})
	}
	return list
}

// forget removes the folders that were made, if they are empty, and finally the
// manifest itself, with its own folder.
func (m manifest) forget(d disk) error {
	folders := slices.Clone(m.Folders)
	slices.SortFunc(folders, func(a, b string) int { return len(b) - len(a) })
	for _, dir := range folders {
		if dir != ownFolder && isEmpty(d.root, dir) {
			if err := d.remove(dir); err != nil {
				return err
			}
		}
	}
	if err := d.remove(temporary(manifestPath)); err != nil {
		return err
	}
	if names, err := namesIn(d.root, ownFolder); slices.Contains(folders, ownFolder) && err == nil && len(names) == 1 {
		// Folder and manifest are removed together: a crash would leave one without the
		// other.
		if err := d.rename(ownFolder, temporary(ownFolder)); err != nil {
			return err
		}
		return d.clear(ownFolder)
	}
	return d.remove(manifestPath)
}

func isEmpty(root *os.Root, dir string) bool {
	names, err := namesIn(root, dir)
	return err == nil && len(names) == 0
}

func namesIn(root *os.Root, dir string) ([]string, error) {
	f, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return f.Readdirnames(-1)
}
