using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Passwords that a caller sets and that resets make go through qgactl and the node to guests that repeat them wherever
/// they can, and stay nowhere. What may be known, the name of a VM, is found in each of the same places.</summary>
public sealed class SecretsTests : IDisposable
{
    private const string Command = "guest-set-user-password", User = "root", Reason = "a test";

    private static readonly string[] Kept =
        ["journal.db", "escrow.db", "audit.db", "views.db", "results/", "qgad.log"];

    private readonly DateTime _since = TimeProvider.System.GetUtcNow().UtcDateTime;
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-keys-").FullName;
    private readonly string _typed = Make();
    private readonly string _knownName = $"known-{Guid.NewGuid():N}";
    private readonly RepeatingGuests _guests = new();

    /// <summary>What was answered, by where.</summary>
    private readonly List<(string Where, string Text)> _heard = [];

    private readonly SecretSinks _known;
    private SecretSinks _secret;

    public SecretsTests() => (_known, _secret) = (new(_knownName), new(_typed));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task Passwords_that_hostile_guests_repeat_are_left_in_no_sink()
    {
        Skip.If(Environment.UserName != "root", "the memory of another process is for root to read");
        await using var lab = await SimulatedLab.StartAsync(
            6, new FleetOptions { Name = number => number == 5 ? _knownName : $"vm{number + 1}" }, _guests.Join,
            "--Node:LogLevel=trace");
        await lab.WaitForReadyAsync(6);
        var ctl = new Ctl(lab.Node, _folder);
        await ctl.InitAsync("anna");

        foreach (var vm in lab.Fleet.Vms.Take(5)) await SetInEachWayAsync(lab, vm.Name);
        foreach (var verify in new[] { "hash", "login" }) await ResetAsync(lab, verify);
        await CheckOutAndInAsync(lab, ctl);
        await HearAllAsync(lab);
        _secret = new(await PasswordsAsync(lab, ctl));

        await SearchWhileSetAsync(lab);
        await SearchWhileFrozenAsync(lab);
        await SearchWhileRunsAsync(lab);
        await SearchWhatQgactlLeavesAsync(lab, ctl);
        Search("memory of qgad", sink => sink.InMemory("qgad", lab.Node.Pid));
        Search(
            "memory of qga-watchdog", sink => sink.InMemory("qga-watchdog", lab.Watchdog!.Value),
            known: new SecretSinks(lab.Node.Ledger));
        Search("command lines in guests", sink => _guests.CommandLines.SelectMany(line => sink.InText("a guest", line)));
        foreach (var heard in _heard.GroupBy(heard => heard.Where, heard => heard.Text))
            Search(heard.Key, sink => heard.SelectMany(text => sink.InText(heard.Key, text)));
        Assert.Contains(_heard, heard => heard.Text.Contains("withheld", StringComparison.Ordinal));
        var done = $"The password of {User} in {lab.Vm(5)} is set.";
        Assert.Contains(_heard, heard => heard.Text.Contains(done, StringComparison.Ordinal));
        SearchTemporaryFiles();

        Search("files of the running node", sink => sink.InFiles(lab.Node.Folder), Kept);
        await lab.Node.StopAsync();
        Search("files of the node", sink => sink.InFiles(lab.Node.Folder), Kept);
    }

    [Fact]
    public void A_password_that_is_left_somewhere_is_found_there_in_each_form()
    {
        var sinks = new SecretSinks(_typed);
        foreach (var (form, bytes) in SecretForms.Of(_typed))
        {
            File.WriteAllBytes(Path.Combine(_folder, "sink"), [1, .. bytes, 2]);
            Assert.Contains(sinks.InFiles(_folder), found => found.EndsWith(form, StringComparison.Ordinal));
        }
        Assert.Contains(sinks.InTemporaryFiles(_since), found => found.StartsWith(_folder, StringComparison.Ordinal));
        for (var offset = 0; offset < 3; offset++)
        {
            var around = Convert.ToBase64String([.. new byte[offset + 9], .. Encoding.UTF8.GetBytes(_typed), 7, 7]);
            Assert.NotEmpty(sinks.InText("", around));
        }
        using var process = Process.Start(
            new ProcessStartInfo("sleep", "60") { Environment = { ["PLANTED"] = _typed } })!;
        Assert.Contains(sinks.InProcesses(), found => found.StartsWith($"/proc/{process.Id}/environ", StringComparison.Ordinal));
        Assert.Contains(sinks.InMemory("sleep", process.Id), found => found.EndsWith("text", StringComparison.Ordinal));
        process.Kill();
    }

