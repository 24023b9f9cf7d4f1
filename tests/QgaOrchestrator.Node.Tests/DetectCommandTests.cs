using System.Text.Json.Nodes;

namespace QgaOrchestrator.Node.Tests;

/// <summary>qgad detect leads from a host with VMs to a config.</summary>
public sealed class DetectCommandTests : IDisposable
{
    private readonly TempDirectory _root = new();
    private readonly StringWriter _output = new(), _error = new();

    public DetectCommandTests() => Directory.CreateDirectory(Path.Combine(_root.Path, "proc"));

    public void Dispose() => _root.Dispose();

    private string Config => Path.Combine(_root.Path, "node.json");

    [Fact]
    public async Task The_sources_are_shown_with_the_command_that_writes_them()
    {
        StartVm();
        Assert.Equal(0, await RunAsync("--config", Config));
        Assert.Contains("db1  pid 7        can be used", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"Agent\": \"/run/vms/{vm}/qga.sock\"", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains($"qgad detect --config {Config} --write", _output.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(Config));
    }

    [Fact]
    public async Task Only_the_sources_of_a_config_are_replaced_and_its_mode_stays()
    {
        StartVm();
        File.WriteAllText(Config, """{ "Node": { "Host": "hv1" }, "Fleet": { "Sources": [], "File": "fleet.json" } }""");
        File.SetUnixFileMode(Config, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Equal(0, await RunAsync("--config", Config, "--write"));
        var written = JsonNode.Parse(File.ReadAllText(Config))!;
        Assert.Equal("hv1", (string?)written["Node"]!["Host"]);
        Assert.Equal("fleet.json", (string?)written["Fleet"]!["File"]);
        Assert.Equal("/run/vms/{vm}/qmp.sock", (string?)written["Fleet"]!["Sources"]![0]!["Monitor"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Config));
        Assert.Equal(0, await RunAsync("--config", Config, "--write"));
        Assert.Contains("has these sources already", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_without_VMs_and_a_config_that_is_none_are_refused_with_the_remedy()
    {
        Assert.Equal(1, await RunAsync());
        Assert.Contains("Start its VMs", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, await RunAsync("--write"));
        Assert.Contains("--config FILE", _error.ToString(), StringComparison.Ordinal);
        StartVm();
        File.WriteAllText(Config, "{ no");
        Assert.Equal(2, await RunAsync("--config", Config, "--write"));
        Assert.Contains(Config, _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("{ no", File.ReadAllText(Config));
    }

    private Task<int> RunAsync(params string[] arguments) =>
        DetectCommand.RunAsync(arguments, _root.Path, _output, _error, _root.Path);

    private void StartVm()
    {
        var process = Directory.CreateDirectory(Path.Combine(_root.Path, "proc/7")).FullName;
        string[] line =
        [
            "qemu-system-x86_64",
            "-chardev", "socket,id=qga0,path=/run/vms/db1/qga.sock,server=on,wait=off",
            "-device", "virtserialport,chardev=qga0,name=org.qemu.guest_agent.0",
            "-qmp", "unix:/run/vms/db1/qmp.sock,server=on,wait=off",
        ];
        File.WriteAllText(Path.Combine(process, "cmdline"), string.Join('\0', line) + '\0');
    }
}
