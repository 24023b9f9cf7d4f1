namespace QgaOrchestrator.Simulator;

/// <summary>A node of the block graph, as query-named-block-nodes lists it.</summary>
public sealed class BlockNode
{
    internal BlockNode(string name, string driver, string file, long size) =>
        (Name, Driver, File, Size) = (name, driver, file, size);

    public string Name { get; }

    /// <summary>file, qcow2, raw, or copy-before-write for the filter that a backup job puts in.</summary>
    public string Driver { get; }

    public string File { get; }

    /// <summary>Virtual size in bytes.</summary>
    public long Size { get; internal set; }

    public BlockNode? FileChild { get; internal init; }

    public BlockNode? Backing { get; internal set; }

    /// <summary>The job that holds it, source or target.</summary>
    public BlockJob? Job { get; internal set; }

    /// <summary>Made together with its parent, and gone with it.</summary>
    internal bool IsInline { get; init; }

    public override string ToString() => $"{Name} ({Driver})";
}
