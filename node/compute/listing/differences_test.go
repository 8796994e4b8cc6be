package listing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/x/machine"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	listed, err := listing.Facts(inventory, config)
	if err != nil {
		t.Fatal(err)
	}
	listed.Multiaddrs = []string{"/ip4/203.0.113.7/udp/5011/quic-v1", "/ip4/203.0.113.7/tcp/5011"}
	for name, c := range map[string]struct {
		change func(*machine.Facts)
		want   []listing.Difference
	}{
		"nothing": {func(*machine.Facts) {}, nil},
		"order of addresses": {func(f *machine.Facts) {
			f.Multiaddrs = []string{"/ip4/203.0.113.7/tcp/5011", "/ip4/203.0.113.7/udp/5011/quic-v1"}
		}, nil},
		"the host's words": {func(f *machine.Facts) { f.Country, f.City, f.UploadMbps = "DE", "Berlin", 5 }, nil},
		"port": {func(f *machine.Facts) { f.Multiaddrs = []string{"/ip4/203.0.113.7/tcp/5012"} }, []listing.Difference{{
			Code: listing.OtherAddresses, Params: map[string]string{
				"listed": "/ip4/203.0.113.7/tcp/5011, /ip4/203.0.113.7/udp/5011/quic-v1", "here": "/ip4/203.0.113.7/tcp/5012",
			},
		}}},
		"address and range": {func(f *machine.Facts) { f.PublicIp, f.PortLast = "198.51.100.1", 6000 }, []listing.Difference{
			{Code: listing.OtherIP, Params: map[string]string{"listed": "203.0.113.7", "here": "198.51.100.1"}},
			{Code: listing.OtherPorts, Params: map[string]string{"listed": "5200-5999", "here": "5200-6000"}},
		}},
		"memory and CPUs": {func(f *machine.Facts) { f.MemoryMib, f.CpuCores = f.MemoryMib-1, f.CpuCores+1 }, []listing.Difference{
			{Code: listing.Unmeasured, Params: map[string]string{"facts": "cpu_cores, memory_mib"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here := listed
			c.change(&here)
			if diff := cmp.Diff(c.want, listing.Compare(listed, here)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	all := listing.Judge([]listing.Met{
		{Address: "a", PeerID: "own"}, {Address: "b", PeerID: "other"}, {Address: "c", Reason: "refused"},
	}, "own")
	other := listing.Difference{Code: listing.OtherPeer, Params: map[string]string{"address": "b", "peer_id": "other"}}
	unmet := listing.Difference{Code: listing.Unmet, Params: map[string]string{"address": "c", "reason": "refused"}}
	if diff := cmp.Diff([]listing.Difference{other, unmet}, all); diff != "" {
		t.Error(diff)
	}
	all = append(all, listing.Difference{Code: listing.Unmeasured})
	if diff := cmp.Diff([]listing.Difference{other}, listing.Refused(all, true)); diff != "" {
		t.Errorf("reached: %s", diff)
	}
	if diff := cmp.Diff([]listing.Difference{other, unmet}, listing.Refused(all, false)); diff != "" {
		t.Errorf("not reached: %s", diff)
	}
}
