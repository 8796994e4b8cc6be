package machine

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"cosmossdk.io/collections/codec"
)

const rentIDBytes = 8

// RentIDs stores a list of rentals, 8 bytes each: a short list costs one key
// and one read, where a set costs one of each per rental.
var RentIDs codec.ValueCodec[[]uint64] = rentIDs{}

type rentIDs struct{}

// Encode writes the ids one after the other, in big endian.
func (rentIDs) Encode(ids []uint64) ([]byte, error) {
	bz := make([]byte, 0, rentIDBytes*len(ids))
	for _, id := range ids {
		bz = binary.BigEndian.AppendUint64(bz, id)
	}
	return bz, nil
}

// Decode reverses Encode; it refuses anything but a whole number of ids.
func (rentIDs) Decode(bz []byte) ([]uint64, error) {
	if len(bz)%rentIDBytes != 0 {
		return nil, fmt.Errorf("%w: a list of rentals has %d bytes, no multiple of %d", codec.ErrEncoding, len(bz), rentIDBytes)
	}
	ids := make([]uint64, 0, len(bz)/rentIDBytes)
	for ; len(bz) > 0; bz = bz[rentIDBytes:] {
		ids = append(ids, binary.BigEndian.Uint64(bz))
	}
	return ids, nil
}

// EncodeJSON writes a list of numbers.
func (rentIDs) EncodeJSON(ids []uint64) ([]byte, error) { return json.Marshal(ids) }

// DecodeJSON reverses EncodeJSON.
func (rentIDs) DecodeJSON(bz []byte) (ids []uint64, err error) { return ids, json.Unmarshal(bz, &ids) }

// Stringify is for people.
func (rentIDs) Stringify(ids []uint64) string { return fmt.Sprint(ids) }

// ValueType names what is stored.
func (rentIDs) ValueType() string { return "dbc/rent_ids" }
