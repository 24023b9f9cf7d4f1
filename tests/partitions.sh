#!/bin/sh
# partitions.sh ROUNDS [SEED]: three hosts, each with a network of its own, in the middle of a backup of all their VMs: one host is
# cut off, or all are, or one direction is lost, as SEED draws it, and the store from that host, or from the others, or from none;
# sometimes a node is killed meanwhile. There are never two clusters, there is one within 60 s of the network's return, the run
# ends with every VM succeeded, each guest has one point that claims nothing it did not see, and no guest was frozen for 5 s.
set -eu
export QGA_PARTITIONS="${1:?usage: partitions.sh ROUNDS [SEED]}" QGA_PARTITION_SEED="${2:-1}"
exec dotnet test "$(dirname "$0")/QgaOrchestrator.EndToEnd.Tests" --filter "FullyQualifiedName~Clusters.PartitionTests" \
  --logger "console;verbosity=detailed"
