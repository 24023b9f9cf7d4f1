using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.Hooks.Tests.Storage;

/// <summary>
/// One of the hooks of config/hooks, called as the node calls it, on tools that only write down how they were called: a
/// stand-in is a few lines of sh, before anything else on the PATH. Its state is files.
/// </summary>
internal sealed class StorageHook : IDisposable
{
    public const string Name = "q-abcdefghij";

    private readonly string _hook;
    private readonly string _shell;

    /// <param name="real">On the tools of this machine, without any stand-in.</param>
    public StorageHook(string hook, string shell = "sh", bool real = false)
    {
        Skip.If(Tool.Which(shell) is null, $"no {shell} here");
        Skip.If(Tool.Which("jq") is null, "no jq here");
        (_hook, _shell) = (Path.Combine(AppContext.BaseDirectory, "storage-hooks", hook), shell);
        Directory.CreateDirectory(Tools);
        Directory.CreateDirectory(State);
        Directory.CreateDirectory(Target);
        if (real) return;
        StandIn("qemu-img", """for last; do :; done; echo image >"$last" """);
        StandIn("udevadm", "");
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("qga-storage-").FullName;

    /// <summary>Where the stand-ins keep what they have made: $S.</summary>
    public string State => Path.Combine(Folder, "state");

    public string Target => Path.Combine(Folder, "target");

    /// <summary>Each call of a tool, in order.</summary>
    public IReadOnlyList<string> Log => File.Exists(LogFile) ? File.ReadAllLines(LogFile) : [];

    /// <summary>Those that changed something.</summary>
    public IEnumerable<string> Changes =>
        Log.Where(call =>
            !call.StartsWith("lvs ", StringComparison.Ordinal)
            && !call.Contains(" list ", StringComparison.Ordinal)
            && !call.Contains(" ls ", StringComparison.Ordinal)
            && !call.StartsWith("rbd info", StringComparison.Ordinal)
        );

    public void Forget() => File.Delete(LogFile);

    /// <param name="body">What it does: its arguments are "$@", its state is in $S.</param>
    public void StandIn(string tool, string body)
    {
        var path = Path.Combine(Tools, tool);
        File.WriteAllText(path, $"#!/bin/sh\nS={State}\necho \"{tool} $*\" >>{LogFile}\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <returns>What it answered; it ended with 0 exactly where there is no error in it.</returns>
    public async Task<JsonObject> CallAsync(string phase, params IReadOnlyList<(string File, string Format)> disks)
    {
        var start = new ProcessStartInfo(_shell, [_hook])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{Tools}:{start.Environment["PATH"]}:/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize(new
        {
            version = 1,
            phase,
            vm = "hv1~db1",
            name = Name,
            target = Target,
            disks = disks.Select(
                (disk, index) =>
                    new
                    {
                        index,
                        node = $"disk{index}",
                        size = 1 << 20,
                        file = disk.File,
                        format = disk.Format,
                        image = Image(index),
                    }
            ),
        }
        )
        );
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal("", await error);
        var answer = JsonNode.Parse(output)!.AsObject();
        Assert.Equal(answer.ContainsKey("error"), process.ExitCode != 0);
        return answer;
    }

    public async Task MustAsync(string phase, params IReadOnlyList<(string File, string Format)> disks) =>
        Assert.Equal("{}", (await CallAsync(phase, disks)).ToJsonString());

    public string Image(int index) => Path.Combine(Target, $"{index}.qcow2");

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private string Tools => Path.Combine(Folder, "tools");

    private string LogFile => Path.Combine(Folder, "log");
}
