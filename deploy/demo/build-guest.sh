#!/bin/bash
# build-guest.sh OUTDIR: a small guest out of Debian packages - downloaded and unpacked, none installed, no root needed.
#   vmlinux         the cloud kernel, unpacked so that QEMU boots it directly (PVH)
#   initramfs.cpio  busybox, qemu-ga with its freeze hook, and what stands in guest/
#   data.qcow2      template of a data disk: 64 MiB of ext4, no partition table
# Does nothing if OUTDIR was built from these very files. Takes about 10 s else.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(realpath -m "${1:?usage: build-guest.sh OUTDIR}")
mkdir -p "$out"

exec 9>"$out/.lock"
flock 9
stamp=$(cat "${BASH_SOURCE[0]}" "$here"/guest/* | sha256sum | cut -d' ' -f1)
[ "$(cat "$out/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -f "$out/stamp"
bash "$here/prerequisites.sh"

work=$(mktemp -d "$out/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
unpacked=$work/unpacked root=$work/root

echo "guest: downloading kernel, busybox and qemu-ga"
mkdir -p "$work/debs" "$unpacked"
kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ && !found {print $2; found=1}')
(cd "$work/debs" && apt-get -qq download "$kernel" busybox-static qemu-guest-agent 2>"$work/apt.log") \
  || { cat "$work/apt.log" >&2; exit 1; }
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$unpacked"; done

echo "guest: building"
# The bzImage holds an LZ4 stream behind its own unpacker; QEMU can start the kernel inside directly.
image=$(echo "$unpacked"/boot/vmlinuz-*)
offset=$(LC_ALL=C grep -abo -P '\x02\x21\x4c\x18' "$image" | awk -F: 'NR==1 {print $1}')
tail -c +$((offset + 1)) "$image" | lz4 -dq - - >"$out/vmlinux" 2>/dev/null || true # complains about the trailer only
[ "$(head -c 4 "$out/vmlinux" | tail -c 3)" = ELF ] || { echo "no kernel found in $image" >&2; exit 1; }

mkdir -p "$root"/{bin,sbin,usr/sbin,dev,proc,sys,run,tmp,root,data,data2,etc/qemu,lib/modules,lib64,var/log}
ln -s ../run "$root/var/run"
cp "$unpacked/bin/busybox" "$root/bin/"
ln -s ../bin/busybox "$root/sbin/hwclock"
install -m 755 "$here"/guest/{writer,agent,shutdown} "$root/sbin/"
install -m 755 "$here/guest/fsfreeze-hook" "$root/etc/qemu/"
install -m 755 "$here/guest/init" "$root/init"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
printf 'NAME="QgaOrchestrator demo guest"\nID=qga-demo\nVERSION_ID="1"\n' >"$root/etc/os-release"

# Loaded in this order (init goes by the number): virtio stands on virtio_ring, not the reverse.
number=10
for module in virtio/virtio_ring virtio/virtio virtio/virtio_pci_legacy_dev virtio/virtio_pci_modern_dev \
  virtio/virtio_pci char/virtio_console block/virtio_blk; do
  cp "$unpacked"/lib/modules/*/kernel/drivers/$module.ko "$root/lib/modules/$((number++))-${module#*/}.ko"
done

install -m 755 "$unpacked/usr/sbin/qemu-ga" "$root/usr/sbin/"
needed=$(ldd "$unpacked/usr/sbin/qemu-ga")
if grep 'not found' <<<"$needed" >&2; then exit 1; fi
awk '/=> \//{print $3} /^\t\/lib64/{print $1}' <<<"$needed" \
  | while read -r library; do install -D "$(realpath "$library")" "$root$library"; done

(cd "$root" && find . | "$unpacked/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) >"$out/initramfs.cpio"

truncate -s 64M "$work/data.raw"
mkfs.ext4 -q -F -L data -E lazy_itable_init=0,lazy_journal_init=0 "$work/data.raw"
qemu-img convert -q -f raw -O qcow2 "$work/data.raw" "$out/data.qcow2"

echo "$stamp" >"$out/stamp"
