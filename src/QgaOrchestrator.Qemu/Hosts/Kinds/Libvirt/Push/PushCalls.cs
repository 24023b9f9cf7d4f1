using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;

/// <summary>What a copy asks of libvirt's daemon. Each throws a <see cref="LibvirtException"/> where it gives no
/// answer.</summary>
internal static class PushCalls
{
    private const int MetadataElement = 2, Live = 1, ReuseExternal = 1, SpeedInBytes = 1, Completed = 1, Keep = 2;

    /// <summary>The cut itself. It is the caller's to tell a refusal from silence.</summary>
    public static RpcCall Begin(RpcDomain domain, ReadOnlySpan<byte> xml) => RpcCall.Of(
        RemoteProcedure.DomainBackupBegin,
        domain.Write(new XdrWriter()).Text(xml).Optional(null).UInt(ReuseExternal));

    public static Task AbortAsync(this RpcLane lane, RpcDomain domain, TimeSpan timeout) =>
        lane.AskAsync(RpcCall.Of(RemoteProcedure.DomainAbortJob, domain.Write(new XdrWriter())), timeout);

    /// <summary>How the domain's last job ended; null: libvirt does not know.</summary>
    public static async Task<DomainJobEnd?> LastJobAsync(this RpcLane lane, RpcDomain domain, TimeSpan timeout)
    {
        var body = await lane.AskAsync(
            RpcCall.Of(RemoteProcedure.DomainGetJobStats, domain.Write(new XdrWriter()).UInt(Completed | Keep)), timeout)
            .ConfigureAwait(false);
        return DomainJobEnd.Read(body.Span);
    }

    /// <param name="bytes">A second.</param>
    public static Task LimitAsync(this RpcLane lane, RpcDomain domain, string disk, long bytes, TimeSpan timeout) =>
        lane.AskAsync(
            RpcCall.Of(
                RemoteProcedure.DomainBlockJobSetSpeed,
                domain.Write(new XdrWriter()).Text(disk).Long((ulong)bytes).UInt(SpeedInBytes)),
            timeout);

    /// <summary>Element of the running domain's metadata; null: there is none of this namespace.</summary>
    public static Task<string?> MetadataAsync(this RpcLane lane, RpcDomain domain, string uri, TimeSpan timeout) =>
        lane.TextAsync(
            RpcCall.Of(
                RemoteProcedure.DomainGetMetadata,
                domain.Write(new XdrWriter()).Int(MetadataElement).Optional(uri).UInt(Live)),
            RpcErrorCode.NoDomainMetadata, timeout);

    /// <param name="xml">Null: it is removed.</param>
    /// <param name="prefix">Of its names.</param>
    public static Task SetMetadataAsync(
        this RpcLane lane, RpcDomain domain, string? xml, string prefix, string uri, TimeSpan timeout) =>
        lane.AskAsync(
            RpcCall.Of(
                RemoteProcedure.DomainSetMetadata,
                domain.Write(new XdrWriter()).Int(MetadataElement).Optional(xml).Optional(prefix).Optional(uri).UInt(Live)),
            timeout);
}
