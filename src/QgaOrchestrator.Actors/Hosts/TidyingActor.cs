using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// Has each source take back what attempts that are over have left in the host's own config. One a node; it works off its own
/// thread, since such a config may be on a file system that hangs.
/// </summary>
internal sealed class TidyingActor : ReceiveActor, IWithTimers
{
    private sealed record Due : INoSerializationVerificationNeeded;

    /// <param name="Said">A sentence each.</param>
    private sealed record Tidied(IReadOnlyList<string> Said) : INoSerializationVerificationNeeded;

    /// <summary>After a restart, runs ask for their items first: what they go on with stays.</summary>
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TimeSpan _first;
    private IReadOnlyList<string> _said = [];

    /// <param name="sources">Of the config.</param>
    /// <param name="cuts">This host.</param>
    /// <param name="unsettled">The hashes of the attempts on a VM of this host, by its name, that their runs have not
    /// settled.</param>
    /// <param name="first">From the start to the first look.</param>
    /// <param name="again">From one look to the next.</param>
    public TidyingActor(
        IReadOnlyList<IVmSource> sources, CutHost cuts, Func<string, Task<IReadOnlySet<string>>> unsettled,
        TimeSpan? first = null, TimeSpan? again = null)
    {
        Receive<Due>(_ => Task.Run(() => TidyAsync(sources, cuts, unsettled))
            .PipeTo(Self, failure: e => new Tidied([$"Cannot look for what earlier runs left on this host: {e.Message}"])));
        Receive<Tidied>(m =>
        {
            foreach (var sentence in m.Said.Except(_said)) _log.Warning("{0}", sentence);
            _said = m.Said;
            Timers.StartSingleTimer("due", new Due(), again ?? Again);
        });
        _first = first ?? First;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartSingleTimer("due", new Due(), _first);

    private static async Task<Tidied> TidyAsync(
        IReadOnlyList<IVmSource> sources, CutHost cuts, Func<string, Task<IReadOnlySet<string>>> unsettled)
    {
        List<string> said = [];
        foreach (var source in sources) said.AddRange(await source.TidyAsync(cuts, unsettled, CancellationToken.None));
        return new(said);
    }
}
