using QgaOrchestrator.Qemu.Cut.Methods.Full;
using QgaOrchestrator.Qemu.Cut.Methods.Hook;
using QgaOrchestrator.Qemu.Cut.Methods.Snapshot;

namespace QgaOrchestrator.Qemu.Cut.Methods;

/// <summary>The registry of cut methods. A new one is a folder here, a line in <see cref="All"/>, and its suite's run.</summary>
public static class CutMethods
{
    /// <summary>The first is a backup's default.</summary>
    public static IReadOnlyList<ICutMethod> All { get; } =
    [
        new FullMethod(),
        new SnapshotMethod(),
        new HookMethod(),
    ];

    public static string Default => All[0].Name;

    /// <summary>Of drafts that name no method: their release had no other.</summary>
    public static string First => "full";

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(method => method.Name)];

    /// <summary>The options that are some method's own, each once, with the names of its methods.</summary>
    public static IReadOnlyList<(CutOption Option, IReadOnlyList<string> Methods)> Options { get; } =
    [
        .. All
            .SelectMany(method => method.Options.Select(option => (Option: option, Method: method.Name)))
            .GroupBy(of => of.Option.Name)
            .Select(same => (same.First().Option, (IReadOnlyList<string>)[.. same.Select(of => of.Method)])),
    ];

    /// <summary>Where methods keep their records, by name in the node's data directory.</summary>
    public static IEnumerable<string> Records => All.Select(method => method.Records).OfType<string>();

    /// <summary>Reads what the config's section Freeze says for the methods.</summary>
    public static IReadOnlyList<CutSettings> ReadSettings(ICutKeys keys) =>
        [.. All.Select(method => method.ReadSettings(keys)).OfType<CutSettings>()];

    /// <returns>Null: no such method. It is refused, and never replaced by another.</returns>
    public static ICutMethod? Find(string name) => All.FirstOrDefault(method => method.Name == name);

    /// <exception cref="CutException">No such method.</exception>
    public static ICutMethod Require(string name) =>
        Find(name) ?? throw new CutException(Unknown(name), "Run the backup with one of these, or update this node.");

    /// <summary>What is wrong with a method's name and with the options that are some method's own; empty: nothing.</summary>
    /// <param name="own">Those that were given, by name.</param>
    public static IReadOnlyList<CutOptionFault> Check(string name, IReadOnlyDictionary<string, string> own)
    {
        if (Find(name) is not { } method) return [new("method", Unknown(name))];
        return
        [
            .. method.Check(own.Where(option => Takes(method, option.Key)).ToDictionary()),
            .. from other in All
               from option in other.Options
               where own.ContainsKey(option.Name) && !Takes(method, option.Name)
               select new CutOptionFault(option.Name, $"only method {other.Name} takes it, and this is {name}"),
        ];
    }

    /// <summary>Finishes what an earlier attempt of any method left active (<see cref="ICutMethod.RecoverAsync"/>).</summary>
    public static async Task RecoverAsync(
        this IEnumerable<ICutMethod> methods, CutJob job, Func<Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel)
    {
        foreach (var method in methods) await method.RecoverAsync(job, unsettled, cancel).ConfigureAwait(false);
    }

    /// <summary>Recovers, then removes what no attempt needs (<see cref="ICutMethod.SweepAsync"/>).</summary>
    public static async Task<IReadOnlyList<string>> SweepAsync(
        this IReadOnlyList<ICutMethod> methods, CutJob job, IReadOnlySet<string> unsettled, CancellationToken cancel)
    {
        await methods.RecoverAsync(job, () => Task.FromResult(unsettled), cancel).ConfigureAwait(false);
        List<string> removed = [];
        foreach (var method in methods)
            removed.AddRange(await method.SweepAsync(job, unsettled, cancel).ConfigureAwait(false));
        return removed;
    }

    private static bool Takes(ICutMethod method, string option) => method.Options.Any(own => own.Name == option);

    private static string Unknown(string name) =>
        $"{name} is not available in this version; there are {string.Join(", ", Names.SkipLast(1))} and {Names[^1]}";
}
