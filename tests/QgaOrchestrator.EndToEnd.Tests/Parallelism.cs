[assembly: CollectionBehavior(DisableTestParallelization = true)] // fleets of processes share the machine's processors
