using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.Hooks.Tests.Guest;

/// <summary>The guest's hook in a folder of its own, called as qemu-ga calls it, by a shell of the test's choice.</summary>
internal sealed class InstalledHook : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-hook-").FullName;
    private readonly string[] _shell;

    public InstalledHook(string shell = "sh")
    {
        _shell = shell.Split(' ');
        Skip.If(Tool.Which(_shell[0]) is null, $"no {_shell[0]} here");
        Directory.CreateDirectory(Scripts);
        File.Copy(Source("fsfreeze-hook"), Hook);
    }

    /// <summary>What the scripts of a test write for it to see: $LOG.</summary>
    public IReadOnlyList<string> Log => File.Exists(LogFile) ? File.ReadAllLines(LogFile) : [];

    public HookReading Reading => File.Exists(Status) ? HookReading.Parse(File.ReadAllBytes(Status)) : new HookReading.Absent();

    public string Folder => _folder;

    /// <summary>Where scripts keep what they need until the thaw.</summary>
    public string State => Path.Combine(_folder, "state");

    public static string Source(string name) => Path.Combine(AppContext.BaseDirectory, "guest-hooks", name);

    public void Limit(int seconds) => File.WriteAllText(Hook + ".conf", $"LIMIT={seconds}\n");

    /// <summary>A script that says its name and phase, then does this.</summary>
    public void Add(string name, string body) =>
        Write(name, $"#!/bin/sh\necho \"$1 {name}\" >>'{LogFile}'\n{body}\n", executable: true);

    /// <summary>One of the hook's own scripts.</summary>
    public void AddOurs(string name, string settings)
    {
        Write(name, File.ReadAllText(Source($"fsfreeze-hook.d/{name}")), executable: true);
        Write(name + ".conf", settings, executable: false);
    }

    public async Task<int> CallAsync(string phase) => (await Tool.RunAsync(
        "env", [$"QGA_HOOK_STATE={State}", .. _shell, Hook, phase])).ExitCode;

    /// <summary>A freeze and its thaw, as the node judges them.</summary>
    public async Task<HookReport> FreezeAndThawAsync(Func<Task>? frozen = null)
    {
        var before = Reading;
        Assert.Equal(0, await CallAsync("freeze"));
        if (frozen is not null) await frozen();
        Assert.Equal(0, await CallAsync("thaw"));
        return HookReport.Judge(before, Reading);
    }

    /// <summary>A freeze that the hook refuses, and why.</summary>
    public async Task<string?> RefusalAsync()
    {
        var before = Reading;
        Assert.Equal(1, await CallAsync("freeze"));
        return HookReport.Refusal(before, Reading);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Hook => Path.Combine(_folder, "fsfreeze-hook");

    private string Scripts => Hook + ".d";

    private string LogFile => Path.Combine(_folder, "log");

    private string Status => Path.Combine(State, "status.json");

    private void Write(string name, string text, bool executable)
    {
        var path = Path.Combine(Scripts, name);
        File.WriteAllText(path, text);
        var mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.SetUnixFileMode(path, executable ? mode | UnixFileMode.UserExecute : mode);
    }
}
