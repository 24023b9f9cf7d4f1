#!/bin/sh
# kills.sh ROUNDS [SEED]: kills and stops qgad, qga-watchdog and both ROUNDS times in the middle of backups of simulated VMs,
# at instants drawn from SEED; 30 rounds meet each pair of hit and instant. Each round must thaw every guest in time, end its
# run, claim nothing that the fleet did not see, and leave nothing behind. QGA_LAB_KEEP=1 keeps logs and the fleet's journal.
set -eu
export QGA_KILLS="${1:?usage: kills.sh ROUNDS [SEED]}" QGA_KILL_SEED="${2:-1}"
exec dotnet test "$(dirname "$0")/QgaOrchestrator.EndToEnd.Tests" --filter "FullyQualifiedName~Simulated.KillsTests" \
  --logger "console;verbosity=detailed"
