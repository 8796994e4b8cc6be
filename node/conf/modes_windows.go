package conf

// StateModes does nothing: files have no modes here.
func StateModes() {}
