namespace QgaOrchestrator.Lab;

/// <summary>Waits for what notifies nobody: a file, a process, a guest.</summary>
public static class Poll
{
    /// <summary>What asks costs a request or a process, and the machine's processors are the tested programs' too.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(10);

    /// <summary>Asks every 50 ms until there is an answer.</summary>
    /// <exception cref="LabException">None came within <paramref name="limit"/>.</exception>
    public static Task<T> ForAsync<T>(string what, TimeSpan limit, Func<Task<T?>> ask, Func<string>? context = null) =>
        ForAsync(what, limit, Pause, ask, context);

    /// <summary>Looks every 10 ms until it holds.</summary>
    /// <exception cref="LabException">It did not within <paramref name="limit"/>.</exception>
    public static Task UntilAsync(string what, TimeSpan limit, Func<bool> holds, Func<string>? context = null) =>
        ForAsync(what, limit, ShortPause, () => Task.FromResult(holds() ? "yes" : null), context);

    private static async Task<T> ForAsync<T>(
        string what, TimeSpan limit, TimeSpan pause, Func<Task<T?>> ask, Func<string>? context)
    {
        using var timer = new PeriodicTimer(pause);
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
}
