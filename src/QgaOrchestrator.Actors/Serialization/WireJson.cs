using Akka.Actor;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Runs;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>
/// JSON of the messages that cross nodes: a missing member fails loudly, an unknown one is ignored. Metadata only: the
/// generated fast path would pass the converters by.
/// </summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(StartRun))]
[JsonSerializable(typeof(SteerRun))]
[JsonSerializable(typeof(StartItem))]
[JsonSerializable(typeof(AbortItem))]
[JsonSerializable(typeof(OrderMember))]
[JsonSerializable(typeof(MemberMoved))]
[JsonSerializable(typeof(ItemMoved))]
[JsonSerializable(typeof(ItemEnded))]
[JsonSerializable(typeof(ItemJournalled))]
[JsonSerializable(typeof(RunView))]
[JsonSerializable(typeof(LocateRun))]
[JsonSerializable(typeof(RunLocated))]
[JsonSerializable(typeof(FindUnsettled))]
[JsonSerializable(typeof(UnsettledAttempts))]
[JsonSerializable(typeof(HostVmsTold))]
[JsonSerializable(typeof(HostBeat))]
[JsonSerializable(typeof(TellVms))]
[JsonSerializable(typeof(TellAway))]
[JsonSerializable(typeof(HostForgotten))]
[JsonSerializable(typeof(JsonObject))]
public sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>The options that <see cref="WireSerializer"/> reads and writes with.</summary>
    public static JsonSerializerOptions OptionsFor(ExtendedActorSystem system)
    {
        var options = new JsonSerializerOptions
        {
            TypeInfoResolver = Default,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            Converters = { new ActorRefConverter(system) },
        };
        options.MakeReadOnly();
        return options;
    }
}
