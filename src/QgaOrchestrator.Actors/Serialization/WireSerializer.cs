using System.Collections.Frozen;
using System.Runtime.Serialization;
using System.Text.Json;
using Akka.Actor;
using Akka.Serialization;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>Messages between nodes: the manifests of <see cref="WireCatalog"/>, source-generated JSON.</summary>
public sealed class WireSerializer : SerializerWithStringManifest
{
    private static readonly FrozenDictionary<string, Type> ByManifest =
        WireCatalog.Rows.ToFrozenDictionary(r => r.Manifest, r => r.Type, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Type> ByEarlier = WireCatalog.Rows.Where(r => r.Earlier is not null)
        .ToFrozenDictionary(r => r.Earlier!, r => r.Type, StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, string> Manifests =
        WireCatalog.Rows.ToFrozenDictionary(r => r.Type, r => r.Manifest);

    /// <summary>Knows a type from its first message on: a node alone has none, and does not wait for all of them.</summary>
    private readonly JsonSerializerOptions _options;

    public WireSerializer(ExtendedActorSystem system) : base(system) => _options = WireJson.OptionsFor(system);

    public override int Identifier => 4711;

    public override string Manifest(object o) =>
        Manifests.TryGetValue(o.GetType(), out var manifest)
            ? manifest
            : throw new SerializationException($"{o.GetType().FullName} is IWire without a row in the wire catalog");

    public override byte[] ToBinary(object obj)
    {
        Manifest(obj);
        return JsonSerializer.SerializeToUtf8Bytes(obj, _options.GetTypeInfo(obj.GetType()));
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (ByEarlier.TryGetValue(manifest, out var type)) bytes = EarlierWire.Renamed(bytes);
        else if (!ByManifest.TryGetValue(manifest, out type))
            throw new SerializationException($"unknown message \"{manifest}\": the sender speaks a newer version than this node");
        return JsonSerializer.Deserialize(bytes, _options.GetTypeInfo(type))
            ?? throw new SerializationException($"message \"{manifest}\" is null");
    }
}
