#!/bin/bash
# buses-guest.sh GUEST: beside the small guest that deploy/demo/build-guest.sh built in GUEST, what a VM with many buses needs.
#   buses-initramfs.cpio  the small guest, with drivers for SCSI disks and FAT
#   ext4.raw              a file system of 8 MiB
#   uefi.raw              a disk as an installer lays it out for UEFI: a FAT partition and an ext4 one
# Does nothing if they were built from these very files.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
out=$(realpath "${1:?usage: buses-guest.sh GUEST}")

exec 9>"$out/.lock"
flock 9
stamp=$(cat "${BASH_SOURCE[0]}" "$out/stamp" | sha256sum | cut -d' ' -f1)
[ "$(cat "$out/buses-stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -f "$out/buses-stamp"

work=$(mktemp -d "$out/buses.XXXXXX")
trap 'rm -rf "$work"' EXIT
unpacked=$work/unpacked root=$work/root
mkdir -p "$work/debs" "$unpacked" "$root/lib/modules"
kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ && !found {print $2; found=1}')
(cd "$work/debs" && apt-get -qq download "$kernel" busybox-static dosfstools 2>"$work/apt.log") \
  || { cat "$work/apt.log" >&2; exit 1; }
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$unpacked"; done

# Behind those of the small guest, in this order; NVMe and ext4 are in the kernel.
number=50
for module in drivers/scsi/scsi_common drivers/scsi/scsi_mod drivers/scsi/sd_mod drivers/scsi/virtio_scsi \
  fs/nls/nls_ascii fs/nls/nls_cp437 fs/fat/fat fs/fat/vfat; do
  cp "$unpacked"/lib/modules/*/kernel/$module.ko "$root/lib/modules/$((number++))-${module##*/}.ko"
done
# The kernel unpacks one archive behind the other.
(cd "$root" && find . | "$unpacked/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) >"$work/more.cpio"
cat "$out/initramfs.cpio" "$work/more.cpio" >"$out/buses-initramfs.cpio"

truncate -s 8M "$out/ext4.raw"
mkfs.ext4 -q -F -O ^has_journal "$out/ext4.raw"
truncate -s 4M "$work/fat.raw"
"$unpacked/sbin/mkfs.fat" "$work/fat.raw" >/dev/null
rm -f "$out/uefi.raw"
truncate -s 16M "$out/uefi.raw"
# The partition table: type, first sector and length of each, as 32-bit numbers; then its signature.
printf '\0\0\2\0\xef\0\0\0\0\x08\0\0\0\x20\0\0\0\0\2\0\x83\0\0\0\0\x28\0\0\0\x40\0\0' | dd of="$out/uefi.raw" bs=1 seek=446 conv=notrunc status=none
printf '\x55\xaa' | dd of="$out/uefi.raw" bs=1 seek=510 conv=notrunc status=none
dd if="$work/fat.raw" of="$out/uefi.raw" bs=512 seek=2048 conv=notrunc,sparse status=none
dd if="$out/ext4.raw" of="$out/uefi.raw" bs=512 seek=10240 conv=notrunc,sparse status=none
echo "$stamp" >"$out/buses-stamp"
