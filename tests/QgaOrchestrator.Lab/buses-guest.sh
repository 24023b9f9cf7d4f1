#!/bin/bash
# buses-guest.sh GUEST: beside the small guest that deploy/demo/build-guest.sh built in GUEST, what a VM with many buses needs.
#   buses-initramfs.cpio  the small guest, with drivers for SCSI disks and FAT
#   ext4.raw              a file system of 8 MiB
#   uefi.raw              a disk as an installer lays it out for UEFI: a FAT partition and an ext4 one
# Does nothing if they were built from these very files.
set -euo pipefail
out=$(realpath "${1:?usage: buses-guest.sh GUEST}")

# shellcheck source=guest-head.sh
source "${BASH_SOURCE[0]%/*}/guest-head.sh"
begin buses dosfstools
mkdir -p "$root/lib/modules"

# Behind those of the small guest, in this order; NVMe and ext4 are in the kernel.
number=50
for module in drivers/scsi/scsi_common drivers/scsi/scsi_mod drivers/scsi/sd_mod drivers/scsi/virtio_scsi \
  fs/nls/nls_ascii fs/nls/nls_cp437 fs/fat/fat fs/fat/vfat; do
  cp "$unpacked"/lib/modules/*/kernel/$module.ko "$root/lib/modules/$((number++))-${module##*/}.ko"
done
truncate -s 8M "$out/ext4.raw"
mkfs.ext4 -q -F -O ^has_journal "$out/ext4.raw"
truncate -s 4M "$work/fat.raw"
"$unpacked/sbin/mkfs.fat" "$work/fat.raw" >/dev/null
rm -f "$out/uefi.raw"
truncate -s 16M "$out/uefi.raw"
# The partition table: type, first sector and length of each, as 32-bit numbers; then its signature.
write() { dd of="$out/uefi.raw" conv=notrunc status=none "$@"; }
printf '\0\0\2\0\xef\0\0\0\0\x08\0\0\0\x20\0\0\0\0\2\0\x83\0\0\0\0\x28\0\0\0\x40\0\0' | write bs=1 seek=446
printf '\x55\xaa' | write bs=1 seek=510
write if="$work/fat.raw" bs=512 seek=2048 conv=notrunc,sparse
write if="$out/ext4.raw" bs=512 seek=10240 conv=notrunc,sparse
finish buses
