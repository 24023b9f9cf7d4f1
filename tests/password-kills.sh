#!/bin/sh
# password-kills.sh KILLS [SEED] [VMS]: kills qgad KILLS times at each step of rotations of a password over VMS simulated VMs
# (500), up to three times a rotation, at instants drawn from SEED. At each kill every guest must open with a password that the
# escrow holds, and at the end of each rotation and of its retry with the current one. Every eighth rotation has guests that
# answer beyond the time-out, or never.
set -eu
export QGA_KILLS="${1:?usage: password-kills.sh KILLS [SEED] [VMS]}" QGA_KILL_SEED="${2:-1}" QGA_KILL_VMS="${3:-500}"
exec dotnet test "$(dirname "$0")/QgaOrchestrator.EndToEnd.Tests" --filter "FullyQualifiedName~PasswordKillsTests" \
  --logger "console;verbosity=detailed"