    /// <summary>No secret is there; what may be known is, in each of the parts.</summary>
    private void Search(
        string sink, Func<SecretSinks, IEnumerable<string>> search, string[]? parts = null, SecretSinks? known = null)
    {
        Assert.Empty(search(_secret).Distinct());
        var found = search(known ?? _known).ToList();
        foreach (var part in parts ?? [""])
            Assert.True(found.Any(place => place.Contains(part, StringComparison.Ordinal)), $"{sink} {part} was not searched");
    }

    /// <summary>By qgactl vm passwd, by qgactl vm call, by a raw call.</summary>
    private async Task SetInEachWayAsync(SimulatedLab lab, string vm)
    {
        Hear(await lab.Node.CtlReadingAsync(_typed + "\n", "vm", "passwd", vm, User, "--yes"));
        Hear(await lab.Node.CtlReadingAsync(Arguments(), "vm", "call", vm, Command, "-"));
        try
        {
            var value = await lab.Client.CallAgentAsync(vm, Command, Encoding.UTF8.GetBytes(Arguments()), new());
            _heard.Add(("HTTP", value.GetRawText()));
        }
        catch (ApiException e)
        {
            _heard.Add(("HTTP", e.ToString()));
        }
    }

    /// <summary>A rotation of the whole fleet, whose events are read to its end.</summary>
    private async Task ResetAsync(SimulatedLab lab, string verify)
    {
        var run = (await lab.Client.StartRunAsync(new RunRequest(ResetKind.Name, "*", new JsonObject
        {
            ["user"] = User,
            ["verify"] = verify,
            ["maxFailures"] = "100%",
        }))).Id;
        await HearAsync(lab, ApiRoutes.RunPath(run) + "/events", "events");
        await lab.EndOfAsync(run);
        foreach (var part in new[] { "", "/items", "/results" }) await HearAsync(lab, ApiRoutes.RunPath(run) + part);
        Hear(await lab.Node.CtlAsync("run", "show", run));
        var items = await lab.ItemsAsync(run);
        Assert.All(
            lab.Fleet.Vms.Skip(4), vm => Assert.True(items[vm.Name].State == ItemStates.Succeeded, $"{items[vm.Name]}"));
    }

    private async Task CheckOutAndInAsync(SimulatedLab lab, Ctl ctl)
    {
        var given = await ctl.DoneAsync(
            ["password", "checkout", _knownName, User, "--for", "1h", "--reason", Reason, .. ctl.With("anna")]);
        Assert.True(lab.Fleet.Vms[5].Guest.Accounts.Opens(User, given.Output));
        _heard.Add(("qgactl", given.Error));
        var before = (await lab.Client.GetPasswordAsync(_knownName, User)).Current;
        Hear(await ctl.DoneAsync("password", "checkin", _knownName, User));
        await Poll.UntilAsync("rotation", SimulatedLab.Limit, () => !lab.Fleet.Vms[5].Guest.Accounts.Opens(User, given.Output));
        await Poll.ForAsync("its end", SimulatedLab.Limit, async () =>
            (await lab.Client.GetPasswordAsync(_knownName, User)).Current > before ? "rotated" : null);
        Hear(await ctl.DoneAsync("password", "history", _knownName, User));
        Hear(await ctl.DoneAsync("password", "ages"));
        Hear(await ctl.DoneAsync("audit", "--vm", _knownName));
        var export = Path.Combine(_folder, "export.json");
        Hear(await ctl.DoneAsync("password", "export", export, "--reason", Reason));
        _heard.Add(("export", await File.ReadAllTextAsync(export)));
    }

    /// <summary>What the API shows, also the sealed texts.</summary>
    private async Task HearAllAsync(SimulatedLab lab)
    {
        foreach (var path in new[] { ApiRoutes.Vms, ApiRoutes.Runs, ApiRoutes.Passwords, ApiRoutes.RecoveryPoints,
            ApiRoutes.Audit, ApiRoutes.EscrowRecipients, ApiRoutes.Tokens, ApiRoutes.Metrics })
            await HearAsync(lab, path);
        foreach (var vm in lab.Fleet.Vms) await HearAsync(lab, ApiRoutes.VmPasswordPath(vm.Name, User) + "?reason=a%20test");
    }

