package chain

import (
	"bytes"
	"fmt"

	cmtjson "github.com/cometbft/cometbft/libs/json"

	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
)

// HashGenesisFile returns the GenesisHash that a dbcd has in its Head if its chain began
// with this genesis.json.
func HashGenesisFile(file []byte) ([32]byte, error) {
	genesis, err := genutiltypes.AppGenesisFromReader(bytes.NewReader(file))
	if err != nil {
		return [32]byte{}, fmt.Errorf("parse the genesis file: %w", err)
	}
	doc, err := genesis.ToGenesisDoc()
	if err != nil {
		return [32]byte{}, fmt.Errorf("convert the genesis file: %w", err)
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return [32]byte{}, fmt.Errorf("complete the genesis file: %w", err)
	}
	text, err := cmtjson.Marshal(doc)
	if err != nil {
		return [32]byte{}, fmt.Errorf("write the genesis document: %w", err)
	}
	return HashGenesis(bytes.NewReader(text))
}
