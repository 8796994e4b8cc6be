package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTrimMachineID(t *testing.T) {
	t.Parallel()
	const id = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
	require.Equal(t, id, trimMachineID("0x"+id))
	require.Equal(t, id, trimMachineID("0X3B6A27BCCEB6A42D62A3A8D02A6F0D73653215771DE243A63AC048A18B59DA29"))
	require.Equal(t, "0x12", trimMachineID("0x12"))
	require.Equal(t, "72h", trimMachineID("72h"))
}
