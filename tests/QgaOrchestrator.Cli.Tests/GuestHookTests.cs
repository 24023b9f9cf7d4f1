using System.Text;
using QgaOrchestrator.Cli.GuestHooks;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>vm hook: which file is whose, and what is refused before a guest is touched. The rest is EndToEnd's, in a real
/// guest.</summary>
public sealed class GuestHookTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("#!/bin/sh\n# qga-hook 0. Old.\n", "Older")]
    [InlineData("#!/bin/sh\n# qga-hook 1. Changed here.\n", "Edited")]
    [InlineData("#!/bin/sh\n# qga-hook 2. Newer than this qgactl.\n", "Edited")]
    [InlineData("#!/bin/sh\n# Debian's own\n", "Foreign")]
    [InlineData("", "Foreign")]
    public void The_owner_of_a_hook_file_follows_from_its_mark(string found, string state)
    {
        Assert.All(HookFile.All, file => Assert.Equal(state, file.Compare(Encoding.UTF8.GetBytes(found)).ToString()));
        Assert.All(HookFile.All, file => Assert.Equal(HookFileState.Current, file.Compare(file.Content)));
        Assert.All(HookFile.All, file => Assert.Equal(HookFileState.Absent, file.Compare(null)));
    }

    [Fact]
    public void A_script_that_is_not_ours_is_only_ever_current_or_foreign()
    {
        var file = HookFile.Script(Write("70-app", "#!/bin/sh\n"));
        Assert.Equal("/etc/qemu/fsfreeze-hook.d/70-app", file.Path);
        Assert.Equal(HookFileState.Current, file.Compare("#!/bin/sh\n"u8.ToArray()));
        Assert.Equal(HookFileState.Foreign, file.Compare("#!/bin/sh\n# qga-hook 1."u8.ToArray()));
    }

    [Theory]
    [InlineData("/usr/bin/qemu-ga -m virtio-serial", null)]
    [InlineData("qemu-ga -F/etc/qemu/fsfreeze-hook", "/etc/qemu/fsfreeze-hook")]
    [InlineData("qemu-ga -F", "/etc/qemu/fsfreeze-hook")]
    [InlineData("qemu-ga --fsfreeze-hook=/etc/qemu-ga/fsfreeze-hook -t /run", "/etc/qemu-ga/fsfreeze-hook")]
    public void The_hook_that_an_agent_calls_is_read_from_its_command_line(string line, string? hook) =>
        Assert.Equal(hook, GuestHook.HookOf(line.Split(' ')));

    [Theory]
    [InlineData("oracle", "", "neither postgresql nor mysql, nor a file")]
    [InlineData("70-app.conf", "#!/bin/sh\n", "skips files with a name like '70-app.conf'")]
    [InlineData("70 app", "#!/bin/sh\n", "skips")]
    [InlineData("70-app", "echo", "does not begin with #!")]
    public async Task A_script_that_the_hook_would_not_call_is_refused(string name, string content, string error)
    {
        var ended = await Qga.RunAsync(
            new FakeNode(), ["vm", "hook", "install", "vm1", "--script", content.Length == 0 ? name : Write(name, content)]);
        Assert.Equal(2, ended.Code);
        Assert.Contains(error, ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Windows_needs_none()
    {
        var node = new FakeNode().Answers("GET /v1/vms/w1", """
            {"name":"w1","id":"hv1/w1","uuid":null,"host":"hv1","labels":{},"agent":{"state":"ready","version":"9.0"},
             "frozen":false,"guest":{"hostName":"w1","os":"Windows Server 2022","osId":"mswindows","kernel":null,"addresses":[],
             "fileSystems":[]}}
            """);
        var ended = await Qga.RunAsync(node, ["vm", "hook", "install", "w1"]);
        Assert.Equal(1, ended.Code);
        Assert.Contains("VSS", ended.Error, StringComparison.Ordinal);
        Assert.Single(node.Requests);
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
