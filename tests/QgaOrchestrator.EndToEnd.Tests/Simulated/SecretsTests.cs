using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A password goes through qgactl and the node to guests that repeat it wherever they can, and stays nowhere.</summary>
public sealed class SecretsTests
{
    private const string Command = "guest-set-user-password";

    private static readonly JsonSerializerOptions AsItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _password = Make();
    private readonly List<string> _heard = [];

    [SkippableFact]
    public async Task A_password_that_hostile_guests_repeat_is_left_in_no_sink()
    {
        Skip.If(Environment.UserName != "root", "the memory of another process is for root to read");
        await using var lab = await SimulatedLab.StartAsync(4, faults: fleet =>
        {
            fleet.Vms[0].Agent.On(Command, Act.Echo(Refusal));
            fleet.Vms[1].Agent.On(Command, Act.Echo(Repeat));
            fleet.Vms[2].Agent.On(Command, Act.Echo(said => "{\"return\":{}}\n" + Repeat(said)));
        });
        await lab.WaitForReadyAsync(4);
        var sinks = new SecretSinks(_password);

        foreach (var vm in lab.Fleet.Vms) await SetInEachWayAsync(lab, vm.Name);
        await SetWhileLookedAtAsync(lab, sinks);

        Assert.Contains(_heard, text => text.Contains("withheld", StringComparison.Ordinal));
        Assert.Contains(_heard, text => text.Contains($"The password of root in {lab.Vm(4)} is set.", StringComparison.Ordinal));
        Assert.Empty(_heard.SelectMany(text => sinks.InText("an answer", text)));
        Assert.Empty(sinks.InProcesses());
        Assert.Empty(sinks.InFiles(lab.Node.Folder));
        Assert.Empty(sinks.InMemory("qgad", lab.Node.Pid));
        Assert.Empty(sinks.InMemory("qga-watchdog", lab.Watchdog!.Value));

        await lab.Node.StopAsync();
        Assert.Empty(sinks.InFiles(lab.Node.Folder));
    }

    [Fact]
    public void A_password_that_is_left_somewhere_is_found_there_in_each_form()
    {
        var sinks = new SecretSinks(_password);
        var folder = Directory.CreateTempSubdirectory("qga-sinks-").FullName;
        try
        {
            foreach (var (form, bytes) in SecretForms.Of(_password))
            {
                File.WriteAllBytes(Path.Combine(folder, "sink"), [1, .. bytes, 2]);
                Assert.Contains(sinks.InFiles(folder), found => found.EndsWith(form, StringComparison.Ordinal));
            }
            for (var offset = 0; offset < 3; offset++)
            {
                var around = Convert.ToBase64String([.. new byte[offset + 9], .. Encoding.UTF8.GetBytes(_password), 7, 7]);
                Assert.NotEmpty(sinks.InText("", around));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        using var process = Process.Start(
            new ProcessStartInfo("sleep", "60") { Environment = { ["PLANTED"] = _password } })!;
        Assert.Contains(sinks.InProcesses(), found => found.StartsWith($"/proc/{process.Id}/environ", StringComparison.Ordinal));
        Assert.Contains(sinks.InMemory("sleep", process.Id), found => found.EndsWith("text", StringComparison.Ordinal));
        process.Kill();
    }

    /// <summary>By qgactl vm passwd, by qgactl vm call, by a raw call.</summary>
    private async Task SetInEachWayAsync(SimulatedLab lab, string vm)
    {
        Hear(await lab.Node.CtlReadingAsync(_password + "\n", "vm", "passwd", vm, "root", "--yes"));
        Hear(await lab.Node.CtlReadingAsync(Arguments(), "vm", "call", vm, Command, "-"));
        try
        {
            var value = await lab.Client.CallAgentAsync(vm, Command, Encoding.UTF8.GetBytes(Arguments()), new());
            _heard.Add(value.GetRawText());
        }
        catch (ApiException e)
        {
            _heard.Add(e.ToString());
        }
    }

    /// <summary>While the guest has not answered, qgactl's arguments and environment are there to be looked at.</summary>
    private async Task SetWhileLookedAtAsync(SimulatedLab lab, SecretSinks sinks)
    {
        using var rule = lab.Fleet.Vms[3].Agent.On(Command, Act.Hang);
        var ctl = lab.Node.CtlReadingAsync(_password + "\n", "vm", "passwd", lab.Vm(4), "root", "--yes");
        await rule.Reached.WaitAsync(SimulatedLab.Limit);
        Assert.Empty(sinks.InProcesses());
        rule.Release();
        Hear(await ctl);
    }

    private void Hear(ToolResult ended) => _heard.Add($"{ended.ExitCode} {ended.Output} {ended.Error}");

    private string Arguments() =>
        $$"""{"username":"root","password":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(_password))}}","crypted":false}""";

    private string Refusal(string said)
    {
        var words = $"{said} means {_password}";
        return new JsonObject { ["error"] = new JsonObject { ["class"] = words, ["desc"] = words } }.ToJsonString(AsItIs);
    }

    private string Repeat(string said) => $"{{\"return\":{{\"given\":{said},\"means\":\"{_password}\"}}}}";

    private static string Make()
    {
        using var password = PasswordMaker.Make();
        return Encoding.UTF8.GetString(password.Reveal());
    }
}
