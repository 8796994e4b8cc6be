package api

import "crypto/rand"

// NewTaskID returns a random id for a task, of 22 letters and digits. A create that
// carries its own id can be repeated when its reply was lost. The first letter is a
// capital, so that no beginning of an id can be a user's name for a virtual machine.
func NewTaskID() string {
	const letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	id := make([]byte, 0, 22)
	for b := make([]byte, 1); len(id) < cap(id); {
		_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
		n := int(b[0]) % 64
		if n < len(letters) && (len(id) > 0 || 'A' <= letters[n] && letters[n] <= 'Z') {
			id = append(id, letters[n])
		}
	}
	return string(id)
}
