package image

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	// guideName is the image of the rental guide, which comes first.
	guideName = "ubuntu" + extension
	// tinyName is the guest for tests, which comes last.
	tinyName = "tiny" + extension
)

// built are the images that this project makes itself.
var built = map[string]string{
	tinyName: "Tiny test guest", "debian-12" + extension: "Debian 12", "ubuntu-24.04-gpu" + extension: "Ubuntu 24.04 with NVIDIA driver",
}

// Describe returns what an image is called by people, such as "Ubuntu" and
// "24.04 LTS". Of an image that is in no catalogue it knows the file's name alone.
func Describe(name string) (title, version string) {
	what := built[name]
	if e, err := Lookup(name); err == nil && what == "" {
		what, _, _ = strings.Cut(e.What, ",")
	}
	if what == "" {
		stem := strings.TrimSuffix(name, extension)
		at := strings.LastIndexByte(stem, '-')
		if at < 0 || !digitAt(stem, at+1) {
			return stem, ""
		}
		return stem[:at], stem[at+1:]
	}
	words := strings.Fields(what)
	at := slices.IndexFunc(words, func(w string) bool { return digitAt(w, 0) })
	if at < 0 {
		return what, ""
	}
	return strings.Join(words[:at], " "), strings.Join(words[at:], " ")
}

func digitAt(s string, i int) bool { return i < len(s) && unicode.IsDigit(rune(s[i])) }

// Default returns the image that a VM gets where its renter names none: the
// guide's Ubuntu, else the newest Ubuntu, else the newest Debian, else the first
// by name, and the guest for tests only where nothing else is there. "" of none.
func Default(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return slices.MinFunc(names, func(a, b string) int {
		rankA, versionA := rank(a)
		rankB, versionB := rank(b)
		return cmp.Or(cmp.Compare(rankA, rankB), slices.Compare(versionB, versionA), cmp.Compare(a, b))
	})
}

// rank orders images for Default; versions count only within Ubuntu and Debian.
func rank(name string) (rank int, version []int) {
	title, text := Describe(name)
	switch {
	case name == guideName:
		return 0, nil
	case strings.EqualFold(title, "ubuntu"):
		return 1, numbers(text)
	case strings.EqualFold(title, "debian"):
		return 2, numbers(text)
	case name == tinyName:
		return 4, nil
	}
	return 3, nil
}

// numbers reads the version at the start of a text, such as 24.04.
func numbers(text string) (version []int) {
	first, _, _ := strings.Cut(text, " ")
	for part := range strings.SplitSeq(first, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return version
		}
		version = append(version, n)
	}
	return version
}
