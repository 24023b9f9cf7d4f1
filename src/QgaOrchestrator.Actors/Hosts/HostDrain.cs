using QgaOrchestrator.Core.Hosts;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// Whether this host is being emptied, and what is still under way on it. A file keeps it across restarts of the node. Safe for
/// all threads.
/// </summary>
/// <param name="file">There while the host is to be emptied; null: nothing is kept.</param>
public sealed class HostDrain(string? file)
{
    public const string FileName = "host.draining";

    private volatile bool _isOn = File.Exists(file);
    private int _items;
    private int _windows;

    public bool IsOn => _isOn;

    public DrainState State => DrainRules.StateOf(_isOn, Items, Windows);

    /// <summary>Items that are under way.</summary>
    public int Items => Volatile.Read(ref _items);

    /// <summary>Windows whose guest is not known to be thawed.</summary>
    public int Windows => Volatile.Read(ref _windows);

    /// <exception cref="IOException">The file cannot be written or removed; nothing has changed.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Set(bool on)
    {
        if (file is not null)
        {
            if (on) File.WriteAllBytes(file, []);
            else File.Delete(file);
        }
        _isOn = on;
        // Before anybody asks how many items there are: each is counted before it asks whether it may begin.
        Interlocked.MemoryBarrier();
    }

    /// <summary>A place for the items of one VM, of which one at a time is under way.</summary>
    public Place NewPlace() => new(this);

    internal void SetWindows(int open) => Volatile.Write(ref _windows, open);

    /// <summary>Counts while an item of a VM is under way. Used by one thread at a time.</summary>
    public sealed class Place(HostDrain drain)
    {
        private bool _isTaken;

        /// <summary>Taken before this is asked, so that nobody sees a drained host that begins an item.</summary>
        public bool Drains => drain.IsOn;

        public void Take()
        {
            if (!_isTaken) Interlocked.Increment(ref drain._items);
            _isTaken = true;
        }

        public void Free()
        {
            if (_isTaken) Interlocked.Decrement(ref drain._items);
            _isTaken = false;
        }
    }
}
