#!/bin/sh
# computer.sh FOLDER REPOSITORY runs a computer whose first process is systemd.
# It has this one's programs (/usr) and a copy of its settings (/etc);
# everything else is new, in memory, and gone when it ends. The repository is
# its /mnt, and its eth0 leads to the network namespace in which this script is
# called. Prints the pid of its first process, and ends with it; SIGTERM ends
# both.
set -eu

outside() {
	mkdir "$1/groups" "$1/root"
	mount -t cgroup2 cgroup2 "$1/groups"
	group=$1/groups/dbc-units-$$
	mkdir "$group"
	trap 'find "$group" -depth -type d -exec rmdir {} +' EXIT
	ip link add outside type veth peer name inside
	ip address add 203.0.113.1/24 dev outside
	ip link set outside up
	sh -c 'echo $$ > "$0"; exec "$@"' "$group/cgroup.procs" unshare --mount --propagation private --pid --fork \
		--kill-child --net --ipc --uts --cgroup "$script" "$@" inside &
	computer=$! first=
	trap 'kill -KILL ${first:-$computer}' TERM
	until first=$(cat "/proc/$computer/task/$computer/children") && [ -n "$first" ]; do sleep 0.1; done
	first=${first% }
	ip link set inside netns "/proc/$first/ns/net"
	nsenter --net="/proc/$first/ns/net" sh -ec 'ip link set lo up
		ip link set inside name eth0
		ip address add 203.0.113.7/24 dev eth0
		ip link set eth0 up
		ip route add default via 203.0.113.1'
	echo "$first"
	# SIGTERM interrupts the first; the second returns when nothing runs any
	# more.
	wait $computer || wait $computer || true
}

inside() {
	# Enough space for the disks that are reserved; what is not written takes
	# none.
	mount -t tmpfs -o mode=755,size=64g tmpfs "$1/root"
	cd "$1/root"
	mkdir -p dev etc home mnt old proc root run sys tmp usr var/cache var/lib var/log var/tmp
	chmod 0700 root
	chmod 1777 tmp var/tmp
	ln -s /run var/run
	for name in bin sbin lib lib32 lib64 libx32; do
		[ ! -L "/$name" ] || ln -s "usr/$name" "$name"
	done
	mount --rbind -o ro /usr usr
	mount -t tmpfs -o mode=755 tmpfs usr/local
	mkdir usr/local/bin
	mount --bind -o ro "$2" mnt

	cp -a /etc/. etc
	rm -rf etc/systemd/system etc/systemd/network etc/libvirt/qemu etc/resolv.conf etc/fstab etc/crypttab etc/tmpfiles.d etc/sysusers.d etc/dbc
	tr -d - < /proc/sys/kernel/random/uuid > etc/machine-id
	echo computer > etc/hostname
	echo 127.0.0.1 localhost computer > etc/hosts
	mkdir -p etc/systemd/system
	# Devices, modules and consoles belong to the other computer.
	for unit in systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service \
		modprobe@.service systemd-modules-load.service proc-sys-fs-binfmt_misc.automount getty.target ldconfig.service systemd-hwdb-update.service; do
		ln -s /dev/null "etc/systemd/system/$unit"
	done

	mount -t proc proc proc
	mount --bind proc/sys proc/sys
	mount -o remount,bind,ro proc/sys
	mount --bind proc/sys/net proc/sys/net
	mount -o remount,bind,rw proc/sys/net
	mount -t sysfs sysfs sys
	mount -t cgroup2 cgroup2 sys/fs/cgroup
	mount -t tmpfs -o mode=755 tmpfs dev
	mkdir dev/net dev/pts dev/shm
	# No KVM: if it exists but does not work, libvirt probes QEMU for each
	# device.
	for name in null zero full random urandom tty net/tun; do
		cp -a "/dev/$name" "dev/$name"
	done
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	mount -t tmpfs -o mode=1777 tmpfs dev/shm
	mount -t tmpfs -o mode=755 tmpfs run

	pivot_root . old
	umount -l /old
	exec env -i container=dbc /lib/systemd/systemd --log-target=journal < /dev/null > /dev/null 2>&1
}

script=$(realpath "$0")
if [ "${3-}" = inside ]; then inside "$@"; else outside "$@"; fi
