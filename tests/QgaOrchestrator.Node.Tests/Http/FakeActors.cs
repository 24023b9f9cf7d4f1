using Akka.Actor;
using Akka.Hosting;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Hosts;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>Actors that start nothing and have found every VM once the test says so.</summary>
internal sealed class FakeActors : INodeActors
{
    public TaskCompletionSource Scanned { get; } = new();

    public bool Parked { get; private set; }

    public Task Discovered => Scanned.Task;

    public IReadOnlyList<SourceFault> Faults { get; set; } = [];

    public Task StartAsync(ActorSystem system, IActorRegistry registry) => Task.CompletedTask;

    public Task CloseWindowsAsync()
    {
        Parked = true;
        return Task.CompletedTask;
    }
}
