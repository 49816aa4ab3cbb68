#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# boot.sh [option]... -- command [argument]... - run a command as root in a guest.
#
# Boots the stock Debian kernel of this machine, or that of another root file system, in QEMU with
# an emulated IOMMU and edu devices.  The guest sees the root file system read-only below a tmpfs
# overlay, so every path is the same inside; only what it writes into the results folder comes
# back.  The
# output of the command is this script's output, its exit code this script's exit code.  Kernel
# messages go to a file of their own, which splat.sh judges at the end.
#
# Owns: the QEMU process and build/vm/run.*; neither outlives this script.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=$top/build/vm

usage() {
	cat <<-'EOT'
	usage: boot.sh [option]... -- command [argument]...
	  --kernel VERSION       kernel to boot (default: newest 6.12 in /boot)
	  --image FILE           boot this image, which needs no modules, and none of /boot
	  --root DIR             root file system of the guest (default /); has to have the kernel
	                         and its modules.  The tree is at its own path there too
	  --arch amd64|arm64     of the guest (default amd64); arm64 needs --root
	  --qemu PROGRAM         default: the one of the machine for the architecture
	  --append ARGUMENTS     more kernel arguments
	  --timeout SECONDS      end the guest after this time (default 300, 0 for never)
	  --results DIR          folder the guest may write to (default build/results)
	  --log FILE             kernel log (default RESULTS/vm.log)
	  --caching-mode on|off  what the IOMMU tells the guest (default off: a missing IOTLB
	                         invalidation shows, because the emulated IOMMU caches)
	  --iommu KIND           the emulated IOMMU: vtd (default on amd64), vtd-first (first-level
	                         tables, QEMU 9.2 or later), amd, virtio or smmu (default on arm64)
	  --edu N                number of edu devices, at 00:05.0 and up (default 1, at most 8)
	  --nvme N               number of empty NVMe disks of 256M, at 00:14.0 and up (default 0,
	                         at most 2)
	  --nic N                number of e1000e network cards, at 00:18.0 and up, on a wire of
	                         their own that leads nowhere else (default 0, at most 4)
	  --smp N                processors (default 2)
	  --accel auto|kvm|tcg   default auto: kvm when a guest really runs with it
	  --icount on|off        count instructions: 1 ns of guest time is one (default off); needs
	                         --accel tcg and --smp 1
	  --tty                  run the command on the terminal
	  --print-kernel         print the kernel that would be booted, and nothing else
	Exit: the command's code, or 123 the kernel log is not clean, 124 timeout,
	125 the guest did not run the command.
	EOT
}

kernel='' image='' append='' timeout=300 results=$top/build/results log='' caching=off edu=1 smp=2
root=/ arch=amd64 program='' accel=auto icount=off iommu='' nvme=0 nic=0 tty=no command=()
run='' qemu='' reader='' timer='' terminal=''

fail() {
	echo "boot: $*" >&2
	exit 125
}

