package profile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Set writes one value of a profile, which is made and used if there is none yet. All
// other lines stay as they are.
func (f *File) Set(profile, key, value string) error {
	if !name.MatchString(profile) || profile == None {
		return &Refusal{File: f.Path, Key: profile, Reason: "no name of a profile", Remedy: "want up to 32 letters, digits, - and _ other than none"}
	}
	if err := check(f.Path, 0, key, value); err != nil {
		return err
	}
	lines, entry := slices.Clone(f.lines), key+" = "+quote(value)
	switch at, head := f.at[profile][key], f.heads[profile]; {
	case at > 0:
		lines[at-1] = entry
	case head > 0:
		lines = slices.Insert(lines, f.last(profile), entry)
	default:
		if lines = trimmed(lines); len(lines) > 0 {
			lines = append(lines, "")
		}
		if len(f.Profiles) == 0 && f.Current == "" {
			lines = append([]string{"use = " + quote(profile), ""}, lines...)
		}
		lines = append(lines, "[profile."+profile+"]", entry, "")
	}
	return f.save(lines)
}

// last returns the number of the last line of a profile that has something.
func (f *File) last(profile string) int {
	last := f.heads[profile]
	for _, at := range f.at[profile] {
		last = max(last, at)
	}
	return last
}

// Unset removes one value of a profile, and reports whether there was one.
func (f *File) Unset(profile, key string) (bool, error) {
	if err := check(f.Path, 0, key, ""); err != nil && rules[key].fits == nil {
		return false, err
	}
	at := f.at[profile][key]
	if at == 0 {
		return false, nil
	}
	return true, f.save(slices.Delete(slices.Clone(f.lines), at-1, at))
}

// Use chooses the profile of commands that name none.
func (f *File) Use(profile string) error {
	if _, err := f.Named(profile); err != nil {
		return err
	}
	entry, lines := "use = "+quote(profile), slices.Clone(f.lines)
	if f.use > 0 {
		lines[f.use-1] = entry
	} else {
		lines = append([]string{entry, ""}, lines...)
	}
	return f.save(lines)
}

func trimmed(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// quote writes a text as TOML has it; the rules allow no characters that Go would write
// otherwise but letters beyond ASCII, which TOML has as they are.
func quote(value string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
