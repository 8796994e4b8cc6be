package api

import (
	"regexp"
	"testing"
)

func TestNewTaskID(t *testing.T) {
	t.Parallel()
	form, seen := regexp.MustCompile(`^[0-9A-Za-z]{22}$`), map[string]bool{}
	for range 1000 {
		id := NewTaskID()
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("%q", id)
		}
		seen[id] = true
	}
}
