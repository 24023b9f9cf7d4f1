namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

/// <summary>What became of a call to libvirt's daemon.</summary>
internal abstract record RpcOutcome
{
    private RpcOutcome() { }

    /// <param name="Body">The reply's values, XDR.</param>
    public sealed record Returned(ReadOnlyMemory<byte> Body) : RpcOutcome;

    public sealed record Failed(RpcError Error) : RpcOutcome;

    /// <summary>The daemon never saw it.</summary>
    public sealed record NotSent(string Reason) : RpcOutcome;

    /// <summary>It was sent, and no reply came: it may have been executed, or will be.</summary>
    /// <param name="Late">Its end, which may still come.</param>
    public sealed record Unknown(string Reason, Task<RpcOutcome>? Late = null) : RpcOutcome;
}

/// <summary>A call as it goes to the daemon.</summary>
/// <param name="Arguments">With an empty head: <see cref="XdrWriter.Message"/>.</param>
/// <param name="IsSecret">Its bytes are overwritten once they are written.</param>
internal sealed record RpcCall(uint Program, int Procedure, Memory<byte> Arguments, bool IsSecret = false)
{
    public static RpcCall Of(RemoteProcedure procedure, XdrWriter? arguments = null) =>
        new(RpcProgram.Remote, (int)procedure, (arguments ?? new XdrWriter()).Message);

    public static RpcCall Of(QemuProcedure procedure, XdrWriter arguments, bool isSecret = false) =>
        new(RpcProgram.Qemu, (int)procedure, arguments.Message, isSecret);
}

/// <summary>How the opening of a connection ended.</summary>
internal abstract record RpcOpening
{
    private RpcOpening() { }

    public sealed record Ready(RpcConnection Connection) : RpcOpening;

    /// <summary>Nobody listens, or we may not.</summary>
    public sealed record NoDaemon(string Reason) : RpcOpening;

    /// <summary>Connected, and it did not answer, or refused us.</summary>
    public sealed record NoAnswer(string Reason) : RpcOpening;
}
