package machine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

func FuzzRentIDs(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 24))
	f.Add([]byte("no whole id"))
	f.Fuzz(func(t *testing.T, bz []byte) {
		ids, err := machine.RentIDs.Decode(bz)
		require.Equal(t, len(bz)%8 == 0, err == nil)
		if err != nil {
			return
		}
		require.Len(t, ids, len(bz)/8)
		again, err := machine.RentIDs.Encode(ids)
		require.NoError(t, err)
		require.Equal(t, string(bz), string(again))
	})
}
