package network

import (
	"encoding/binary"
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// noLinkLocalLearn is BR_BOOLOPT_NO_LL_LEARN.
const noLinkLocalLearn = 1 << 0

// learnNothingUnseen has the bridge not learn from frames to 01:80:c2:00:00:0X. It
// keeps those from its rules, so that a guest could say by one that a neighbour's
// card is at its own port, and get what is sent to the neighbour.
func learnNothingUnseen(link netlink.Link) error {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(link.Attrs().Index)
	req.AddData(msg)
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("bridge"))
	data := info.AddRtAttr(nl.IFLA_INFO_DATA, nil)
	// struct br_boolopt_multi: values, and which of them are meant.
	value := binary.NativeEndian.AppendUint32(nil, noLinkLocalLearn)
	data.AddRtAttr(unix.IFLA_BR_MULTI_BOOLOPT, binary.NativeEndian.AppendUint32(value, noLinkLocalLearn))
	req.AddData(info)
	if _, err := req.Execute(unix.NETLINK_ROUTE, 0); err != nil {
		return fmt.Errorf("keep the bridge from learning (the kernel has to be Linux 5.0 or newer): %w", err)
	}
	return nil
}
