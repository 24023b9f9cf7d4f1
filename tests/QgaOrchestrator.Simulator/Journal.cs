namespace QgaOrchestrator.Simulator;

/// <summary>All facts in order. Tests wait for one here instead of sleeping.</summary>
public sealed class Journal
{
    private readonly Lock _gate = new();
    private readonly List<Fact> _facts = [];
    private readonly List<(Func<Fact, bool> Wanted, TaskCompletionSource<Fact> Found)> _waiting = [];

    /// <summary>Called for each fact, in order, under the journal's lock.</summary>
    public Action<Fact>? Written { get; set; }

    public IReadOnlyList<Fact> All
    {
        get { lock (_gate) return [.. _facts]; }
    }

    /// <summary>The first fact that is wanted, past or to come. <paramref name="wanted"/> looks at the fact alone, not at
    /// VMs.</summary>
    public Task<Fact> Until(Func<Fact, bool> wanted)
    {
        lock (_gate)
        {
            if (_facts.Find(fact => wanted(fact)) is { } past) return Task.FromResult(past);
            var found = new TaskCompletionSource<Fact>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((wanted, found));
            return found.Task;
        }
    }

    internal void Write(Fact fact)
    {
        lock (_gate)
        {
            _facts.Add(fact);
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                if (!_waiting[i].Wanted(fact)) continue;
                _waiting[i].Found.TrySetResult(fact);
                _waiting.RemoveAt(i);
            }
            Written?.Invoke(fact);
        }
    }
}
