namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>Tests of real VMs run one after another: the machine's processors are the guests' as well.</summary>
[CollectionDefinition(nameof(RealVmTests))]
public sealed class RealVmTests;
