using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt;

/// <summary>What a job of a domain does (virDomainJobOperation).</summary>
internal enum DomainJobWork
{
    Unknown = 0,
    MigrationIn = 4,
    MigrationOut = 5,
    Backup = 9,
}

/// <summary>A domain's job that is under way.</summary>
/// <param name="Done">Bytes of its disks.</param>
/// <param name="Total">The same.</param>
internal sealed record DomainJob(DomainJobWork Work, long Done, long Total)
{
    private const int None = 0, Bounded = 1, Unbounded = 2, SmallestParameter = 12;

    /// <returns>Null: no job is under way.</returns>
    public static DomainJob? Read(ReadOnlySpan<byte> body)
    {
        var reader = new XdrReader(body);
        if (reader.Int() is not (Bounded or Unbounded)) return null;
        var numbers = new Dictionary<string, long>();
        for (var left = reader.Count(SmallestParameter); left > 0; left--)
        {
            var name = reader.Text();
            if (Number(ref reader) is { } number) numbers[name] = number;
        }
        return new(
            (DomainJobWork)numbers.GetValueOrDefault("operation", None),
            numbers.GetValueOrDefault("disk_processed"), numbers.GetValueOrDefault("disk_total"));
    }

    /// <summary>A typed parameter's value (virTypedParameterType); null: it is no number.</summary>
    private static long? Number(ref XdrReader reader)
    {
        switch (reader.Int())
        {
            case 1 or 6:
                return reader.Int();
            case 2:
                return reader.UInt();
            case 3 or 4:
                return (long)reader.Long();
            case 5:
                reader.Double();
                return null;
            case 7:
                reader.Bytes();
                return null;
            case var type:
                throw new RpcFormatException($"a parameter of the unknown type {type}");
        }
    }
}