    private async Task HearAsync(SimulatedLab lab, string path, string where = "HTTP")
    {
        using var http = new HttpClient { BaseAddress = lab.Node.Api };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", lab.Node.AdminToken);
        using var limit = new CancellationTokenSource(SimulatedLab.Limit);
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), limit.Token);
        _heard.Add((where, $"{path} {answer.StatusCode} {await answer.Content.ReadAsStringAsync(limit.Token)}"));
    }

    private void Hear(ToolResult ended) => _heard.Add(("qgactl", $"{ended.ExitCode} {ended.Output} {ended.Error}"));

    /// <summary>The one that was typed, and all that the escrow has.</summary>
    private async Task<List<string>> PasswordsAsync(SimulatedLab lab, Ctl ctl)
    {
        using var key = ctl.Open("anna");
        await using var escrow = LabEscrow.Of(lab.Node.Data);
        var all = new List<string> { _typed };
        foreach (var account in await escrow.ListAsync(null, 100))
            foreach (var generation in account.Generations)
                all.Add(await LabEscrow.OpenAsync(escrow, key, account, generation));
        Assert.InRange(all.Count, 12, 60);
        return all;
    }

    /// <summary>While the guest has not answered, qgactl's arguments and environment are there to be looked at.</summary>
    private async Task SearchWhileSetAsync(SimulatedLab lab)
    {
        using var rule = lab.Fleet.Vms[5].Agent.On(Command, Act.Hang);
        using var planted = Process.Start(
            new ProcessStartInfo("sleep", "60") { Environment = { ["PLANTED"] = _knownName } })!;
        var ctl = lab.Node.CtlReadingAsync(_typed + "\n", "vm", "passwd", _knownName, User, "--yes");
        await rule.Reached.WaitAsync(SimulatedLab.Limit);
        Search("processes", sink => sink.InProcesses(), ["/cmdline", "/environ"]);
        planted.Kill();
        rule.Release();
        Hear(await ctl);
    }

    /// <summary>The ledger has an entry as long as a guest is frozen.</summary>
    private async Task SearchWhileFrozenAsync(SimulatedLab lab)
    {
        await lab.Client.CallAgentAsync(_knownName, "guest-fsfreeze-freeze", default, new());
        Search("ledger", sink => sink.InFiles(lab.Node.Ledger));
        await lab.Client.CallAgentAsync(_knownName, "guest-fsfreeze-thaw", default, new());
    }

    /// <summary>The environment of a run's processes is kept apart until it ends.</summary>
    private async Task SearchWhileRunsAsync(SimulatedLab lab)
    {
        using var rule = lab.Fleet.Vms[5].Agent.On("guest-exec", Act.Hang);
        var run = (await lab.Client.StartRunAsync(new RunRequest("exec", $"name={_knownName}", new JsonObject
        {
            ["path"] = "/bin/echo",
            ["args"] = new JsonArray(_knownName),
            ["env"] = new JsonArray($"KNOWN={_knownName}"),
        }))).Id;
        await rule.Reached.WaitAsync(SimulatedLab.Limit);
        Search("secrets", sink => sink.InFiles(Path.Combine(lab.Node.Data, "secrets")));
        rule.Dispose();
        await lab.EndOfAsync(run);
    }

    /// <summary>Cores of qgactl at its very end.</summary>
    private async Task SearchWhatQgactlLeavesAsync(SimulatedLab lab, Ctl ctl)
    {
        var core = Path.Combine(_folder, "core");
        string[] show = ["password", "show", _knownName, User, "--generation", "1", "--reason", Reason, .. ctl.With("anna")];
        foreach (var (command, says, isNamed) in new (string[] Command, string Says, bool IsNamed)[]
        {
            (["vm", "passwd", _knownName, User, "--yes"], "is set", true),
            (show, "", true),
            ([.. show, "-o", "json"], "password", true),
            (["escrow", "test", .. ctl.With("anna")], "anna", false),
        })
        {
            var ended = await LastMoment.DumpAsync(core, Programs.Ctl, ["--config", lab.Node.Config, .. command], _typed + "\n");
            Assert.True(ended.ExitCode == 0, $"{ended}");
            Assert.Contains(says, ended.Output + ended.Error, StringComparison.Ordinal);
            Search(
                $"a core of qgactl {command[0]}", sink => sink.InFile(core),
                known: isNamed ? _known : new SecretSinks(ctl.Key("anna")));
            File.Delete(core);
        }
    }

    private void SearchTemporaryFiles()
    {
        var planted = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(planted, _knownName);
        try
        {
            Search("temporary files", sink => sink.InTemporaryFiles(_since), [planted]);
        }
        finally
        {
            File.Delete(planted);
        }
    }

    private string Arguments() =>
        $$"""{"username":"{{User}}","password":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(_typed))}}","crypted":false}""";

    private static string Make()
    {
        using var password = PasswordMaker.Make();
        return Encoding.UTF8.GetString(password.Reveal());
    }
}
