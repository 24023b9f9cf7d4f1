using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>The options that only a backup has, as node, qgactl and reference show them.</summary>
public static class KnownBackupOptions
{
    public const string
        Method = "method", Target = "target", Consistency = "consistency", GroupBy = "groupBy", Bandwidth = "bandwidth";

    /// <param name="methods">Names of the cut methods; the first is the default.</param>
    /// <param name="ofMethods">The options that are some method's own, each with the names of its methods.</param>
    public static IReadOnlyList<OptionInfo> Of(
        IReadOnlyList<string> methods,
        IEnumerable<(string Name, string Value, string Help, IReadOnlyList<string> Methods)> ofMethods) =>
    [
        new(Method, "METHOD", methods[0],
            $"how the disks are cut: {string.Join(", ", methods.SkipLast(1))} or {methods[^1]}"),
        new(Target, "DIR", null, "directory of the points on the VMs' hosts; without it, points in the data directory"),
        new(Consistency, "HOW", "require",
            "if a guest cannot be frozen: require fails its VM, prefer cuts it unfrozen; none freezes no guest"),
        new(GroupBy, "LABEL", null, "VMs with the same value of this label are cut at one instant"),
        new(Bandwidth, "BYTES/s", null, "limit of each disk's copy") { Example = "50M" },
        .. ofMethods.Select(own => new OptionInfo(
            own.Name, own.Value, null, $"with method {string.Join(" or ", own.Methods)}: {own.Help}")),
    ];
}
