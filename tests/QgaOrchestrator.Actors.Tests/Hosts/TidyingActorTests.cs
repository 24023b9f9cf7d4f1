using Akka.Actor;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Actors.Tests.Hosts;

/// <summary>Each source takes back what attempts that are over have left on this host.</summary>
public sealed class TidyingActorTests : TestKit
{
    private static readonly CutHost Host = new("/nowhere", TimeProvider.System);

    [Fact]
    public async Task Each_source_is_asked_and_one_that_fails_does_not_end_it()
    {
        Source failing = new(_ => throw new IOException("it is away")), good = new(_ => Task.CompletedTask);
        Start([good, failing]);
        Assert.Same(Host, await good.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Same(Host, await failing.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        failing.Asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await failing.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private void Start(IReadOnlyList<IVmSource> sources) => Sys.ActorOf(Props.Create(() => new TidyingActor(
        sources, Host, _ => Task.FromResult<IReadOnlySet<string>>(new HashSet<string>()), TimeSpan.Zero, TimeSpan.Zero)));

    private sealed class Source(Func<CutHost, Task> tidy) : IVmSource
    {
        public TaskCompletionSource<CutHost> Asked { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IHostKind Kind => throw new InvalidOperationException("nobody asks");

        public SourceLook Look(SourceLook? before = null) => throw new InvalidOperationException("nobody asks");

        public async Task<IReadOnlyList<string>> TidyAsync(
            CutHost host, Func<string, Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel)
        {
            Asked.TrySetResult(host);
            await tidy(host);
            return ["done"];
        }
    }
}
