// Package profile is dbc's configuration file: named sets of what its global flags say,
// for a user with several networks, nodes or wallets.
//
// A profile holds no secret, and answers no question: whatever protects money is said on
// the command line each time. Unknown keys and wrong values are refused with file and
// line, so that a misspelt one is not passed over.
package profile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/durable"
)

const (
	// FileName is the file's name in the home folder.
	FileName = "config.toml"
	// PathVariable is the environment variable with another path.
	PathVariable = "DBC_CONFIG"
	// None is the profile without settings; no other has this name.
	None = "none"

	maxFile = 64 << 10
	// writable are the modes by which others could choose a user's node and network.
	writable = 0o022
)

var (
	// ErrFile means that the file, or what is to be written to it, is not as it should be.
	ErrFile = errors.New("not a configuration of dbc")
	// ErrNoProfile means that there is no profile of that name.
	ErrNoProfile = errors.New("no such profile")

	name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`)
)

// Refusal says what is wrong in the file, and what to do.
type Refusal struct {
	File string
	// Line is 0 for what is not in the file yet.
	Line        int
	Key, Reason string
	Remedy      string
}

// Error names file, line, key, reason and remedy. The value is not repeated: it may be a
// secret in the wrong place.
func (r *Refusal) Error() string {
	at := r.File
	if r.Line > 0 {
		at = fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	if r.Key != "" {
		at += ": " + r.Key
	}
	return fmt.Sprintf("%s: %s; %s", at, r.Reason, r.Remedy)
}

// Unwrap is ErrFile.
func (*Refusal) Unwrap() error { return ErrFile }

// File is a configuration file as it was read.
type File struct {
	Path string
	// Current is the profile that is used where none is named; "" for none.
	Current string
	// Profiles are the values by profile and key.
	Profiles map[string]map[string]string

	lines []string
	at    map[string]map[string]int
	heads map[string]int
	use   int
}

// Path returns where the file of a home folder is.
func Path(home string) string {
	if path := os.Getenv(PathVariable); path != "" {
		return path
	}
	return filepath.Join(home, FileName)
}

// Read returns the file at path, an empty one where there is none.
func Read(path string) (*File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return nil, &Refusal{File: path, Reason: "it is no plain file", Remedy: "remove it, or name another by " + PathVariable}
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return parse(path, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	if foreign(info) {
		return nil, &Refusal{File: path, Reason: "it is another user's, who so chooses your node and network", Remedy: "look at what is in it, then make it yours with chown"}
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&writable != 0 { // which has no such modes
		return nil, &Refusal{File: path, Reason: "others can write to it, and so choose your node and network", Remedy: "look at what is in it, then chmod 0600 " + path}
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	if len(text) > maxFile {
		return nil, &Refusal{File: path, Reason: fmt.Sprintf("it is longer than %d bytes", maxFile), Remedy: "remove what is no setting"}
	}
	return parse(path, text)
}

// Change reads the file at path anew, and keeps other programs from changing it until
// change has returned: of two that read it both, one would lose its line.
func Change(ctx context.Context, path string, change func(*File) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	release, err := durable.AwaitLock(ctx, path+".lock", nil)
	if err != nil {
		return fmt.Errorf("change the configuration: %w", err)
	}
	defer func() { _ = release() }() // the lock ends with the process at the latest
	file, err := Read(path)
	if err != nil {
		return err
	}
	return change(file)
}

// Named returns the values of a profile, none of None.
func (f *File) Named(profile string) (map[string]string, error) {
	if profile == None || profile == "" {
		return nil, nil
	}
	values, known := f.Profiles[profile]
	if !known {
		return nil, fmt.Errorf("%w: %q; %s has %s", ErrNoProfile, profile, f.Path, f.names())
	}
	return values, nil
}

func (f *File) names() string {
	var all []string
	for profile := range f.Profiles {
		all = append(all, profile)
	}
	if len(all) == 0 {
		return "none: dbc config set KEY VALUE makes one"
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// save writes the lines, which must be a configuration, and reads them anew.
func (f *File) save(lines []string) error {
	text := strings.Join(lines, "\n")
	read, err := parse(f.Path, []byte(text))
	if err != nil {
		return err
	}
	path := f.Path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	if err := durable.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	*f = *read
	return nil
}
