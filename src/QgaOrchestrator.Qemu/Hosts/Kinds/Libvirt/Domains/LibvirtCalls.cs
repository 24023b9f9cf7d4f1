using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>A call of libvirt's that gave no answer.</summary>
/// <param name="outcome">What became of it.</param>
internal sealed class LibvirtException(string message, RpcOutcome outcome) : Exception(message)
{
    public RpcOutcome Outcome { get; } = outcome;

    public bool IsNoDomain => Outcome is RpcOutcome.Failed { Error.Code: RpcErrorCode.NoDomain };

    public static LibvirtException Of(RpcOutcome outcome) => new(
        outcome switch
        {
            RpcOutcome.Failed failed => failed.Error.ToString(),
            RpcOutcome.NotSent notSent => notSent.Reason,
            RpcOutcome.Unknown unknown => unknown.Reason,
            _ => throw new ArgumentException("it was answered", nameof(outcome)),
        },
        outcome);
}

/// <summary>What is asked of libvirt's daemon. Each throws a <see cref="LibvirtException"/> where it gives no answer.</summary>
internal static class LibvirtCalls
{
    private const uint Active = 1;

    /// <summary>virDomainXMLFlags.</summary>
    private const uint Inactive = 2;

    public static async Task<IReadOnlyList<RpcDomain>> RunningDomainsAsync(this RpcLane lane, TimeSpan timeout)
    {
        var arguments = new XdrWriter().Int(1).UInt(Active);
        var body = await lane.AskAsync(RpcCall.Of(RemoteProcedure.ConnectListAllDomains, arguments), timeout)
            .ConfigureAwait(false);
        return Read(body.Span);

        static RpcDomain[] Read(ReadOnlySpan<byte> body)
        {
            var reader = new XdrReader(body);
            var domains = new RpcDomain[reader.Count(RpcDomain.SmallestBytes)];
            for (var i = 0; i < domains.Length; i++) domains[i] = RpcDomain.Read(ref reader);
            return domains;
        }
    }

    public static async Task<RpcDomain> DomainAsync(this RpcLane lane, Guid uuid, TimeSpan timeout)
    {
        var arguments = new XdrWriter().Fixed(uuid.ToByteArray(bigEndian: true));
        var body = await lane.AskAsync(RpcCall.Of(RemoteProcedure.DomainLookupByUuid, arguments), timeout).ConfigureAwait(false);
        return Read(body.Span);

        static RpcDomain Read(ReadOnlySpan<byte> body)
        {
            var reader = new XdrReader(body);
            return RpcDomain.Read(ref reader);
        }
    }

    /// <summary>The domain as it runs.</summary>
    public static async Task<DomainXml> XmlAsync(this RpcLane lane, RpcDomain domain, TimeSpan timeout) =>
        DomainXml.Parse(await lane.DescriptionAsync(domain, 0, timeout).ConfigureAwait(false));

    /// <summary>The domain as its next start makes it. Secrets are not in it: they were not asked for
    /// (VIR_DOMAIN_XML_SECURE).</summary>
    public static Task<string> DefinitionAsync(this RpcLane lane, RpcDomain domain, TimeSpan timeout) =>
        lane.DescriptionAsync(domain, Inactive, timeout);

    private static async Task<string> DescriptionAsync(this RpcLane lane, RpcDomain domain, uint flags, TimeSpan timeout)
    {
        var body = await lane.AskAsync(
            RpcCall.Of(RemoteProcedure.DomainGetXmlDesc, domain.Write(new XdrWriter()).UInt(flags)), timeout)
            .ConfigureAwait(false);
        return new XdrReader(body.Span).Text();
    }

    /// <summary>Of QEMU, as in 7.2.22.</summary>
    public static Task<Version> QemuVersionAsync(this RpcLane lane, TimeSpan timeout) =>
        lane.VersionAsync(RemoteProcedure.ConnectGetVersion, timeout);

