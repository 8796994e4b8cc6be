package api

import "testing"

// TestRemovedRoutes verifies that a removed route is none, and names what replaces it.
func TestRemovedRoutes(t *testing.T) {
	t.Parallel()
	for _, gone := range RemovedRoutes() {
		for _, path := range []string{gone.Path, gone.Path + "/x"} {
			if r, ok := RouteOf(path); ok || !gone.Serves(path) {
				t.Errorf("%s is served as %q", path, r.Name)
			}
		}
		if gone.Serves(gone.Path + "x") {
			t.Errorf("%s covers paths beside it", gone.Path)
		}
		r := gone.Refusal(gone.Path)
		if m := MeaningOf(r.Code); m.Status != 410 || m.Retry != RetryNever || r.Params["replacement"] == "" {
			t.Errorf("%s is refused with %+v", gone.Path, r)
		}
	}
}
