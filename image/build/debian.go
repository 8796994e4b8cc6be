package build

// debian is Debian 12 like Debian's own cloud images: cloud-init, OpenSSH, the
// guest agent, networkd and the small kernel. It boots through the links that
// the kernel package maintains in /, so that the guest can upgrade its kernel.
var debian = kind{
	layout: layout{
		size: 3 << 30, label: "dbc-debian", journalMiB: 64,
		boot: `linux /vmlinuz root=LABEL=dbc-debian ro console=tty0 console=ttyS0,115200 net.ifnames=0 tsc=reliable no_timer_check panic=5
initrd /initrd.img
`,
	},
	system: system{
		suite: "bookworm", packages: debianPackages, kernel: []string{"vmlinuz", "initrd.img"},
		files: distroFiles("dbc-debian", "debian", ""),
	},
	steps: distroSteps,
}

var debianPackages = []string{
	"systemd-sysv", "systemd-resolved", "libpam-systemd", "dbus", "udev", "kmod", "linux-image-cloud-amd64", "initramfs-tools", "zstd",
	"cloud-init", "cloud-guest-utils", "e2fsprogs", "fdisk", "openssh-server", "qemu-guest-agent", "sudo", "iproute2", "iputils-ping",
	"procps", "ca-certificates", "curl", "less", "nano",
}
