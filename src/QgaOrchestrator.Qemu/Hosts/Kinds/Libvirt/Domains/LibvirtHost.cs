using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>
/// The connections of this process to one daemon of libvirt's: one for work, some for agents' commands, and others for thaw and
/// status only. So no guest that takes long keeps the machines waiting, and nothing at all keeps a thaw waiting. They are open
/// while somebody uses them.
/// </summary>
internal sealed class LibvirtHost
{
    /// <summary>The daemon's first answer after its start may take 9 s: it looks what QEMU can do.</summary>
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private const int AgentConnections = 4, ThawConnections = 4;

    private const string Modular = "virtqemud-sock", ForAll = "libvirt-sock";

    /// <summary>The names of those that a daemon listens on.</summary>
    public static IReadOnlyList<string> Sockets { get; } = [Modular, ForAll];

    private readonly string _directory, _uri;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private int _users;

    /// <param name="directory">Of the daemon's sockets.</param>
    public LibvirtHost(string directory, string uri, TimeProvider time)
    {
        (_directory, _uri, _time) = (directory, uri, time);
        Work = new RpcLane(OpenForWorkAsync, 1, LongestPause, time);
        Agents = new RpcLane(OpenAsync, AgentConnections, LongestPause, time);
        Thaw = new RpcLane(OpenAsync, ThawConnections, TimeSpan.Zero, time);
    }

    public RpcLane Work { get; }

    /// <summary>For agents' commands: a guest may take minutes for one.</summary>
    public RpcLane Agents { get; }

    /// <summary>For thaw, status, and what shows that an agent is there.</summary>
    public RpcLane Thaw { get; }

    /// <summary>Of any domain, on the connection for work. On a reader's thread: do not block.</summary>
    public event Action<DomainEvent>? Happened;

    public void Retain()
    {
        lock (_gate) _users++;
    }

    /// <summary>The last one closes the connections.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_users > 0) return;
        }
        Work.Close();
        Agents.Close();
        Thaw.Close();
    }

    private async Task<RpcOpening> OpenForWorkAsync()
    {
        var opening = await OpenAsync().ConfigureAwait(false);
        if (opening is not RpcOpening.Ready { Connection: var connection }) return opening;
        connection.Happened += happened => Happened?.Invoke(happened);
        // Each for all domains. An older daemon refuses what it does not know, and that is not told then.
        foreach (var what in DomainEvent.All.Keys)
        {
            _ = connection.Execute(RpcCall.Of(
                RemoteProcedure.ConnectDomainEventCallbackRegisterAny, new XdrWriter().Int((int)what).UInt(0)));
        }
        return opening;
    }

    /// <summary>The modular daemon where it listens, else the one for all.</summary>
    private async Task<RpcOpening> OpenAsync()
    {
        if (await OpenAsync(Modular).ConfigureAwait(false) is var modular and not RpcOpening.NoDaemon) return modular;
        return await OpenAsync(ForAll).ConfigureAwait(false);
    }

    private Task<RpcOpening> OpenAsync(string socket) =>
        RpcConnection.OpenAsync(Path.Combine(_directory, socket), _uri, OpenTimeout, _time);
}
