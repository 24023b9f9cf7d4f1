namespace QgaOrchestrator.Simulator;

/// <summary>A fault in force: which command it is about, and the acts. Dispose it, and all is well again.</summary>
public sealed class Rule : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<Rule> _remove;
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = int.MaxValue;

    internal Rule(string command, IReadOnlyList<Act> acts, Action<Rule> remove)
    {
        Command = command;
        Acts = acts;
        _remove = remove;
    }

    /// <summary>A command's name, or `*` for all.</summary>
    public string Command { get; }

    public IReadOnlyList<Act> Acts { get; }

    /// <summary>How often it applied.</summary>
    public int Hits { get; private set; }

    /// <summary>Completes when it applies for the first time: a test knows then that the command is there.</summary>
    public Task Reached => _reached.Task;

    public Rule Once() => Times(1);

    /// <summary>It applies to the next <paramref name="count"/> commands only.</summary>
    public Rule Times(int count)
    {
        lock (_gate) _left = count;
        return this;
    }

    /// <summary>Lets go what hangs now; what comes later hangs again.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _released.TrySetResult();
            _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Dispose()
    {
        lock (_gate) _left = 0;
        _remove(this);
        lock (_gate) _released.TrySetResult();
    }

    /// <summary>Null: not for this command. Else what its hang waits for, so that a release right after it counts.</summary>
    internal Task? Apply(string command)
    {
        Task released;
        lock (_gate)
        {
            if (_left <= 0 || (Command != "*" && Command != command)) return null;
            if (_left != int.MaxValue) _left--;
            Hits++;
            released = _released.Task;
        }
        _reached.TrySetResult();
        return released;
    }
}
