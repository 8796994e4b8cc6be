package conf

import (
	"fmt"
	"os/user"
	"strconv"
)

// LookUpUser returns the number and main group of a user, given by name or number.
func LookUpUser(name string) (uid, gid int, err error) {
	u, err := user.Lookup(name)
	if _, notNumber := strconv.Atoi(name); err != nil && notNumber == nil {
		u, err = user.LookupId(name)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("find the node's user: %w", err)
	}
	if uid, err = strconv.Atoi(u.Uid); err == nil {
		gid, err = strconv.Atoi(u.Gid)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("find the node's user: %w", err)
	}
	return uid, gid, nil
}
