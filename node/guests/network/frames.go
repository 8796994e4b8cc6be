package network

import (
	"encoding/binary"
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

const (
	// noLinkLocalLearn is BR_BOOLOPT_NO_LL_LEARN.
	noLinkLocalLearn = 1 << 0
	// groupForward is a bit for each last digit of 01:80:c2:00:00:0X whose
	// frames a bridge can be told to treat like any others: all but 0 to 2.
	groupForward = 0xfff8
)

// seeAll makes the bridge treat frames to 01:80:c2:00:00:0X like others.
// Otherwise it would not apply its rules to them, would deliver them to the
// computer from the guest's own port, where no rule for the bridge applies, and
// would learn from them where a card is: a guest could reach the computer, and
// receive what is sent to a neighbour. The rules drop those to ...:02, which no
// bridge forwards; the kernel drops those to ...:01.
func seeAll(link netlink.Link) error {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(link.Attrs().Index)
	req.AddData(msg)
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("bridge"))
	data := info.AddRtAttr(nl.IFLA_INFO_DATA, nil)
	data.AddRtAttr(unix.IFLA_BR_GROUP_FWD_MASK, binary.NativeEndian.AppendUint16(nil, groupForward))
	// struct br_boolopt_multi: values, and a mask of those to set.
	value := binary.NativeEndian.AppendUint32(nil, noLinkLocalLearn)
	data.AddRtAttr(unix.IFLA_BR_MULTI_BOOLOPT, binary.NativeEndian.AppendUint32(value, noLinkLocalLearn))
	req.AddData(info)
	if _, err := req.Execute(unix.NETLINK_ROUTE, 0); err != nil {
		return fmt.Errorf("have the bridge see all frames (the kernel has to be Linux 5.0 or newer): %w", err)
	}
	return nil
}
