namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

/// <summary>A domain as the daemon names it (remote_nonnull_domain). It holds nothing in the daemon.</summary>
/// <param name="Id">Of the running domain; -1: it does not run.</param>
internal sealed record RpcDomain(string Name, Guid Uuid, int Id)
{
    public const int SmallestBytes = 24;

    private const int UuidBytes = 16;

    public bool IsRunning => Id >= 0;

    public static RpcDomain Read(ref XdrReader reader)
    {
        var name = reader.Text();
        return new(name, new Guid(reader.Fixed(UuidBytes), bigEndian: true), reader.Int());
    }

    public XdrWriter Write(XdrWriter writer) => writer.Text(Name).Fixed(Uuid.ToByteArray(bigEndian: true)).Int(Id);
}

/// <summary>Something happened to a domain.</summary>
/// <param name="What">What was registered for.</param>
/// <param name="Event">Of a lifecycle, virDomainEventType; of an agent's, 1: connected, 2: disconnected; else 0.</param>
/// <param name="Detail">Its own detail.</param>
internal sealed record DomainEvent(Guid Domain, DomainEventId What, int Event, int Detail)
{
    /// <summary>What we register for, and the procedure by which it is told.</summary>
    public static IReadOnlyDictionary<DomainEventId, RemoteProcedure> All { get; } =
        new Dictionary<DomainEventId, RemoteProcedure>
        {
            [DomainEventId.Lifecycle] = RemoteProcedure.DomainEventCallbackLifecycle,
            [DomainEventId.Reboot] = RemoteProcedure.DomainEventCallbackReboot,
            [DomainEventId.IoError] = RemoteProcedure.DomainEventCallbackIoError,
            [DomainEventId.PmWakeup] = RemoteProcedure.DomainEventCallbackPmWakeup,
            [DomainEventId.PmSuspend] = RemoteProcedure.DomainEventCallbackPmSuspend,
            [DomainEventId.PmSuspendDisk] = RemoteProcedure.DomainEventCallbackPmSuspendDisk,
            [DomainEventId.AgentLifecycle] = RemoteProcedure.DomainEventCallbackAgentLifecycle,
        };

    /// <returns>Null: of a kind that we have not asked for.</returns>
    public static DomainEvent? Read(int procedure, ReadOnlySpan<byte> body)
    {
        foreach (var (what, told) in All)
        {
            if ((int)told != procedure) continue;
            var reader = new XdrReader(body);
            reader.Int();
            var domain = RpcDomain.Read(ref reader);
            return what is DomainEventId.Lifecycle or DomainEventId.AgentLifecycle
                ? new(domain.Uuid, what, reader.Int(), reader.Int())
                : new(domain.Uuid, what, 0, 0);
        }
        return null;
    }
}
