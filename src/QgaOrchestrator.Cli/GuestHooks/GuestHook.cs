using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.GuestHooks;

/// <summary>The freeze hook of one guest: looks at it, and puts it there.</summary>
internal sealed class GuestHook(GuestShell guest, string vm)
{
    /// <summary>A script that is not shipped, which the hook calls like ours.</summary>
    private const string Own = "own";

    /// <summary>On the same file system as the hook, and out of the dispatcher's sight.</summary>
    private const string New = "/etc/qemu/.qga-hook.new";

    /// <summary>Each file with an x where it is executable; then how qemu-ga, which is this shell's parent, was
    /// started.</summary>
    private const string Look = """
        for file in "$1" "$1".d/*; do
          [ -f "$file" ] || continue
          if [ -x "$file" ]; then echo "x $file"; else echo "- $file"; fi
        done
        tr '\0' '\n' <"/proc/$PPID/cmdline" | sed 's/^/a /'
        sed -n 's/^ *fsfreeze-hook *= */c /p' /etc/qemu/qemu-ga.conf 2>/dev/null || :
        """;

    /// <summary>$1 becomes $2; what was there is kept once, where $3 is not empty.</summary>
    private const string Place = """
        set -e
        [ -z "$3" ] || [ -e "$2.orig" ] || cp -p "$2" "$2.orig"
        chown 0:0 "$1"
        chmod 0755 "$1"
        mv -f "$1" "$2"
        ! command -v restorecon >/dev/null || restorecon "$2"
        """;

    public async Task<GuestHookReport> StatusAsync(CancellationToken cancel)
    {
        var seen = await LookAsync(cancel).ConfigureAwait(false);
        List<HookFileReport> files = [];
        foreach (var (path, executable) in seen.Files.Where(file => !IsSetting(file.Path)))
        {
            var shipped = HookFile.All.FirstOrDefault(file => file.Path == path);
            files.Add(
                new HookFileReport(
                    path,
                    shipped is null ? Own : Lower(shipped.Compare(await guest.ReadAsync(path, cancel).ConfigureAwait(false))),
                    executable
                )
            );
        }

        if (files.All(file => file.Path != HookFile.Dispatcher))
            files.Insert(0, new HookFileReport(HookFile.Dispatcher, Lower(HookFileState.Absent), false));
        return Report(seen, files);
    }

    /// <summary>All of them, or none: what is somebody else's is found before anything is written.</summary>
    /// <exception cref="CommandFailedException">A file is somebody else's, and <paramref name="force"/> is not set.</exception>
    public async Task<GuestHookReport> InstallAsync(IReadOnlyList<HookFile> wanted, bool force, CancellationToken cancel)
    {
        var seen = await LookAsync(cancel).ConfigureAwait(false);
        List<(HookFile File, HookFileState State)> plan = [];
        foreach (var file in wanted)
        {
            var found = seen.Files.Any(there => there.Path == file.Path)
                ? await guest.ReadAsync(file.Path, cancel).ConfigureAwait(false)
                : null;
            plan.Add((file, file.Compare(found)));
        }

        var foreign = plan.Where(step => IsTheirs(step.State))
            .Select(step => $"{step.File.Path} ({(step.State == HookFileState.Edited ? "ours, but changed" : "not ours")})")
            .ToList();
        if (foreign.Count > 0 && !force)
            throw new CommandFailedException(
                $"{vm} has {string.Join(", ", foreign)}; nothing was written.",
                "Look at what it does. --force replaces it and keeps it as .orig."
            );

        await guest.RunAsync("mkdir -p \"$1\"", [HookFile.Scripts], cancel).ConfigureAwait(false);
        foreach (var (file, state) in plan.Where(step => step.State != HookFileState.Current))
        {
            await guest.WriteAsync(New, file.Content, cancel).ConfigureAwait(false);
            await guest.RunAsync(Place, [New, file.Path, IsTheirs(state) ? "keep" : ""], cancel).ConfigureAwait(false);
        }

        // Somebody may have taken its rights away.
        await guest.RunAsync("chmod 0755 \"$@\"", wanted.Select(file => file.Path), cancel).ConfigureAwait(false);
        return Report(
            seen,
            [
                .. plan.Select(step => new HookFileReport(
                    step.File.Path,
                    step.State == HookFileState.Current ? "current" : "installed",
                    true
                )),
            ]
        );
    }

    private GuestHookReport Report(Seen seen, IReadOnlyList<HookFileReport> files)
    {
        List<string> remains = [];
        if (files.Any(file => file.Path == HookFile.Dispatcher && file.State == "absent"))
            remains.Add($"Install it: qgactl vm hook install {vm}");
        if (files.Any(file => file is { Path: HookFile.Dispatcher, State: "foreign" }))
            remains.Add(
                $"{HookFile.Dispatcher} is not ours and reports nothing that we know: qgactl vm hook install {vm} --force "
                    + $"replaces it"
            );
        if (files.Any(file => file.State == "older"))
            remains.Add($"Update it: qgactl vm hook install {vm}, with each --script");
        remains.AddRange(
            files
                .Where(file => file is { Executable: false, State: not "absent" })
                .Select(file => $"{file.Path} is not executable, and not called")
        );
        if (seen.Called is null)
            remains.Add(
                $"Start qemu-ga with -F{HookFile.Dispatcher} and restart it: systemctl edit qemu-guest-agent (ExecStart), or "
                    + $"fsfreeze-hook= in /etc/qemu/qemu-ga.conf, or FSFREEZE_HOOK_PATHNAME in /etc/sysconfig/qemu-ga"
            );
        else if (seen.Called != HookFile.Dispatcher)
            remains.Add($"qemu-ga calls {seen.Called} as its hook: start it with -F{HookFile.Dispatcher} instead");
        return new GuestHookReport(vm, seen.Called, files, remains);
    }

    private async Task<Seen> LookAsync(CancellationToken cancel)
    {
        var lines = (await guest.RunAsync(Look, [HookFile.Dispatcher], cancel).ConfigureAwait(false)).Split('\n');
        var arguments = Tagged('a').ToList();
        return new Seen(
            [.. lines.Where(line => line is ['x' or '-', ' ', ..]).Select(line => (line[2..], line[0] == 'x'))],
            HookOf(arguments) ?? Tagged('c').FirstOrDefault(path => path.Length > 0));

        IEnumerable<string> Tagged(char tag) =>
            lines.Where(line => line.Length > 1 && line[0] == tag && line[1] == ' ').Select(line => line[2..].Trim());
    }

    /// <summary>-F and --fsfreeze-hook take their path attached; without one they mean the usual place.</summary>
    internal static string? HookOf(IReadOnlyList<string> arguments)
    {
        foreach (var argument in arguments.Skip(1))
        {
            if (argument is "-F" or "--fsfreeze-hook") return HookFile.Dispatcher;
            if (argument.StartsWith("-F", StringComparison.Ordinal)) return argument[2..];
            if (argument.StartsWith("--fsfreeze-hook=", StringComparison.Ordinal)) return argument["--fsfreeze-hook=".Length..];
        }

        return null;
    }

    private static bool IsTheirs(HookFileState state) => state is HookFileState.Edited or HookFileState.Foreign;

    private static bool IsSetting(string path) =>
        path.EndsWith(".conf", StringComparison.Ordinal) || path.EndsWith(".orig", StringComparison.Ordinal);

    private static string Lower(HookFileState state) => state.ToString().ToLowerInvariant();

    /// <param name="Called">The hook that qemu-ga calls; null: none.</param>
    private sealed record Seen(IReadOnlyList<(string Path, bool Executable)> Files, string? Called);
}
