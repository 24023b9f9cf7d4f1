using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>What a job of a domain does (virDomainJobOperation).</summary>
internal enum DomainJobWork
{
    Unknown = 0,
    Start = 1,
    Save = 2,
    Restore = 3,
    MigrationIn = 4,
    MigrationOut = 5,
    Snapshot = 6,
    SnapshotRevert = 7,
    Dump = 8,
    Backup = 9,
    SnapshotDelete = 10,

    /// <summary>A backup that is being begun, or whose daemon ended over that: libvirt has nothing to tell of it.</summary>
    UnbegunBackup = -1,
}

/// <summary>A domain's job that is under way.</summary>
/// <param name="Done">Bytes of its disks.</param>
/// <param name="Total">The same.</param>
internal sealed record DomainJob(DomainJobWork Work, long Done, long Total)
{
    private const int Bounded = 1, Unbounded = 2;

    /// <returns>Null: no job is under way.</returns>
    public static DomainJob? Read(ReadOnlySpan<byte> body) =>
        DomainJobStats.Read(body) is { Type: Bounded or Unbounded } stats
            ? new(stats.Work, stats.Numbers.GetValueOrDefault("disk_processed"), stats.Numbers.GetValueOrDefault("disk_total"))
            : null;
}

/// <summary>What libvirt tells of a job: virDomainJobType, and parameters by name.</summary>
internal sealed record DomainJobStats(
    int Type, IReadOnlyDictionary<string, long> Numbers, IReadOnlyDictionary<string, string> Texts)
{
    private const int SmallestParameter = 12;

    public DomainJobWork Work => (DomainJobWork)Numbers.GetValueOrDefault("operation");

    public static DomainJobStats Read(ReadOnlySpan<byte> body)
    {
        var reader = new XdrReader(body);
        var type = reader.Int();
        var (numbers, texts) = (new Dictionary<string, long>(), new Dictionary<string, string>());
        for (var left = reader.Count(SmallestParameter); left > 0; left--)
        {
            var name = reader.Text();
            // virTypedParameterType.
            switch (reader.Int())
            {
                case 1 or 6:
                    numbers[name] = reader.Int();
                    break;
                case 2:
                    numbers[name] = reader.UInt();
                    break;
                case 3 or 4:
                    numbers[name] = (long)reader.Long();
                    break;
                case 5:
                    reader.Double();
                    break;
                case 7:
                    texts[name] = reader.Text();
                    break;
                case var other:
                    throw new RpcFormatException($"a parameter of the unknown type {other}");
            }
        }
        return new(type, numbers, texts);
    }
}
