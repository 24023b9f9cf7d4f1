#!/bin/sh
# kills.sh ROUNDS [SEED]: kills qgad ROUNDS times in the middle of backups of simulated VMs, at instants drawn from SEED.
# Each round must thaw every guest within a second, end its run after the restart, and leave nothing behind.
set -eu
export QGA_KILLS="${1:?usage: kills.sh ROUNDS [SEED]}" QGA_KILL_SEED="${2:-1}"
exec dotnet test "$(dirname "$0")/QgaOrchestrator.EndToEnd.Tests" --filter "FullyQualifiedName~Simulated.KillsTests"
