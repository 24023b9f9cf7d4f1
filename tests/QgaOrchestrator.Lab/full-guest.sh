#!/bin/bash
# full-guest.sh GUEST: beside the small guest that deploy/demo/build-guest.sh built in GUEST, one for all of the agent's commands.
#   bzImage              the kernel as it is shipped: one that QEMU started directly does not come back from a suspend
#   full-initramfs.cpio  the small guest, with chpasswd, the users root and alice, a su whose PAM stack locks who fails twice
#                        (pam_faillock), a qemu-ga that takes options of /run/qga-options along, and the /etc of its data disk
#                        in place of its own where there is one
# Does nothing if they were built from these very files.
set -euo pipefail
out=$(realpath "${1:?usage: full-guest.sh GUEST}")

# shellcheck source=guest-head.sh
source "${BASH_SOURCE[0]%/*}/guest-head.sh"
begin full passwd libpam-modules libpam-modules-bin util-linux
mkdir -p "$root"/{sbin,usr/sbin,etc/pam.d,home/alice}
cp "$unpacked"/boot/vmlinuz-* "$out/bzImage"

# A program or module, where it was, with the libraries that it needs.
add() {
  install -D "$1" "$root$2"
  ldd "$1" | awk '/=> \//{print $3} /^\t\/lib64/{print $1}' \
    | while read -r library; do [ -e "$root$library" ] || install -D "$(realpath "$library")" "$root$library"; done
}
add "$unpacked/usr/sbin/chpasswd" /usr/sbin/chpasswd
add "$(find "$unpacked" -name unix_chkpwd)" /usr/sbin/unix_chkpwd
module=$(find "$unpacked" -name pam_unix.so)
add "$module" "/lib/x86_64-linux-gnu/security/pam_unix.so"
for name in pam_deny pam_permit pam_faillock; do
  add "$(dirname "$module")/$name.so" /lib/x86_64-linux-gnu/security/$name.so
done
add "$unpacked/usr/sbin/faillock" /usr/sbin/faillock
add "$unpacked/bin/su" /usr/bin/su
printf 'password required pam_unix.so sha512\n' | tee "$root/etc/pam.d/chpasswd" >"$root/etc/pam.d/other"
cat >"$root/etc/pam.d/su" <<'S'
auth required pam_faillock.so preauth deny=2 unlock_time=600
auth sufficient pam_unix.so nodelay
auth [default=die] pam_faillock.so authfail deny=2 unlock_time=600
account required pam_faillock.so
account required pam_unix.so
session required pam_permit.so
S
printf 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Alice:/home/alice:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nshadow:x:42:\nalice:x:1000:\n' >"$root/etc/group"
printf 'root:*:19000:0:99999:7:::\nalice:!:19000:0:99999:7:::\n' >"$root/etc/shadow"
chmod 640 "$root/etc/shadow"
printf 'ENCRYPT_METHOD SHA512\n' >"$root/etc/login.defs"
printf 'passwd: files\ngroup: files\nshadow: files\n' >"$root/etc/nsswitch.conf"

# Found before /usr/sbin/qemu-ga.
cat >"$root/sbin/qemu-ga" <<'S'
#!/bin/busybox sh
# shellcheck disable=SC2046
[ ! -d /data/etc ] || grep -q ' /etc ' /proc/mounts || mount -o bind /data/etc /etc
exec /usr/sbin/qemu-ga "$@" $(cat /run/qga-options 2>/dev/null)
S
chmod 755 "$root/sbin/qemu-ga"

finish full
