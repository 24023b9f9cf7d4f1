namespace QgaOrchestrator.Lab;

/// <summary>The lab itself failed (a tool is missing, a VM did not come up), not what is tested with it.</summary>
public sealed class LabException(string message) : Exception(message);
