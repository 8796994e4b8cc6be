package operator

import "testing"

func TestDir(t *testing.T) {
	t.Setenv("DBC_HOME", "/srv/dbc")
	for set, want := range map[string]string{"": "/srv/dbc/keys", "/srv/keys": "/srv/keys"} {
		if dir, err := Dir(set); err != nil || dir != want {
			t.Errorf("keyring_dir=%s: %s, %v", set, dir, err)
		}
	}
}
