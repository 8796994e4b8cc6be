package main

import (
	"fmt"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/client"
)

// reasonWords say why a VM, or a change of its disks, is as it is.
var reasonWords = map[notice.Code]func(p notice.Params) string{
	notice.RentalEnded:     fixed("its rental has ended"),
	notice.RentalRefunded:  fixed("its rental was refunded"),
	notice.RentalBroken:    fixed("its rental was broken"),
	notice.RentalForgotten: fixed("its rental ended long ago and is no longer on the chain"),
	notice.ShutDown:        fixed("shut down by its renter"),
	notice.PoweredOff:      fixed("powered off by its renter"),
	notice.StoppedHard: func(p notice.Params) string {
		return fmt.Sprintf("the guest did not shut down within %s seconds and was stopped hard", p[notice.Seconds])
	},
	notice.GuestOff:        fixed("the guest shut itself down"),
	notice.PausedChain:     fixed("paused: its node can't read the chain, and the last end that it knows of the rental is past"),
	notice.PausedDisk:      fixed("paused: the host's disk takes no more data; the VM goes on when it does"),
	notice.WaitsHypervisor: fixed("the machine's hypervisor does not answer; its node tries again until the rental is over"),
	notice.Evicted:         fixed("its kept disks made room for a new VM"),
	notice.CreateFailed: func(p notice.Params) string {
		return "step " + p[notice.Step] + " failed" + detail(p)
	},
	notice.GuestSilent: func(p notice.Params) string {
		return fmt.Sprintf("no answer on port 22 within %s seconds: the image needs an SSH server and cloud-init (NoCloud), and to boot by bios_mode %s; "+
			"choose another image or give it more CPUs and memory%s", p[notice.Seconds], p[notice.BiosMode], detail(p))
	},
	notice.GuestDied: func(p notice.Params) string {
		return fmt.Sprintf("the guest went off before it answered: does the image boot by bios_mode %s, with virtio disks?%s", p[notice.BiosMode], detail(p))
	},
	notice.HostFull: func(p notice.Params) string {
		return "the host's disk is full, in step " + p[notice.Step] + detail(p)
	},
	notice.CardRefused: func(p notice.Params) string {
		return fmt.Sprintf("the machine could not give it a card (%s), in step %s; cancel the trial or ask the host%s", p[notice.Cause], p[notice.Step], detail(p))
	},
	notice.RestartFailed: because("it could not be started again, and its node tries again"),
	notice.StartFailed:   because("it could not be started"),
	notice.StopFailed:    because("it could not be stopped"),
	notice.RebootFailed:  because("it could not be restarted"),
	notice.ResetFailed:   because("it could not be reset"),
	notice.DiskAddFailed: func(p notice.Params) string {
		return fmt.Sprintf("disk %s could not be added%s", p[notice.Disk], detail(p))
	},
	notice.DiskResizeFailed: func(p notice.Params) string {
		return fmt.Sprintf("disk %s could not be resized%s", p[notice.Disk], detail(p))
	},
	notice.DiskDeleteFailed: func(p notice.Params) string {
		return fmt.Sprintf("disk %s could not be deleted%s", p[notice.Disk], detail(p))
	},
	notice.DiskResizedLater: func(p notice.Params) string {
		return fmt.Sprintf("disk %s has %s GiB now, which the guest sees after its next start%s", p[notice.Disk], p[notice.GiB], detail(p))
	},
	notice.DiskHeld: func(p notice.Params) string {
		return fmt.Sprintf("disk %s was not deleted: the guest does not let go of it; unmount it, or shut the VM down first", p[notice.Disk])
	},
}

// noticeWords say what a renter is about to lose, or should know.
var noticeWords = map[notice.Code]func(n notice.Notice) string{
	notice.RentalEnds: func(n notice.Notice) string {
		return fmt.Sprintf("the rental ends %s; then the VM is shut down: renew it to go on", soon(n))
	},
	notice.TrialEnds: func(n notice.Notice) string {
		return fmt.Sprintf("the rental is not confirmed: at %s the rent goes back and the VM is deleted with its disks; confirm it before to go on", stamp(n))
	},
	notice.TrialRentalEnds: func(n notice.Notice) string {
		return fmt.Sprintf("also when confirmed, the rental ends %s, and the VM is shut down: confirm it first, then renew it to go on", soon(n))
	},
	notice.DisksKept: func(n notice.Notice) string {
		text := "the rental is over; its disks are kept until " + stamp(n)
		if n.WithinSeconds > 0 {
			text = "the rental is over; its disks are deleted " + soon(n)
		}
		if n.Params[notice.Evictable] == "true" {
			text += ", or earlier when a new VM needs the room"
		}
		return text + fmt.Sprintf(": rent this machine again and create with dbc vm create --restore %s to go on with them", n.TaskID)
	},
	notice.ChangePending: func(notice.Notice) string { return "changed CPUs and memory count from the VM's next start" },
	notice.VNCNotOpened: func(notice.Notice) string {
		return "vnc_port is not opened: nothing but what you publish answers on the host; use dbc vm vnc"
	},
}

func fixed(text string) func(notice.Params) string { return func(notice.Params) string { return text } }

func because(text string) func(notice.Params) string {
	return func(p notice.Params) string { return text + detail(p) }
}

func detail(p notice.Params) string {
	if p[notice.Detail] == "" {
		return ""
	}
	return " (" + p[notice.Detail] + ")"
}

func stamp(n notice.Notice) string { return n.At.UTC().Format(time.RFC3339) }

// soon returns "in less than 1 hour, at 2026-01-31T12:59:00Z".
func soon(n notice.Notice) string {
	if n.WithinSeconds <= 0 {
		return "at " + stamp(n)
	}
	return fmt.Sprintf("in less than %s, at %s", span(n.WithinSeconds), stamp(n))
}

// span returns "1 hour" or "10 minutes", rounded up to whole minutes.
func span(seconds int64) string {
	n, unit := (seconds+59)/60, "minute"
	if n >= 60 && n%60 == 0 {
		n, unit = n/60, "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// whyWords describes a reason to a person; "" for none. Parameters from a node
// are printed without control characters, and a later version's code as it is.
func whyWords(r *notice.Reason) string {
	if r == nil {
		return ""
	}
	if words, ok := reasonWords[r.Code]; ok {
		return client.Printable(words(r.Params))
	}
	return client.Printable(r.String())
}

// noticed describes a notice to a person.
func noticed(n notice.Notice) string {
	if words, ok := noticeWords[n.Code]; ok {
		return client.Printable(words(n))
	}
	return client.Printable((&notice.Reason{Code: n.Code, Params: n.Params}).String())
}
