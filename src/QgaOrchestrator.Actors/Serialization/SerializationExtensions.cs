using Akka.Hosting;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>Binds our serializers: messages by mark, events by their base type, and nothing else.</summary>
public static class SerializationExtensions
{
    // "json" is the name Akka binds to System.Object; events are bound by every base type in their catalog.
    public static AkkaConfigurationBuilder AddSerialization(this AkkaConfigurationBuilder builder)
    {
        var events = StoredEvents.Bases.Select(t => $"\"{Name(t)}\" = qga-events");
        return builder.AddHocon($$"""
            akka.actor {
              serializers {
                json = "{{Name(typeof(RefusingSerializer))}}"
                qga-wire = "{{Name(typeof(WireSerializer))}}"
                qga-events = "{{Name(typeof(EventSerializer))}}"
              }
              serialization-bindings {
                "{{Name(typeof(IWire))}}" = qga-wire
                {{string.Join("\n", events)}}
              }
            }
            """, HoconAddMode.Prepend);
    }

    private static string Name(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
