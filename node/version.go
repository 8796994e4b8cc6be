package node

import (
	"runtime/debug"

	sdkversion "github.com/cosmos/cosmos-sdk/version"
)

// Version returns what make build wrote into the program, or go install's version.
func Version() string {
	if sdkversion.Version != "" {
		return sdkversion.Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
