namespace QgaOrchestrator.Node.Http;

/// <summary>
/// Who has no token cannot fill the disk with his refusals: so many a minute have an entry of their own in the audit log,
/// and the others of that minute one together.
/// </summary>
/// <param name="tell">Told at the minute's end how many have no entry of their own.</param>
public sealed class StrangerBudget(TimeProvider time, Action<int> tell)
{
    public const int PerMinute = 100;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _counting = new();
    private int _count;

    /// <summary>False: this one is only counted.</summary>
    public bool Take()
    {
        lock (_counting)
        {
            if (_count++ == 0) _ = EndAsync();
            return _count <= PerMinute;
        }
    }

    private async Task EndAsync()
    {
        await Task.Delay(Minute, time);
        int more;
        lock (_counting) (more, _count) = (_count - PerMinute, 0);
        if (more > 0) tell(more);
    }
}
