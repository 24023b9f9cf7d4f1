using System.Collections.Frozen;
using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using Akka.Serialization;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>
/// Events in the journal. The manifest lives in the journal's row and not in the JSON; an unknown one stops the recovery
/// that met it, since an event that is passed over is a wrong state.
/// </summary>
public sealed class EventSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private readonly FrozenDictionary<string, JsonTypeInfo> _byManifest =
        StoredEvents.Rows.ToFrozenDictionary(r => r.Manifest, r => r.Info, StringComparer.Ordinal);

    private readonly FrozenDictionary<Type, StoredEvent> _byType = StoredEvents.Rows.ToFrozenDictionary(r => r.Info.Type);

    public override int Identifier => 4712;

    public override string Manifest(object o) => Row(o).Manifest;

    public override byte[] ToBinary(object obj) => JsonSerializer.SerializeToUtf8Bytes(obj, Row(obj).Info);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!_byManifest.TryGetValue(manifest, out var info))
            throw new SerializationException($"unknown event \"{manifest}\": the journal was written by a newer version");
        try
        {
            return JsonSerializer.Deserialize(bytes, info) ?? throw new JsonException("the event is null");
        }
        catch (JsonException e)
        {
            throw new SerializationException($"event \"{manifest}\" cannot be read: {e.Message}", e);
        }
    }

    private StoredEvent Row(object stored) =>
        _byType.TryGetValue(stored.GetType(), out var row)
            ? row
            : throw new SerializationException($"{stored.GetType().FullName} has no row in the event catalog");
}

/// <summary>One row of the catalog: the manifest in the journal's row, and how its JSON is read.</summary>
public sealed record StoredEvent(string Manifest, JsonTypeInfo Info);