number() {
	if ! [[ $2 =~ ^[0-9]{1,5}$ ]] || [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
		fail "$1 takes a number from $3 to $4, not '$2'"
	fi
}

one_of() {
	local option=$1 value=$2
	shift 2
	[[ " $* " == *" $value "* ]] || fail "$option takes one of: $*"
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--help)	usage; exit 0 ;;
		--print-kernel) newest_kernel; exit 0 ;;
		--tty)	tty=yes; shift; continue ;;
		--)	shift; break ;;
		--*)	[ $# -ge 2 ] || fail "$1 needs a value" ;;
		*)	fail "the command comes after --, not '$1'" ;;
		esac
		case $1 in
		--kernel)	kernel=$2 ;;
		--image)	image=$2 ;;
		--root)		root=$2 ;;
		--arch)		arch=$2 ;;
		--qemu)		program=$2 ;;
		--append)	append=$2 ;;
		--timeout)	timeout=$2 ;;
		--results)	results=$2 ;;
		--log)		log=$2 ;;
		--caching-mode)	caching=$2 ;;
		--edu)		edu=$2 ;;
		--nvme)		nvme=$2 ;;
		--nic)		nic=$2 ;;
		--smp)		smp=$2 ;;
		--accel)	accel=$2 ;;
		--icount)	icount=$2 ;;
		--iommu)	iommu=$2 ;;
		*)		fail "unknown option $1" ;;
		esac
		shift 2
	done
	command=("$@")
	[ ${#command[@]} -gt 0 ] || fail "no command"
	number --timeout "$timeout" 0 86400
	number --edu "$edu" 0 8
	number --nvme "$nvme" 0 2
	number --nic "$nic" 0 4
	number --smp "$smp" 1 64
	one_of --caching-mode "$caching" on off
	one_of --accel "$accel" auto kvm tcg
	one_of --icount "$icount" on off
	one_of --arch "$arch" amd64 arm64
	pick_machine
	if [ "$icount" = on ] && [ "$accel $smp" != "tcg 1" ]; then
		fail "--icount on needs --accel tcg and --smp 1"
	fi
	if [ "$tty" = yes ] && { [ ! -t 0 ] || [ ! -t 1 ]; }; then
		fail "--tty needs a terminal"
	fi
}

# What depends on the architecture.
pick_machine() {
	if [ "$arch" = amd64 ]; then
		iommu=${iommu:-vtd} program=${program:-qemu-system-x86_64}
		one_of --iommu "$iommu" vtd vtd-first amd virtio
	else
		iommu=${iommu:-smmu} program=${program:-qemu-system-aarch64} accel=tcg
		one_of --iommu "$iommu" smmu virtio
		[ "$root" != / ] || fail "--arch $arch needs --root"
	fi
	command -v "$program" >/dev/null || fail "no program $program"
	[ -d "$root" ] || fail "no folder $root"
	root=$(cd "$root" && pwd)
}

# The newest kernel with its modules and with the headers that modules are built against; not a
# flavour, of which some lack 9p.
newest_kernel() {
	local file version
	for file in /boot/vmlinuz-6.12*[0-9]-amd64; do
		version=${file#/boot/vmlinuz-}
		if [ -r "$file" ] && [ -d "/lib/modules/$version" ] &&
		   [ -d "/usr/src/linux-headers-$version" ]; then
			echo "$version"
		fi
	done | sort -V | tail -n 1
}

# Set the image to boot, the kernel it is, and the one whose modules the initramfs holds.
pick_kernel() {
	if [ -n "$image" ]; then
		[ -z "$kernel" ] || fail "--kernel and --image exclude each other"
		[ -r "$image" ] || fail "no readable kernel $image"
		kernel=image-$(sha256sum <"$image" | cut -c1-16)
		modules=--builtin
		return
	fi
	[ -n "$kernel" ] || kernel=$(newest_kernel)
	image=${root%/}/boot/vmlinuz-$kernel
	[ -r "$image" ] || fail "no readable kernel ${kernel:-6.12} in ${root%/}/boot"
	modules=$kernel
}

stop_qemu() {
	local i
	[ -n "$qemu" ] || return 0
	kill -TERM "$qemu" 2>/dev/null || true
	for ((i = 0; i < 50; i++)); do
		kill -0 "$qemu" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$qemu" 2>/dev/null || true
	wait "$qemu" 2>/dev/null || true
	qemu=
}

cleanup() {
	local pid
	stop_qemu
	for pid in $timer $reader; do
		kill "$pid" 2>/dev/null || true
	done
	[ -z "$terminal" ] || stty "$terminal" || true
	[ -z "$run" ] || rm -rf "$run"
}

# A comma separates options in QEMU's arguments; doubled, it is an ordinary character.
escape() {
	echo "${1//,/,,}"
}

share() {
	local tag=$1 path=$2 slot=$3 mode=$4
	echo "-fsdev"
	echo "local,id=$tag,path=$(escape "$path"),security_model=none,multidevs=remap$mode"
	echo "-device"
	echo "virtio-9p-pci,fsdev=$tag,mount_tag=$tag,addr=$slot"
}

# The arguments that make the IOMMU, one a line.
iommu_device() {
	local vtd="intel-iommu,intremap=off,caching-mode=$caching"
	case $iommu in
	vtd)	printf '%s\n' -device "$vtd" ;;
	vtd-first)	printf '%s\n' -device "$vtd,x-scalable-mode=on,x-flts=on" ;;
	smmu)	;;	# part of the machine
	amd)	printf '%s\n' -device amd-iommu ;;
	virtio)	printf '%s\n' -device virtio-iommu-pci,addr=3 ;;
	esac
}

