package api

import "testing"

func TestRevision(t *testing.T) {
	t.Parallel()
	one := Revision(TaskSummary{TaskID: "a"})
	if one != Revision(TaskSummary{TaskID: "a"}) || len(one) != 16 {
		t.Errorf("%q is not the revision of the same", one)
	}
	seen := map[string]bool{one: true}
	for _, other := range []string{Revision(TaskSummary{TaskID: "b"}), Revision(TaskSummary{TaskID: "a"}, nil), Revision(), Revision("a", "b"), Revision("ab")} {
		if seen[other] {
			t.Errorf("%q is the revision of two", other)
		}
		seen[other] = true
	}
}
