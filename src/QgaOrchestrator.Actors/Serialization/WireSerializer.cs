using System.Collections.Frozen;
using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using Akka.Serialization;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>Messages between nodes: the manifests of <see cref="WireCatalog"/>, source-generated JSON.</summary>
public sealed class WireSerializer : SerializerWithStringManifest
{
    private readonly FrozenDictionary<string, JsonTypeInfo> _byManifest, _byEarlier;
    private readonly FrozenDictionary<Type, (string Manifest, JsonTypeInfo Info)> _byType;

    public WireSerializer(ExtendedActorSystem system) : base(system)
    {
        var options = WireJson.OptionsFor(system);
        var rows = WireCatalog.Rows.Select(r => (r.Manifest, r.Earlier, Info: options.GetTypeInfo(r.Type))).ToArray();
        _byManifest = rows.ToFrozenDictionary(r => r.Manifest, r => r.Info, StringComparer.Ordinal);
        _byEarlier = rows.Where(r => r.Earlier is not null)
            .ToFrozenDictionary(r => r.Earlier!, r => r.Info, StringComparer.Ordinal);
        _byType = rows.ToFrozenDictionary(r => r.Info.Type, r => (r.Manifest, r.Info));
    }

    public override int Identifier => 4711;

    public override string Manifest(object o) => Row(o).Manifest;

    public override byte[] ToBinary(object obj) => JsonSerializer.SerializeToUtf8Bytes(obj, Row(obj).Info);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (_byEarlier.TryGetValue(manifest, out var info)) bytes = EarlierWire.Renamed(bytes);
        else if (!_byManifest.TryGetValue(manifest, out info))
            throw new SerializationException($"unknown message \"{manifest}\": the sender speaks a newer version than this node");
        return JsonSerializer.Deserialize(bytes, info)
            ?? throw new SerializationException($"message \"{manifest}\" is null");
    }

    private (string Manifest, JsonTypeInfo Info) Row(object message) =>
        _byType.TryGetValue(message.GetType(), out var row)
            ? row
            : throw new SerializationException($"{message.GetType().FullName} is IWire without a row in the wire catalog");
}