# Print QEMU's arguments, one a line: accelerator, kernel log, more kernel arguments.
machine() {
	local how=$1 file=$2 more=$3 i
	machine_of "$how"
	if [ "$icount" = on ]; then
		printf '%s\n' -icount shift=0,sleep=off
	fi
	printf '%s\n' -nodefaults -no-user-config -display none -no-reboot \
		-m 2G -smp "$smp" -kernel "$image" -initrd "$initramfs" \
		-serial "file:$(escape "$file")" \
		-append "$(arguments_of) ignore_loglevel printk.devkmsg=on panic=-1 \
mitigations=off $more"
	iommu_device
	for ((i = 0; i < edu; i++)); do
		printf '%s\n' -device \
			"edu,addr=$(printf %#x $((5 + i))),dma_mask=0xffffffffffffffff"
	done
	disks
	cards
}

# The processor and its board.  The pointer authentication of arm64 is costly to emulate.
machine_of() {
	case $arch-$1 in
	amd64-kvm)	printf '%s\n' -machine q35 -accel kvm -cpu host ;;
	# Multi-threaded emulation once broke an early boot in the kernel's code patching.
	amd64-tcg)
		printf '%s\n' -machine q35 -accel tcg,thread=single -cpu max,la57=off
		;;
	arm64-tcg)
		[ "$iommu" = smmu ] && i=virt,iommu=smmuv3 || i=virt
		printf '%s\n' -machine "$i" -accel tcg,thread=single -cpu max,pauth=off
		;;
	esac
}

# Kernel arguments.  amd64 tests its timer against the clock while it starts and gives up when an
# emulated one comes late, which on a busy host it does: no_timer_check.
arguments_of() {
	case $arch-$iommu in
	amd64-vtd-first) echo "console=ttyS0 no_timer_check intel_iommu=on,sm_on" ;;
	amd64-*)	echo "console=ttyS0 no_timer_check intel_iommu=on" ;;
	arm64-*)	echo "console=ttyAMA0" ;;
	esac
}

disks() {
	local i
	for ((i = 0; i < nvme; i++)); do
		printf '%s\n' -drive \
			"if=none,id=disk$i,format=raw,cache=unsafe,file=$(escape "$run/disk$i")" \
			-device "nvme,drive=disk$i,serial=vcm$i,addr=$(printf %#x $((0x14 + i)))"
	done
}

cards() {
	local i
	for ((i = 0; i < nic; i++)); do
		printf '%s\n' -netdev "hubport,id=port$i,hubid=0" \
			-device "e1000e,netdev=port$i,addr=$(printf %#x $((0x18 + i)))"
	done
}

