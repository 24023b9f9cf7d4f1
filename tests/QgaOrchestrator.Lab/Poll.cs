namespace QgaOrchestrator.Lab;

/// <summary>Waiting for what tells nobody: a file, a process, a guest.</summary>
public static class Poll
{
    /// <summary>Asks every 10 ms until there is an answer.</summary>
    /// <exception cref="LabException">None came within <paramref name="limit"/>.</exception>
    public static async Task<T> ForAsync<T>(string what, TimeSpan limit, Func<Task<T?>> ask, Func<string>? context = null)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var start = TimeProvider.System.GetTimestamp();
        do
        {
            if (await ask() is { } answer)
                return answer;
            if (TimeProvider.System.GetElapsedTime(start) > limit)
                throw new LabException($"no {what} within {limit.TotalSeconds:0.#} s {context?.Invoke()}");
        }
        while (await timer.WaitForNextTickAsync());
        throw new LabException($"waiting for {what} was stopped");
    }

    public static Task UntilAsync(string what, TimeSpan limit, Func<bool> holds, Func<string>? context = null) =>
        ForAsync(what, limit, () => Task.FromResult(holds() ? "yes" : null), context);
}
