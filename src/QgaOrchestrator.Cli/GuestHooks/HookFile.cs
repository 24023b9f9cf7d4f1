using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.GuestHooks;

/// <summary>What a file in the guest is, compared with the one that would be installed.</summary>
internal enum HookFileState
{
    Absent,

    /// <summary>The very same.</summary>
    Current,

    /// <summary>Ours, of an earlier version.</summary>
    Older,

    /// <summary>Ours, and somebody has changed it.</summary>
    Edited,

    /// <summary>Somebody else's.</summary>
    Foreign,
}

/// <summary>One file of the guest's freeze hook: shipped within qgactl, or the operator's own.</summary>
/// <param name="Path">Where it belongs in the guest.</param>
internal sealed partial record HookFile(string Path, byte[] Content)
{
    /// <summary>Where qemu-ga looks for it with -F alone.</summary>
    public const string Dispatcher = "/etc/qemu/fsfreeze-hook";

    public const string Scripts = Dispatcher + ".d";

    private static readonly Dictionary<string, string> Shipped =
        new() { ["postgresql"] = "50-postgresql", ["mysql"] = "60-mysql" };

    public static HookFile Main { get; } = new(Dispatcher, Resource("fsfreeze-hook"));

    /// <summary>All that is shipped.</summary>
    public static IReadOnlyList<HookFile> All { get; } =
        [Main, .. Shipped.Values.Select(name => new HookFile($"{Scripts}/{name}", Resource(name)))];

    /// <param name="script">postgresql, mysql, or a file of this machine.</param>
    /// <exception cref="UsageException">It is neither, or the dispatcher would pass over its name.</exception>
    public static HookFile Script(string script)
    {
        if (Shipped.TryGetValue(script, out var shipped))
            return new($"{Scripts}/{shipped}", Resource(shipped));
        if (!File.Exists(script))
            throw new UsageException(
                $"--script: '{script}' is neither postgresql nor mysql, nor a file.",
                "Name one of these, or the path of a script of your own."
            );
        var name = System.IO.Path.GetFileName(script);
        if (!Name().IsMatch(name) || Ignored().IsMatch(name))
            throw new UsageException(
                $"--script: the hook skips files with a name like '{name}'.",
                "Rename it: use letters, digits, dots, _ and -, as in 70-app, and no ending of a backup file."
            );
        var content = File.ReadAllBytes(script);
        return content is [(byte)'#', (byte)'!', ..] ? new($"{Scripts}/{name}", content)
            : throw new UsageException(
                $"--script: '{script}' does not begin with #!.", "Begin it with the program that runs it, as in #!/bin/sh.");
    }

    /// <param name="found">What is there; null: nothing.</param>
    public HookFileState Compare(byte[]? found) => found switch
    {
        null => HookFileState.Absent,
        _ when found.AsSpan().SequenceEqual(Content) => HookFileState.Current,
        _ => (Version(found), Version(Content)) switch
        {
            (null, _) or (_, null) => HookFileState.Foreign,
            var (theirs, ours) => theirs < ours ? HookFileState.Older : HookFileState.Edited,
        },
    };

    /// <summary>"# qga-hook N." stands in the first lines of each file of ours.</summary>
    private static int? Version(byte[] content) =>
        Mark().Match(Encoding.UTF8.GetString(content, 0, Math.Min(content.Length, 256))) is { Success: true } mark
            ? int.Parse(mark.Groups[1].Value, CultureInfo.InvariantCulture)
            : null;

    private static byte[] Resource(string name)
    {
        using var stream = typeof(HookFile).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException(
            $"qgactl was built without {name}");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    [GeneratedRegex(@"^# qga-hook ([0-9]{1,6})\.", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Mark();

    [GeneratedRegex(@"^[A-Za-z0-9._-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    /// <summary>As in deploy/guest-hooks/fsfreeze-hook.</summary>
    [GeneratedRegex(@"\.(conf|bak|orig|sample|disabled|rpm.*|dpkg-.*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Ignored();
}
