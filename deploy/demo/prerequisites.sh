#!/bin/bash
# Installs what the demo and the real-VM tests need and this machine lacks (Debian 12; root, or sudo without a question).
# Touches apt only when something is missing.
set -euo pipefail

declare -A package=(
  [qemu-system-x86_64]=qemu-system-x86 [qemu-img]=qemu-utils [mkfs.ext4]=e2fsprogs [debugfs]=e2fsprogs
  [jq]=jq [lz4]=lz4 [flock]=util-linux [ldd]=libc-bin)
# What the guest's agent links; QEMU brings most of it, and the agent itself is unpacked, never installed.
libraries=(libglib2.0-0 libnuma1 libudev1 liburing2)

missing=()
PATH=$PATH:/usr/sbin:/sbin
for tool in "${!package[@]}"; do
  command -v "$tool" >/dev/null || missing+=("${package[$tool]}")
done
for library in "${libraries[@]}"; do
  dpkg-query -W -f '${db:Status-Status}' "$library" 2>/dev/null | grep -q '^installed' || missing+=("$library")
done
lists=ok
[ -n "$(apt-cache depends linux-image-cloud-amd64 2>/dev/null)" ] || lists=missing
[ ${#missing[@]} -gt 0 ] || [ $lists = missing ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  sudo -n true 2>/dev/null || { echo "need root (or sudo) to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo -n)
fi
echo "apt: refreshing the package lists"
"${as_root[@]}" apt-get -qq update
if [ ${#missing[@]} -gt 0 ]; then
  echo "apt: installing ${missing[*]} (a minute or two)"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "${missing[@]}" >/dev/null
fi
