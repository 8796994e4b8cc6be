package api

import (
	"regexp"
	"testing"
)

func TestNewTaskID(t *testing.T) {
	t.Parallel()
	form, seen := regexp.MustCompile(`^[A-Z][0-9A-Za-z]{21}$`), map[string]bool{}
	for range 1000 {
		id := NewTaskID()
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("%q", id)
		}
		seen[id] = true
	}
}
