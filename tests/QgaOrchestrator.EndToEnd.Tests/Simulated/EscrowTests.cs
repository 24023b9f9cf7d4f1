using System.Text.Json.Nodes;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>The escrow from its first key to the last lost one, by qgactl alone.</summary>
public sealed class EscrowTests : IDisposable
{
    private const string User = "root";

    private readonly string _folder = Directory.CreateTempSubdirectory("qga-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Whoever_has_a_recipients_key_opens_what_is_sealed_for_it_and_nothing_else()
    {
        await using var lab = await SimulatedLab.StartAsync(3);
        await lab.WaitForReadyAsync(3);
        var ctl = new Ctl(lab.Node, _folder);
        var (vm, other) = (lab.Vm(1), lab.Vm(2));
        await ctl.FailsAsync(1, ["password", "reset", "--select", $"name={vm}", "--user", User, "--yes"], "qgactl escrow init");

        await ctl.InitAsync("anna");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(ctl.Key("anna")));
        Assert.StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----", File.ReadAllText(ctl.Key("anna")), StringComparison.Ordinal);
        await ctl.FailsAsync(
            2, ["password", "show", vm, User, "--reason", "no key", "--key", Path.Combine(_folder, "none")], "--key FILE");
        var alone = await ctl.DoneAsync("password", "reset", "--select", $"name={vm}", "--user", User, "--yes");
        Assert.Contains("add a second one", alone.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("run results", alone.Output, StringComparison.Ordinal);
        await AssertShowsAsync(ctl, lab, "anna", 0);
        var lost = await LoseReplyAsync(ctl, lab, other);

        // A second holder makes the key where he works, and hands over the certificate.
        await ctl.MakeAsync("bert");
        await ctl.DoneAsync("escrow", "add", "bert", ctl.Certificate("bert"));
        await ctl.FailsAsync(1, Show(vm, ctl, "bert"), "cannot be opened", "can be opened");
        var sealed_ = await ctl.DoneAsync(["escrow", "rewrap", .. ctl.With("anna")]);
        Assert.Contains("3 passwords sealed anew", sealed_.Error, StringComparison.Ordinal);
        await AssertShowsAsync(ctl, lab, "bert", 0);

        // What is sealed from now on is not for bert, and all before is.
        await ctl.DoneAsync("escrow", "remove", "bert", "--yes");
        await ctl.DoneAsync("password", "reset", "--select", $"name={vm}", "--user", User, "--yes");
        await ctl.FailsAsync(1, Show(vm, ctl, "bert"), "can be opened");
        await ctl.DoneAsync([.. Show(vm, ctl, "bert"), "--generation", "1"]);
        await AssertShowsAsync(ctl, lab, "anna", 0);

        await AssertOpenedElsewhereAsync(ctl, lab, vm);
        await AssertAgesAsync(ctl, lab);
        await lost;
        await AssertSeveralAsync(ctl, lab, other);

        // All keys are lost: the agents still obey.
        await ctl.InitAsync("carl");
        await ctl.FailsAsync(1, ["escrow", "remove", "anna", "--yes"], "--force");
        await ctl.DoneAsync("escrow", "remove", "anna", "--force", "--yes");
        await ctl.DoneAsync("password", "reset", "--select", "*", "--user", User, "--yes");
        for (var number = 1; number <= 3; number++) await AssertShowsAsync(ctl, lab, "carl", number - 1);
        await ctl.FailsAsync(1, Show(vm, ctl, "anna"), "can be opened");
    }

    /// <summary>By openssl, by a file without a node, by a command that has the key.</summary>
    private async Task AssertOpenedElsewhereAsync(Ctl ctl, SimulatedLab lab, string vm)
    {
        var (export, text, clear) = (In("escrow.json"), In("sealed.der"), In("clear.key"));
        await ctl.DoneAsync("password", "export", export, "--reason", "weekly copy");
        var offline = await ctl.DoneAsync(["password", "show", vm, User, "--offline", export, .. ctl.With("anna")]);
        Assert.True(lab.Fleet.Vms[0].Guest.Accounts.Opens(User, offline.Output));

        var accounts = JsonNode.Parse(await File.ReadAllTextAsync(export))!["accounts"]!.AsArray();
        var sealed_ = (string)accounts.Single(one => (string)one!["vm"]! == vm)!["generations"]!.AsArray()[^1]!["sealed"]!;
        await File.WriteAllBytesAsync(text, Convert.FromBase64String(sealed_));
        var opened = await Tool.MustAsync(
            "openssl", "cms", "-decrypt", "-inform", "DER", "-in", text, "-inkey", ctl.Key("anna"), "-passin",
            $"file:{ctl.Passphrase}");
        Assert.Contains($"password: {offline.Output}\n", opened.ReplaceLineEndings("\n"), StringComparison.Ordinal);

        await Tool.MustAsync(
            "openssl", "pkey", "-in", ctl.Key("anna"), "-passin", $"file:{ctl.Passphrase}", "-out", clear);
        var token = $"openssl pkeyutl -decrypt -inkey {clear} -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 "
            + "-pkeyopt rsa_mgf1_md:sha256";
        var byToken = await ctl.DoneAsync("password", "show", vm, User, "--reason", "token", "--key-command", token);
        Assert.Equal(offline.Output, byToken.Output);
    }

    /// <summary>Begins a second reset whose reply is lost and whose guest is not heard again: it gives up after a minute.</summary>
    /// <returns>Its end.</returns>
    private static async Task<Task> LoseReplyAsync(Ctl ctl, SimulatedLab lab, string vm)
    {
        string[] reset = ["password", "reset", "--select", $"name={vm}", "--user", User, "--yes"];
        await ctl.DoneAsync(reset);
        var agent = lab.Fleet.Vms[1].Agent;
        var rule = agent.On("guest-set-user-password", Simulator.Act.Execute, Simulator.Act.Do(agent.Stop));
        var end = EndAsync();
        await rule.Reached.WaitAsync(SimulatedLab.Limit);
        return end;

        async Task EndAsync()
        {
            await ctl.FailsAsync(1, [.. reset, "--deadline", "20s"], "may");
            rule.Dispose();
            agent.Start();
        }
    }

    /// <summary>Of what was sent and not answered, and what was in force before, either may be in force.</summary>
    private static async Task AssertSeveralAsync(Ctl ctl, SimulatedLab lab, string vm)
    {
        var several = await ctl.RunAsync(Show(vm, ctl, "anna"));
        Assert.Equal(3, several.ExitCode);
        var lines = several.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("GENERATION", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines[1..], line => lab.Fleet.Vms[1].Guest.Accounts.Opens(User, line.Split(' ')[^1]));
    }

    private static async Task AssertAgesAsync(Ctl ctl, SimulatedLab lab)
    {
        var never = await ctl.RunAsync("password", "ages", "--older", "90d", "--never", "--fail");
        Assert.Equal(3, never.ExitCode);
        Assert.Contains(lab.Vm(3), never.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(lab.Vm(1), never.Output, StringComparison.Ordinal);
        await ctl.DoneAsync("password", "ages", "--older", "90d", "--fail");
    }

    private static async Task AssertShowsAsync(Ctl ctl, SimulatedLab lab, string key, int number)
    {
        var shown = await ctl.DoneAsync(Show(lab.Vm(number + 1), ctl, key));
        Assert.True(lab.Fleet.Vms[number].Guest.Accounts.Opens(User, shown.Output), $"{key}: {lab.Vm(number + 1)}");
    }

    private static string[] Show(string vm, Ctl ctl, string key) =>
        ["password", "show", vm, User, "--reason", "a test", .. ctl.With(key)];

    private string In(string name) => Path.Combine(_folder, name);
}
