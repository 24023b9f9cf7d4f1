#!/bin/sh
# password-kills.sh ROUNDS [SEED] [VMS]: kills qgad ROUNDS times in the middle of rotations of a password over VMS simulated VMs
# (500), at instants drawn from SEED. At each kill every guest must open with a password that the escrow holds, and at the end
# of each round with the current one.
set -eu
export QGA_KILLS="${1:?usage: password-kills.sh ROUNDS [SEED] [VMS]}" QGA_KILL_SEED="${2:-1}" QGA_KILL_VMS="${3:-500}"
exec dotnet test "$(dirname "$0")/QgaOrchestrator.EndToEnd.Tests" --filter "FullyQualifiedName~PasswordKillsTests" \
  --logger "console;verbosity=detailed"
