using System.Text.Json;
using System.Text.Json.Serialization;
using Akka.Actor;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>
/// An actor's reference inside a message: its path with the node's address. Never in an event: the address outlives
/// neither the node's process nor its port.
/// </summary>
public sealed class ActorRefConverter(ExtendedActorSystem system) : JsonConverter<IActorRef>
{
    public override bool CanConvert(Type typeToConvert) => typeof(IActorRef).IsAssignableFrom(typeToConvert);

    public override IActorRef Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        system.Provider.ResolveActorRef(reader.GetString() ?? throw new JsonException("an actor's path is missing"));

    public override void Write(Utf8JsonWriter writer, IActorRef value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Akka.Serialization.Serialization.SerializedActorPath(value));
}
