using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Output;

internal static class PointView
{
    public static void WriteList(Screen to, IReadOnlyList<Point> points)
    {
        var table = new TextTable("ID", "VM", "CUT AT", "METHOD", "CLASS", "DISKS", "SIZE");
        foreach (var point in points)
            table.Add(point.Id, point.Vm, to.Time(point.Proof.CutAt), point.Method, point.Class, $"{point.Disks.Count}",
                Text.Bytes(point.Disks.Sum(disk => disk.Bytes ?? disk.Size)));
        table.Write(to);
    }

    public static void Write(Screen to, Point point)
    {
        void Line(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                to.WriteLine($"{name,-13}{value}");
        }

        Line("Point", point.Id);
        Line("VM", point.Host is null ? point.Vm : $"{point.Host}/{point.Vm}");
        Line("UUID", point.Uuid);
        Line("Run", point.Run);
        Line("Group", point.Group);
        Line("Method", point.Method);
        Line("Parent", point.Parent);
        Line("Class", point.Class);
        Line("Directory", point.Directory);
        var proof = point.Proof;
        Line("Frozen", to.Time(proof.FrozenAt) + (proof.Frozen is { } frozen ? $", {Text.Count(frozen, "file system")}" : ""));
        Line("Cut", to.Time(proof.CutAt));
        Line("Thawed", to.Time(proof.ThawedAt) + (proof.Thawed is { } thawed ? $", {Text.Count(thawed, "file system")}" : ""));
        Line("Frozen for", Text.Milliseconds(proof.FrozenMs));
        Line("Skew", proof.SkewMs is { } skew ? $"at most {Text.Milliseconds(skew)}" : null);
        Line("Hooks", proof.Hooks);
        Line("Note", proof.Note);
        Line("Passwords", string.Join(", ", (point.Passwords ?? []).Select(one => $"{one.User} {one.Generation}")));
        Line(
            "Not in it",
            point.Outside is { Count: > 0 } outside
                ? string.Join(", ", outside.Select(disk => $"{disk.Name} ({disk.Why})"))
                : null
        );
        Line("Machine", Machine(point.Machine));
        foreach (var missing in point.Machine?.Missing ?? [])
            Line("", $"not kept ({missing.Part}): {missing.Reason}. {missing.Remedy}.");
        if (point.Machine is { Redacted: { Count: > 0 } redacted })
            Line("", $"its secrets are not in the point: {string.Join(", ", redacted)}");
        to.WriteLine();
        var table = new TextTable("DISK", "IMAGE", "SIZE", "COVERED", "SHA-256");
        foreach (var disk in point.Disks)
            table.Add($"{disk.Index}", disk.File, Text.Bytes(disk.Size), disk.Covered, $"{TextWidth.Fit(disk.Sha256, 17)}");
        table.Write(to with { Width = Screen.Unlimited });
    }

    private static string Machine(PointMachineFiles? machine) => machine is null
        ? "not in it: an earlier release made the point"
        : machine.Files.Count == 0
            ? "not in it"
            : $"{machine.Kind}: {string.Join(", ", machine.Files.Select(file => file.File))}";
}