    private static async Task<Version> VersionAsync(this RpcLane lane, RemoteProcedure procedure, TimeSpan timeout)
    {
        var body = await lane.AskAsync(RpcCall.Of(procedure), timeout).ConfigureAwait(false);
        var number = (int)new XdrReader(body.Span).Long();
        return new(number / 1_000_000, number / 1000 % 1000, number % 1000);
    }

    /// <summary>Of libvirt's daemon, as in 9.0.0.</summary>
    public static Task<Version> LibvirtVersionAsync(this RpcLane lane, TimeSpan timeout) =>
        lane.VersionAsync(RemoteProcedure.ConnectGetLibVersion, timeout);

    /// <summary>virDomainState, and its reason.</summary>
    public static async Task<(int State, int Reason)> StateAsync(this RpcLane lane, RpcDomain domain, TimeSpan timeout)
    {
        var body = await lane.AskAsync(
            RpcCall.Of(RemoteProcedure.DomainGetState, domain.Write(new XdrWriter()).UInt(0)), timeout).ConfigureAwait(false);
        var reader = new XdrReader(body.Span);
        return (reader.Int(), reader.Int());
    }

    /// <summary>What the guest sees of a disk, in bytes.</summary>
    /// <param name="target">As in vda.</param>
    public static async Task<long> DiskSizeAsync(this RpcLane lane, RpcDomain domain, string target, TimeSpan timeout)
    {
        var arguments = domain.Write(new XdrWriter()).Text(target).UInt(0);
        var body = await lane.AskAsync(RpcCall.Of(RemoteProcedure.DomainGetBlockInfo, arguments), timeout).ConfigureAwait(false);
        var reader = new XdrReader(body.Span);
        reader.Long();
        return (long)reader.Long();
    }

    /// <summary>What is under way; null: nothing.</summary>
    public static async Task<DomainJob?> JobAsync(this RpcLane lane, RpcDomain domain, TimeSpan timeout) =>
        await lane.CallAsync(
            RpcCall.Of(RemoteProcedure.DomainGetJobStats, domain.Write(new XdrWriter()).UInt(0)), timeout)
            .ConfigureAwait(false) switch
        {
            RpcOutcome.Returned returned => DomainJob.Read(returned.Body.Span),
            // It has a job, and no backup whose numbers it could tell.
            RpcOutcome.Failed { Error.Code: RpcErrorCode.Internal }
                when await lane.BackupAsync(domain, timeout).ConfigureAwait(false) is null =>
                    new(DomainJobWork.UnbegunBackup, 0, 0),
            var outcome => throw LibvirtException.Of(outcome),
        };

    /// <summary>The backup that is under way, in libvirt's XML; null: none is.</summary>
    public static Task<string?> BackupAsync(this RpcLane lane, RpcDomain domain, TimeSpan timeout) =>
        lane.TextAsync(
            RpcCall.Of(RemoteProcedure.DomainBackupGetXmlDesc, domain.Write(new XdrWriter()).UInt(0)),
            RpcErrorCode.NoDomainBackup, timeout);

    public static Task WakeAsync(this RpcLane lane, RpcDomain domain, TimeSpan timeout) =>
        lane.AskAsync(RpcCall.Of(RemoteProcedure.DomainPmWakeup, domain.Write(new XdrWriter()).UInt(0)), timeout);

    /// <param name="none">The error that says that there is no such text.</param>
    /// <returns>Null: there is none.</returns>
    public static async Task<string?> TextAsync(this RpcLane lane, RpcCall call, int none, TimeSpan timeout) =>
        await lane.CallAsync(call, timeout).ConfigureAwait(false) switch
        {
            RpcOutcome.Returned returned => new XdrReader(returned.Body.Span).Text(),
            RpcOutcome.Failed failed when failed.Error.Code == none => null,
            var outcome => throw LibvirtException.Of(outcome),
        };

    public static async Task<ReadOnlyMemory<byte>> AskAsync(this RpcLane lane, RpcCall call, TimeSpan timeout)
    {
        var outcome = await lane.CallAsync(call, timeout).ConfigureAwait(false);
        return outcome is RpcOutcome.Returned returned ? returned.Body : throw LibvirtException.Of(outcome);
    }
}
