using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>
/// Stands where Akka falls back to a reflection serializer (System.Object): passes Akka's own types on to it, and refuses
/// every other, so that nothing crosses the wire or reaches the journal in a format that nobody wrote down.
/// </summary>
public sealed class RefusingSerializer : Serializer
{
    private static int _refused;
    private readonly NewtonSoftJsonSerializer _akkasOwn;

    public RefusingSerializer(ExtendedActorSystem system) : base(system) => _akkasOwn = new(system);

    /// <summary>Akka constructs its "json" serializer, whose place this takes, with the settings of that name.</summary>
    public RefusingSerializer(ExtendedActorSystem system, Config settings) : base(system) => _akkasOwn = new(system, settings);

    /// <summary>How often a type of ours came this way in this process; anything but 0 is a missing catalog row.</summary>
    public static int Refused => Volatile.Read(ref _refused);

    // The id of the serializer whose place this takes, so that there is no way round it when reading either.
    public override int Identifier => 1;

    public override bool IncludeManifest => _akkasOwn.IncludeManifest;

    public override byte[] ToBinary(object obj)
    {
        Require(obj.GetType());
        return _akkasOwn.ToBinary(obj);
    }

    public override object FromBinary(byte[] bytes, Type type)
    {
        if (type is not null) Require(type);
        return _akkasOwn.FromBinary(bytes, type);
    }

    private static void Require(Type type)
    {
        if (type.Assembly.GetName().Name is { } name && (name == "Akka" || name.StartsWith("Akka.", StringComparison.Ordinal)))
            return;
        Interlocked.Increment(ref _refused);
        throw new SerializationException($"{type.FullName} has no row in the wire catalog and no serializer");
    }
}
