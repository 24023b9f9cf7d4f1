#!/bin/sh
# libvirt-kills.sh ROUNDS [SEED]: kills and stops a real libvirtd ROUNDS times inside windows of a real VM, alone and with the
# node, at instants drawn from SEED. Each round must thaw the guest within a second, make its point, whose images are clean, and
# leave nothing of ours in libvirt, QEMU and the ledger. QGA_LAB_KEEP=1 keeps the logs.
set -eu
export QGA_KILLS="${1:?usage: libvirt-kills.sh ROUNDS [SEED]}" QGA_KILL_SEED="${2:-1}"
exec dotnet test "$(dirname "$0")/QgaOrchestrator.EndToEnd.Tests" --filter "FullyQualifiedName~LibvirtKillsTests" \
  --logger "console;verbosity=detailed"
