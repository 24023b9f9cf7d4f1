namespace QgaOrchestrator.Actors.Persistence;

/// <summary>The store cannot be used as configured; the message says what to change.</summary>
public sealed class StoreException(string message) : Exception(message);