# A host can have /dev/kvm and still not run a guest: only a guest that ran is an answer.  The
# answer holds until the host boots again.
pick_accel() {
	local answer args
	if [ "$accel" != auto ]; then
		echo "$accel"
		return
	fi
	if [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
		echo tcg
		return
	fi
	answer=$cache/accel-$(cat /proc/sys/kernel/random/boot_id)-$kernel
	if [ ! -s "$answer" ]; then
		mapfile -t args < <(machine kvm "$run/probe.log" vcm.probe)
		timeout --kill-after=2 10 "$program" "${args[@]}" \
			</dev/null >/dev/null 2>&1 || true
		rm -f "$cache"/accel-*
		if grep -aq 'vcm-guest: probe' "$run/probe.log" 2>/dev/null; then
			echo kvm >"$answer"
		else
			echo tcg >"$answer"
		fi
	fi
	cat "$answer"
}

# What init finds in the control share.
prepare() {
	local i
	mkdir "$run/ctl"
	for ((i = 0; i < nvme; i++)); do
		truncate -s 256M "$run/disk$i"
	done
	printf 'cd %q || exit 125\n' "$PWD" >"$run/ctl/command"
	printf '%q ' "${command[@]}" >>"$run/ctl/command"
	echo >>"$run/ctl/command"
	echo "$results" >"$run/ctl/results"
	[ "$root" = / ] || echo "$top" >"$run/ctl/tree"
	if [ "$tty" = yes ]; then
		echo "$(stty size) ${TERM:-linux}" >"$run/ctl/tty"
	fi
}

start_qemu() {
	local how=$1 args
	mapfile -t args < <(
		machine "$how" "$log" "$append"
		share root "$root" 0x10 ,readonly=on
		share ctl "$run/ctl" 0x11 ''
		share results "$results" 0x12 ''
		[ "$root" = / ] || share tree "$top" 0x17 ,readonly=on
		echo -device
		echo virtio-serial-pci,id=ports,addr=0x13
	)
	if [ "$tty" = yes ]; then
		args+=(-chardev "stdio,id=command,signal=off"
		       -device "virtconsole,chardev=command")
		terminal=$(stty -g)
		setpriv --pdeathsig KILL "$program" "${args[@]}" <&0 &
		qemu=$!
		return
	fi
	# QEMU makes its standard output non-blocking, which would break whoever shares it.
	mkfifo "$run/output"
	cat "$run/output" &
	reader=$!
	args+=(-chardev "file,id=command,path=$(escape "$run/output")"
	       -device "virtserialport,chardev=command,name=command")
	setpriv --pdeathsig KILL "$program" "${args[@]}" </dev/null >"$run/qemu.err" 2>&1 &
	qemu=$!
}

# Wait for the end of the guest, of the time, or of whoever reads the output.
watch() {
	local ended='' status=0
	if [ "$timeout" -gt 0 ]; then
		sleep "$timeout" &
		timer=$!
	fi
	# shellcheck disable=SC2086 # unset ones must vanish
	wait -n -p ended $qemu $timer $reader || status=$?
	if [ -n "$reader" ] && [ "$ended" = "$reader" ] && [ "$status" = 0 ]; then
		# End of file: QEMU has closed the pipe and is about to end.
		reader=
		# shellcheck disable=SC2086
		wait -n -p ended $qemu $timer || true
	fi
	if [ -n "$timer" ] && [ "$ended" = "$timer" ]; then
		timer=
		stop_qemu
		finish_output
		judge || true
		echo "boot: timeout: the command did not end within $timeout seconds" >&2
		exit 124
	elif [ -n "$reader" ] && [ "$ended" = "$reader" ]; then
		reader=
		stop_qemu
		fail "nobody reads the output"
	fi
	qemu=
	finish_output
}

# Opening the pipe for both releases a reader that no QEMU ever came to.
finish_output() {
	if [ -n "$reader" ]; then
		: <>"$run/output"
		wait "$reader" || true
		reader=
	fi
}

judge() {
	[ ! -f "$log" ] || sed -i 's/\r$//' "$log"
	"$here/splat.sh" "$log" >&2
}

main() {
	local code clean=yes how modules
	parse "$@"
	pick_kernel
	mkdir -p "$cache" "$results"
	results=$(cd "$results" && pwd)
	log=$(realpath -m "${log:-$results/vm.log}")
	mkdir -p "$(dirname "$log")"
	rm -f "$log"
	trap cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	run=$(mktemp -d "$cache/run.$$.XXXXXX")
	initramfs=$("$here/mkinitramfs.sh" "$modules" "$root") || fail "no initramfs for $kernel"
	prepare
	how=$(pick_accel)
	start_qemu "$how"
	watch
	judge || clean=no
	if [ ! -s "$run/ctl/exit" ]; then
		cat "$run/qemu.err" >&2 2>/dev/null || true
		tail -n 5 "$log" >&2 2>/dev/null || true
		fail "the guest ended without running the command to its end; log: $log"
	fi
	code=$(cat "$run/ctl/exit")
	if [ "$code" = 0 ] && [ "$clean" = no ]; then
		code=123
	fi
	exit "$code"
}

main "$@"
