#!/bin/sh
# password-kills.sh KILLS [SEED] [VMS] [hosts]: kills qgad KILLS times at each step of rotations of a password over VMS simulated
# VMs (500), up to three times a rotation, at instants drawn from SEED. At each kill every guest must open with a password that
# the escrow holds, and at the end of each rotation and of its retry with the current one. Every eighth rotation has guests that
# answer beyond the time-out, or never.
# With "hosts" there are three hosts with VMS each: the node of one of them is killed each time, and no guest is slow.
set -eu
export QGA_KILLS="${1:?usage: password-kills.sh KILLS [SEED] [VMS] [hosts]}" QGA_KILL_SEED="${2:-1}" QGA_KILL_VMS="${3:-500}"
what=PasswordKillsTests
[ "${4:-}" = hosts ] && what=PasswordsAcrossHostsTests
exec dotnet test "$(dirname "$0")/QgaOrchestrator.EndToEnd.Tests" --filter "FullyQualifiedName~$what" \
  --logger "console;verbosity=detailed"
