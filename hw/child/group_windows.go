package child

import "os/exec"

// Windows has no groups of processes that a signal reaches: the program alone is killed.
func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }
