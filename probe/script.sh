# Prints what this system has: a line for each fact. Needs nothing but a POSIX
# shell; od adds what a wiped region was, the vendors' programs what only drivers
# know. Standard input is this text, so nothing else may read it.

# field NAME FILE prints the first line of a file.
field() {
	line=
	[ -r "$2" ] && IFS= read -r line <"$2"
	printf '%s %s\n' "$1" "$line"
}

# word FILE sets $line to the first word of a file, - where there is none.
word() {
	line=-
	[ -r "$1" ] && read -r line rest <"$1"
	[ -n "$line" ] || line=-
}

processors() {
	count=0 model=
	while IFS= read -r line; do
		case $line in
		processor*) count=$((count + 1)) ;;
		'model name'*) model=${line#*: } ;;
		esac
	done </proc/cpuinfo
	printf 'cpus %s\ncpu_model %s\n' "$count" "$model"
}

memory() {
	while read -r name value rest; do
		case $name in MemTotal:) printf 'mem_kib %s\n' "$value" ;; esac
	done </proc/meminfo
	count=0
	for at in /sys/devices/system/memory/memory[0-9]*; do
		[ -d "$at" ] && count=$((count + 1))
	done
	word /sys/devices/system/memory/block_size_bytes
	[ "$line" = - ] || printf 'mem_blocks %s %s\n' "$count" "$line"
}

# disks are those with a device of their own that cannot be taken out.
disks() {
	for at in /sys/block/*; do
		[ -e "$at/device" ] || continue
		word "$at/removable"
		[ "$line" = 0 ] || continue
		word "$at/size"
		sectors=$line
		word "$at/serial"
		printf 'disk %s %s %s\n' "${at##*/}" "$sectors" "$line"
	done
}

functions() {
	for at in /sys/bus/pci/devices/*; do
		[ -e "$at/class" ] || continue
		printf 'pci %s' "${at##*/}"
		for name in class vendor device subsystem_vendor subsystem_device revision; do
			word "$at/$name"
			printf ' %s' "$line"
		done
		driver=-
		[ -e "$at/driver" ] && driver=$(cd -P "$at/driver" && printf '%s' "${PWD##*/}")
		printf ' %s\n' "$driver"
		[ -r "$at/max_link_width" ] && for name in current_link_speed current_link_width max_link_speed max_link_width; do
			field "$name" "$at/$name"
		done
		count=0
		while read -r start end flags && [ "$count" -lt 6 ]; do
			printf 'region %s %s %s\n' "$start" "$end" "$flags"
			count=$((count + 1))
		done <"$at/resource"
		set -- $(od -An -v -tx1 -N64 "$at/config")
		[ $# -eq 64 ] && printf 'config %s\n' "$*"
	done
}

# answer NAME COMMAND... prints a vendor's answer with a | before each line.
answer() {
	name=$1
	shift
	command -v "$1" >/dev/null || return 0
	printf 'program %s\n' "$name"
	if command -v timeout >/dev/null; then set -- timeout 60 "$@"; fi
	"$@" | while IFS= read -r line; do printf '|%s\n' "$line"; done
	printf 'program_end %s\n' "$name"
}

facts() {
	export LC_ALL=C PATH="/usr/sbin:/usr/bin:/sbin:/bin:/opt/rocm/bin"
	printf 'dbc-probe 1\n'
	processors
	memory
	disks
	functions
	printf 'basic_end\n'
	answer nvidia-smi nvidia-smi -q -x
	answer rocm-smi rocm-smi --showbus --showid --showuniqueid --showvbios --showmeminfo vram --showmaxpower --showdriverversion --json
	printf 'end\n'
}

facts </dev/null 2>/dev/null
