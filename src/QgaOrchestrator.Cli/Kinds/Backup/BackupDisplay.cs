using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Core.Kinds.Backup;

namespace QgaOrchestrator.Cli.Kinds.Backup;

/// <summary>A backup shows how long each guest was frozen, and what each point is.</summary>
internal static class BackupDisplay
{
    public static KindDisplay Instance { get; } = new(BackupKind.Name)
    {
        DryRunName = "check",
        Defaults = BackupRunOptions.Defaults,
        Columns =
        [
            new("FROZEN FOR", item => Text.Milliseconds(item.FrozenMs)),
            new("CLASS", item => item.Class),
            new("SIZE", item => item.Bytes is { } bytes ? Text.Bytes(bytes) : null),
        ],
        Success = item => item.Class is null
            ? null
            : $"frozen for {Text.Milliseconds(item.FrozenMs)}, class {item.Class}, "
                + $"{(item.Bytes is { } bytes ? Text.Bytes(bytes) : "-")}",
        Total = report => report.Items.Sum(item => item.Bytes ?? 0) is > 0 and var size ? Text.Bytes(size) : null,
        Facts = Facts,
    };

    private static IEnumerable<(string Name, string Text)> Facts(RunReport report)
    {
        var frozen = report.Items.Where(item => item.FrozenMs is not null).OrderBy(item => item.FrozenMs).ToList();
        if (frozen.Count > 0)
            yield return ("Frozen", $"{Text.Count(frozen.Count, "guest")}: half of them for {At(0.5)} or less, 99 % for "
                + $"{At(0.99)} or less, the longest for {At(1)} ({report.NameOf(frozen[^1])})");
        var classes = report.Items
            .Where(item => item.Point is not null)
            .GroupBy(item => item.Class ?? "unknown")
            .OrderByDescending(same => same.Count())
            .Select(same => $"{same.Count()} of class {same.Key}")
            .ToList();
        if (classes.Count > 0) yield return ("Points", string.Join(", ", classes));

        string At(double part) => Text.Milliseconds(frozen[(int)Math.Ceiling(part * frozen.Count) - 1].FrozenMs);
    }
}
