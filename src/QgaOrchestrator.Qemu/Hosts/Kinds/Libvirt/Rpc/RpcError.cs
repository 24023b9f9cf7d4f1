using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

/// <summary>An error of libvirt's (virError). Its text may be in the daemon's language.</summary>
/// <param name="Code">See <see cref="RpcErrorCode"/>.</param>
internal sealed record RpcError(int Code, string Message)
{
    public static RpcError Read(ReadOnlySpan<byte> body)
    {
        var reader = new XdrReader(body);
        var code = reader.Int();
        reader.Int();
        return new(code, ForeignText.Message(reader.Optional() ?? "libvirt gave no reason"));
    }

    public override string ToString() => $"{Message} (libvirt's error {Code})";
}

/// <summary>virErrorNumber, as far as we tell them apart.</summary>
internal static class RpcErrorCode
{
    public const int
        Internal = 1,
        InvalidArgument = 8,
        OperationFailed = 9,
        Rpc = 39,
        NoDomain = 42,
        AuthFailed = 45,
        OperationInvalid = 55,
        OperationTimeout = 68,
        ArgumentUnsupported = 74,
        AuthCancelled = 79,
        NoDomainMetadata = 80,
        AgentUnresponsive = 86,
        NoDomainBackup = 104,
        AccessDenied = 88,
        AuthUnavailable = 94;
}
