package module_test

import (
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/types/msgservice"

	"github.com/dbc-network/dbc/x/rental/module"
)

func TestGenesis(t *testing.T) {
	t.Parallel()
	encoding := moduletestutil.MakeTestEncodingConfig(module.AppModule{})
	am := module.AppModule{}
	require.NoError(t, am.ValidateGenesis(encoding.Codec, nil, am.DefaultGenesis(encoding.Codec)))
	require.ErrorContains(t, am.ValidateGenesis(encoding.Codec, nil, []byte(`{"next_rent_id":"0"}`)), "trial_window")
	require.Error(t, am.ValidateGenesis(encoding.Codec, nil, []byte(`{"rentals":7}`)))
}

// Commands name methods and fields by text; a mistake would only show at a prompt.
func TestCommandsNameWhatIsThere(t *testing.T) {
	t.Parallel()
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	require.NoError(t, msgservice.ValidateProtoAnnotations(files))
	options := module.AppModule{}.AutoCLIOptions()
	for _, service := range []struct {
		name    string
		methods int
	}{{options.Query.Service, len(options.Query.RpcCommandOptions)}, {options.Tx.Service, len(options.Tx.RpcCommandOptions)}} {
		found, err := files.FindDescriptorByName(protoreflect.FullName(service.name))
		require.NoError(t, err)
		require.Equal(t, service.methods, found.(protoreflect.ServiceDescriptor).Methods().Len(), "each method has a command or is skipped")
	}
	for _, command := range append(options.Query.RpcCommandOptions, options.Tx.RpcCommandOptions...) {
		service := options.Query.Service
		for _, tx := range options.Tx.RpcCommandOptions {
			if tx == command {
				service = options.Tx.Service
			}
		}
		found, err := files.FindDescriptorByName(protoreflect.FullName(service + "." + command.RpcMethod))
		require.NoError(t, err)
		for _, argument := range command.PositionalArgs {
			field := found.(protoreflect.MethodDescriptor).Input().Fields().ByName(protoreflect.Name(argument.ProtoField))
			require.NotNil(t, field, "%s has no field %s", command.RpcMethod, argument.ProtoField)
			require.Equal(t, argument.Varargs, field.IsList())
		}
	}
}
