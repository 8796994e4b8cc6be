// Package named keeps the names that a user gave to virtual machines on this
// computer. A name is the user's word alone: neither a host nor a guest can give,
// take or move one, so that it may appear in a configuration of ssh.
package named
