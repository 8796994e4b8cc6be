package vm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/vm/libvirt/acl"
)

// TestAdmit grants users access to a device that is restricted to a group, like
// KVM's on Debian: those can open it, as the kernel itself decides, and nobody
// else can. It needs root to create the device.
func TestAdmit(t *testing.T) {
	t.Parallel()
	const one, two, stranger, nogroup = 0x7000_0007, 0x7000_0008, 0x7000_0009, 65534
	for _, mode := range []os.FileMode{0o660, 0o600} {
		path := device(t, mode)
		require.False(t, opens(t, path, one, nogroup))
		require.NoError(t, acl.Supported(path))
		require.False(t, opens(t, path, one, nogroup))
		require.NoError(t, acl.Grant(path, one))
		require.NoError(t, acl.Grant(path, two))
		require.True(t, opens(t, path, one, nogroup))
		require.True(t, opens(t, path, two, nogroup))
		require.False(t, opens(t, path, stranger, nogroup))
		require.Equal(t, mode == 0o660, opens(t, path, stranger, 0), "the device's group has what it had")
		require.NoError(t, acl.Revoke(path, one))
		require.False(t, opens(t, path, one, nogroup))
		require.True(t, opens(t, path, two, nogroup))
		require.NoError(t, acl.Revoke(path, two))
		require.False(t, opens(t, path, two, nogroup))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm())
	}
}

// device creates a node next to KVM's that acts like /dev/null.
func device(t *testing.T, mode os.FileMode) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev", "dbc-kvm-") //nolint:usetesting // device nodes and their lists are on devtmpfs
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	path := filepath.Join(dir, "kvm")
	require.NoError(t, unix.Mknod(path, unix.S_IFCHR, int(unix.Mkdev(1, 3))))
	require.NoError(t, os.Chmod(path, mode))
	return path
}

// opens reports whether a user of one group can open the file.
func opens(t *testing.T, path string, uid, gid uint32) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `exec 3<>"$0"`, path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	return cmd.Run() == nil
}
