package build

const (
	ubuntuLabel   = "dbc-ubuntu"
	ubuntuKeyring = "/usr/share/keyrings/ubuntu-archive-keyring.gpg"
)

// ubuntuDriver is the series of NVIDIA's driver: the newest that Ubuntu carries for
// servers with modules that it has compiled and signed, so that the guest needs no
// compiler and boots with Secure Boot too. It knows all cards from Turing to
// Blackwell.
const ubuntuDriver = "580-server"

// licenceTexts are the terms of all packages, and all that the driver's come with.
var licenceTexts = []string{"/usr/share/doc/*/copyright", "/usr/share/doc/*nvidia*/*"}

// ubuntuGPU is Ubuntu 24.04 with NVIDIA's open kernel modules, nvidia-smi and Docker.
// CUDA comes with containers and Python packages.
var ubuntuGPU = kind{
	layout: layout{
		size: 6 << 30, label: ubuntuLabel, journalMiB: 64,
		boot: `linux /boot/vmlinuz root=LABEL=dbc-ubuntu ro console=tty0 console=ttyS0,115200 net.ifnames=0 tsc=reliable no_timer_check panic=5
initrd /boot/initrd.img
`,
	},
	system: system{
		suite: "noble", keyring: ubuntuKeyring,
		sources: []string{
			"deb http://archive.ubuntu.com/ubuntu noble main restricted universe",
			"deb http://archive.ubuntu.com/ubuntu noble-updates main restricted universe",
			"deb http://security.ubuntu.com/ubuntu noble-security main restricted universe",
		},
		packages: []string{
			"systemd-sysv", "systemd-resolved", "libpam-systemd", "dbus", "udev", "kmod", "linux-image-virtual", "initramfs-tools", "zstd",
			"cloud-init", "cloud-guest-utils", "e2fsprogs", "fdisk", "openssh-server", "qemu-guest-agent", "sudo", "iproute2", "iputils-ping",
			"procps", "ca-certificates", "curl", "less", "nano", "pciutils", "rsync", "docker.io",
			"linux-modules-nvidia-" + ubuntuDriver + "-open-generic", "nvidia-headless-no-dkms-" + ubuntuDriver + "-open", "nvidia-utils-" + ubuntuDriver,
		},
		kept:   licenceTexts,
		files:  distroFiles(ubuntuLabel, "ubuntu", "system_info: {network: {renderers: [networkd]}}\n"),
		kernel: []string{"boot/vmlinuz", "boot/initrd.img"},
		driver: "nvidia-utils-" + ubuntuDriver,
	},
	steps: distroSteps,
}
