#!/bin/bash
# private-libvirt.sh FOLDER, as root in a mount namespace of its own: makes it a host with nothing of libvirt's, and keeps it
# until it is ended. What a daemon that is started in it keeps is in FOLDER, and nothing of the host's libvirt is seen or changed.
set -euo pipefail
# In a chroot / is no mount point, and what is mounted below it is ours alone already.
mount --make-rprivate / 2>/dev/null || :
folder=$(realpath "$1")
mkdir -p "$folder"/{etc,run,lib,cache,log}
# The package of the daemon alone makes no user, and the daemon ends without one.
for file in passwd group; do
  cp "/etc/$file" "$folder/$file"
  grep -q '^libvirt-qemu:' "$folder/$file" || case $file in
    passwd) echo 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' ;;
    group) echo 'libvirt-qemu:x:64055:' ;;
  esac >>"$folder/$file"
done
cat >"$folder/etc/qemu.conf" <<'CONF'
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
dynamic_ownership = 0
remember_owner = 0
stdio_handler = "file"
CONF
printf 'auth_unix_rw = "none"\nauth_unix_ro = "none"\n' >"$folder/etc/libvirtd.conf"
mkdir -p /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /etc/libvirt
mount --bind "$folder/etc" /etc/libvirt
mount --bind "$folder/run" /run/libvirt
for part in lib cache log; do mount --bind "$folder/$part" "/var/$part/libvirt"; done
for file in passwd group; do mount --bind "$folder/$file" "/etc/$file"; done
touch "$folder/ready"
exec sleep infinity
