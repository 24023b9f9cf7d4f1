#!/bin/sh
# hostile.sh SECONDS [SEED]: twelve VMs whose agents and monitors answer at their worst (tests/hostile-agent), beside a healthy
# one and a real qgad. Callers must get documented answers only, every guest be thawed in time, the node's memory stay bounded,
# and the healthy VM's pings and backups go on. Prints what was asked and frozen, the node's memory, and how much longer pings
# take.
set -eu
export QGA_HOSTILE_SECONDS="${1:?usage: hostile.sh SECONDS [SEED]}" QGA_HOSTILE_SEED="${2:-1}"
exec dotnet test "$(dirname "$0")/QgaOrchestrator.EndToEnd.Tests" --filter "FullyQualifiedName~Simulated.HostileAgentsTests" \
  --logger "console;verbosity=detailed"
