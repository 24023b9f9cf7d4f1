namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>Tests of real VMs run one after another: an emulated guest takes a processor.</summary>
[CollectionDefinition(nameof(RealVmTests))]
public sealed class RealVmTests;
