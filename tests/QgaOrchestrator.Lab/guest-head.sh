# guest-head.sh: sourced by a script that builds a guest beside the small one which deploy/demo/build-guest.sh built in $out.
# begin NAME PACKAGE...: takes the guest's lock and ends the script if NAME-stamp says that the guest was built from these very
# files; else it unpacks the kernel's package and PACKAGEs into $unpacked, and makes the empty folders $work and $root.
export PATH=$PATH:/usr/sbin:/sbin

begin() {
  local name=$1 kernel deb; shift
  exec 9>"$out/.lock"
  flock 9
  stamp=$(cat "$0" "${BASH_SOURCE[0]}" "$out/stamp" | sha256sum | cut -d' ' -f1)
  [ "$(cat "$out/$name-stamp" 2>/dev/null)" != "$stamp" ] || exit 0
  rm -f "$out/$name-stamp"
  work=$(mktemp -d "$out/$name.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  unpacked=$work/unpacked root=$work/root
  mkdir -p "$work/debs" "$unpacked" "$root"
  kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ && !found {print $2; found=1}')
  (cd "$work/debs" && apt-get -qq download "$kernel" busybox-static "$@" 2>"$work/apt.log") ||
    { cat "$work/apt.log" >&2; exit 1; }
  for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$unpacked"; done
}

# finish NAME: NAME-initramfs.cpio is the small guest's archive with that of $root behind it, which the kernel unpacks next.
finish() {
  (cd "$root" && find . | "$unpacked/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) >"$work/more.cpio"
  cat "$out/initramfs.cpio" "$work/more.cpio" >"$out/$1-initramfs.cpio"
  echo "$stamp" >"$out/$1-stamp"
}
