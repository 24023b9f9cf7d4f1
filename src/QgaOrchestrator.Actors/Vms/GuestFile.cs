using Akka.Actor;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>How a small file of the guest was read through its agent.</summary>
internal abstract record GuestFile
{
    private GuestFile() { }

    public sealed record Content(byte[] Bytes) : GuestFile;

    public sealed record Absent : GuestFile;

    /// <param name="Reason">In words.</param>
    public sealed record Unreadable(string Reason) : GuestFile;

    private const string Disabled = "its agent does not allow guest-file-open and guest-file-read";

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5), Queue = TimeSpan.FromSeconds(30);

    /// <summary>Never throws for what the guest does.</summary>
    /// <param name="vm">The VM's own actor.</param>
    /// <param name="most">Bytes; the rest is not read.</param>
    /// <param name="agent">What the agent offers, null where that is not known: a command that is disabled is not sent.</param>
    public static async Task<GuestFile> ReadAsync(IActorRef vm, string path, int most, AgentInfo? agent = null)
    {
        if (agent is not null && agent.Status(GuestFileOpen.Name) != CommandStatus.Enabled) return new Unreadable(Disabled);
        try
        {
            switch (await CallAsync(vm, GuestFileOpen.ForReading(path)))
            {
                case AgentOutcome.Returned opened:
                    var handle = GuestFileOpen.Read(opened.Json);
                    var read = await CallAsync(vm, GuestFileRead.Request(handle, most));
                    await CallAsync(vm, GuestFileClose.Request(handle));
                    return read is AgentOutcome.Returned content
                        ? new Content(GuestFileRead.Read(content.Json).Bytes)
                        : new Unreadable(Why(read));
                case AgentOutcome.Refused refused when GuestFileOpen.IsNoSuchFile(refused.Error):
                    return new Absent();
                case var other:
                    return new Unreadable(Why(other));
            }
        }
        catch (Exception odd) when (odd is NotUnderstoodException or AskTimeoutException)
        {
            return new Unreadable(odd.Message);
        }
    }

    private static async Task<AgentOutcome> CallAsync(IActorRef vm, AgentRequest request) =>
        (await vm.Ask<CallEnded>(new Submit(request, Answer), Queue)).Outcome;

    private static string Why(AgentOutcome outcome) => outcome switch
    {
        AgentOutcome.Refused { Error.IsCommandNotFound: true } => Disabled,
        AgentOutcome.Refused refused => refused.Error.Description,
        AgentOutcome.NotSent notSent => notSent.Reason,
        AgentOutcome.Unknown unknown => unknown.Reason,
        var other => other.ToString(),
    };
}
