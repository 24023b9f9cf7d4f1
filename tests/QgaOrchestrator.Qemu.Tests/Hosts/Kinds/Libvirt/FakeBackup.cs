using System.Text;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using Reply = QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt.FakeLibvirtd.Reply;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;

/// <summary>A domain's backup and its metadata, as its daemon has them. A copy ends when the test says so.</summary>
internal sealed class FakeBackup
{
    private const ulong Total = 128 << 20;
    private const int None = 0, Bounded = 1, Completed = 3, Failed = 4;

    private readonly Lock _gate = new();
    private (int Type, string? Error) _last;

    /// <summary>What is copied now, in libvirt's XML.</summary>
    public string? Now { get; set; }

    /// <summary>What stands in the metadata.</summary>
    public string? Note { get; set; }

    /// <summary>A daemon before this one was ended while it began a backup.</summary>
    public bool IsUnbegun { get; set; }

    /// <summary>So often a job was ended by a client.</summary>
    public int Aborted { get; private set; }

    /// <summary>Is called when a copy begins.</summary>
    public Action? Began { get; set; }

    /// <param name="error">Null: the copy is whole.</param>
    public void End(string? error = null)
    {
        lock (_gate) (Now, _last) = (null, (error is null ? Completed : Failed, error));
    }

    public Reply Begin(byte[] body)
    {
        lock (_gate)
        {
            if (Now is not null) return FakeLibvirtd.Fail(68, "Timed out during operation: cannot acquire state change lock");
            Now = new XdrReader(body).Text();
        }
        Began?.Invoke();
        return new(new XdrWriter());
    }

    public Reply Describe()
    {
        lock (_gate)
            return Now is null
                ? FakeLibvirtd.Fail(104, "Domain backup job id not found: no domain backup job present")
                : new(new XdrWriter().Text(Now));
    }

    public Reply Abort()
    {
        Aborted++;
        End("Operation canceled");
        return new(new XdrWriter());
    }

    public Reply Stats(bool completed)
    {
        if (IsUnbegun && !completed) return FakeLibvirtd.Fail(1, "internal error: backup job data missing");
        return new(Numbers(completed));
    }

    private XdrWriter Numbers(bool completed)
    {
        lock (_gate)
        {
            var type = completed ? _last.Type : Now is null ? None : Bounded;
            if (type == None) return new XdrWriter().Int(None).Int(0);
            var stats = new XdrWriter().Int(type).Int(_last.Error is { } && completed ? 4 : 3)
                .Text("operation").Int(1).Int(9)
                .Text("disk_total").Int(4).Long(Total)
                .Text("disk_processed").Int(4).Long(completed ? Total : Total / 2);
            return completed && _last.Error is { } error ? stats.Text("errmsg").Int(7).Text(error) : stats;
        }
    }

    public Reply SetNote(byte[] body)
    {
        var reader = new XdrReader(body);
        reader.Int();
        Note = reader.Optional();
        return new(new XdrWriter());
    }

    public Reply GetNote() => Note is null
        ? FakeLibvirtd.Fail(80, "metadata not found: Requested metadata element is not present")
        : new(new XdrWriter().Text(Encoding.UTF8.GetBytes(Note)));
}
