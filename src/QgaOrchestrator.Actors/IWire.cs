namespace QgaOrchestrator.Actors;

/// <summary>
/// What may cross from one node to another. Every such type has a row in WireCatalog; a message without this
/// mark never leaves its node, since the serializer of last resort refuses it.
/// </summary>
public interface IWire;
