# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# apt.sh - look into Debian's archive without touching the machine's own apt; sourced by root.sh.
#
# All of apt's state is below $apt, which the script sets: lists, downloads, an empty database of
# installed packages.  Every kernel is found here at run time, because a version that is written
# down vanishes from the archive within weeks.

# shellcheck disable=SC2154 # apt is set by the script
mirror=${VCM_MIRROR:-http://deb.debian.org}

# Print the sources: trixie for everything, bookworm for its kernel alone.
apt_sources() {
	local suite
	for suite in trixie trixie-updates trixie-backports; do
		echo "deb [arch=amd64,arm64] $mirror/debian $suite main"
	done
	echo "deb [arch=amd64,arm64] $mirror/debian-security trixie-security main"
	echo "deb [arch=amd64] $mirror/debian bookworm main"
	echo "deb [arch=amd64] $mirror/debian-security bookworm-security main"
}

# Make the folders and settings of the private apt; fails when the archive cannot be reached.
apt_begin() {
	mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	apt_sources >"$apt/sources.list"
	cat >"$apt/apt.conf" <<-CONF
	APT::Architecture "amd64";
	APT::Architectures "amd64,arm64";
	APT::Default-Release "trixie";
	APT::Sandbox::User "root";
	Acquire::Languages "none";
	Acquire::Retries "3";
	Dir::Cache "$apt/cache";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::Etc::sourcelist "$apt/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::trustedparts "/usr/share/keyrings";
	Dir::State "$apt/state";
	Dir::State::status "$apt/status";
	CONF
	APT_CONFIG=$apt/apt.conf apt-get -qq update || return 1
	# Asking apt for one package after the other would take minutes.
	/usr/lib/apt/apt-helper cat-file "$apt"/state/lists/*_Packages* | awk '
		$1 == "Package:" { name = $2 ~ /^linux-/ ? $2 : "" }
		$1 == "Architecture:" && name { print name ":" $2 }
	' | LC_ALL=C sort -u >"$apt/kernels"
}

# apt_has PACKAGE:ARCH: can it be downloaded?  Only known of packages of kernels.
apt_has() {
	grep -qxF -e "$1" -e "${1%:*}:all" "$apt/kernels"
}

# apt_kernels PATTERN ARCH: versions of kernels with headers, newest first.  PATTERN is an
# extended regular expression for the version.
apt_kernels() {
	local version
	sed -nE "s/^linux-headers-($1):$2\$/\1/p" "$apt/kernels" | sort -Vr |
		while IFS= read -r version; do
			[ -z "$(kernel_image "$version" "$2")" ] || echo "$version"
		done
}

# kernel_image VERSION ARCH: the package that has the image.  Since 7.0 that is linux-binary, and
# the signed one comes some days after the other; QEMU does not mind.
kernel_image() {
	local name
	for name in "linux-binary-$1" "linux-binary-unsigned-$1" "linux-image-$1"; do
		if apt_has "$name:$2"; then
			echo "$name"
			return
		fi
	done
}

# apt_fetch FOLDER PACKAGE[:ARCH]...: download into the folder
apt_fetch() {
	local folder=$1
	shift
	mkdir -p "$folder"
	(cd "$folder" && APT_CONFIG=$apt/apt.conf apt-get -qq download "$@")
}
