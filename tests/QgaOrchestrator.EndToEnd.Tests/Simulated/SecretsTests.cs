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
    private const string Command = "guest-set-user-password", User = "root";

    /// <summary>A reset asks a guest that is not understood several times, with longer and longer pauses.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly DateTime _since = TimeProvider.System.GetUtcNow().UtcDateTime;
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-keys-").FullName;
    private readonly string _typed = Make();
    private readonly string _known = $"known-{Guid.NewGuid():N}";
    private readonly RepeatingGuests _guests = new();
    private readonly List<string> _heard = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task Passwords_that_hostile_guests_repeat_are_left_in_no_sink()
    {
        Skip.If(Environment.UserName != "root", "the memory of another process is for root to read");
        await using var lab = await SimulatedLab.StartAsync(
            6, new FleetOptions { Name = number => number == 5 ? _known : $"vm{number + 1}" }, _guests.Join);
        await lab.WaitForReadyAsync(6);
        var ctl = new Ctl(lab.Node, _folder);
        await ctl.InitAsync("anna");
        var known = new SecretSinks(_known);
        var found = new List<string>();

        foreach (var vm in lab.Fleet.Vms.Take(5)) await SetInEachWayAsync(lab, vm.Name);
        await SetWhileLookedAtAsync(lab);
        foreach (var verify in new[] { "hash", "login" }) await ResetAsync(lab, verify);
        await ReadWhileFrozenAsync(lab, files => found.AddRange(known.InFiles(files)));
        await RunWithSecretAsync(lab, files => found.AddRange(known.InFiles(files)));
        await CheckOutAndInAsync(lab, ctl);
        await HearAllAsync(lab);

        var secrets = await PasswordsAsync(lab, ctl);
        var sinks = new SecretSinks(secrets);
        Assert.Contains(_heard, text => text.Contains("withheld", StringComparison.Ordinal));
        var done = $"The password of {User} in {lab.Vm(5)} is set.";
        Assert.Contains(_heard, text => text.Contains(done, StringComparison.Ordinal));
        Assert.Empty(_heard.SelectMany(text => sinks.InText("an answer", text)));
        Assert.NotEmpty(_heard.SelectMany(text => known.InText("an answer", text)));
        Assert.Empty(_guests.CommandLines.SelectMany(line => sinks.InText("a command line in a guest", line)));
        Assert.NotEmpty(_guests.CommandLines.SelectMany(line => known.InText("a command line in a guest", line)));
        Assert.Empty(sinks.InProcesses());
        Assert.Empty(sinks.InTemporaryFiles(_since));
        Assert.Empty(sinks.InFiles(lab.Node.Folder));
        Assert.Empty(sinks.InMemory("qgad", lab.Node.Pid));
        Assert.NotEmpty(known.InMemory("qgad", lab.Node.Pid));
        Assert.Empty(sinks.InMemory("qga-watchdog", lab.Watchdog!.Value));
        await AssertCoresAsync(lab, ctl, sinks, known);

        await lab.Node.StopAsync();
        Assert.Empty(sinks.InFiles(lab.Node.Folder));
        found.AddRange(known.InFiles(lab.Node.Folder));
        foreach (var sink in new[] { "journal.db", "escrow.db", "audit.db", "views.db", "results/", "secrets/", "ledger/" })
            Assert.Contains(found, place => place.Contains(sink, StringComparison.Ordinal));
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

    /// <summary>By qgactl vm passwd, by qgactl vm call, by a raw call.</summary>
    private async Task SetInEachWayAsync(SimulatedLab lab, string vm)
    {
        Hear(await lab.Node.CtlReadingAsync(_typed + "\n", "vm", "passwd", vm, User, "--yes"));
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
    private async Task SetWhileLookedAtAsync(SimulatedLab lab)
    {
        using var rule = lab.Fleet.Vms[4].Agent.On(Command, Act.Hang);
        var ctl = lab.Node.CtlReadingAsync(_typed + "\n", "vm", "passwd", lab.Vm(5), User, "--yes");
        await rule.Reached.WaitAsync(SimulatedLab.Limit);
        Assert.Empty(new SecretSinks(_typed).InProcesses());
        rule.Release();
        Hear(await ctl);
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
        await HearAsync(lab, ApiRoutes.RunPath(run) + "/events");
        await lab.Node.WaitForRunAsync(run, Longest);
        foreach (var part in new[] { "", "/items", "/results" }) await HearAsync(lab, ApiRoutes.RunPath(run) + part);
        Hear(await lab.Node.CtlAsync("run", "show", run));
        var items = await lab.ItemsAsync(run);
        Assert.All(
            lab.Fleet.Vms.Skip(4), vm => Assert.True(items[vm.Name].State == ItemStates.Succeeded, $"{items[vm.Name]}"));
    }

    /// <summary>The ledger has an entry as long as a guest is frozen.</summary>
    private async Task ReadWhileFrozenAsync(SimulatedLab lab, Action<string> read)
    {
        await lab.Client.CallAgentAsync(_known, "guest-fsfreeze-freeze", default, new());
        read(lab.Node.Ledger);
        await lab.Client.CallAgentAsync(_known, "guest-fsfreeze-thaw", default, new());
    }

    /// <summary>The environment of a run's processes is kept apart until it ends.</summary>
    private async Task RunWithSecretAsync(SimulatedLab lab, Action<string> read)
    {
        using var rule = lab.Fleet.Vms[5].Agent.On("guest-exec", Act.Hang);
        var run = (await lab.Client.StartRunAsync(new RunRequest("exec", $"name={_known}", new JsonObject
        {
            ["path"] = "/bin/echo",
            ["args"] = new JsonArray(_known),
            ["env"] = new JsonArray($"KNOWN={_known}"),
        }))).Id;
        await rule.Reached.WaitAsync(SimulatedLab.Limit);
        read(Path.Combine(lab.Node.Data, "secrets"));
        rule.Dispose();
        await lab.EndOfAsync(run);
    }

    private async Task CheckOutAndInAsync(SimulatedLab lab, Ctl ctl)
    {
        var vm = lab.Vm(5);
        var given = await ctl.DoneAsync(
            ["password", "checkout", vm, User, "--for", "1h", "--reason", "a test", .. ctl.With("anna")]);
        Assert.True(lab.Fleet.Vms[4].Guest.Accounts.Opens(User, given.Output));
        _heard.Add(given.Error);
        var before = (await lab.Client.GetPasswordAsync(vm, User)).Current;
        Hear(await ctl.DoneAsync("password", "checkin", vm, User));
        await Poll.UntilAsync("rotation", SimulatedLab.Limit, () => !lab.Fleet.Vms[4].Guest.Accounts.Opens(User, given.Output));
        await Poll.ForAsync("its end", SimulatedLab.Limit, async () =>
            (await lab.Client.GetPasswordAsync(vm, User)).Current > before ? "rotated" : null);
        Hear(await ctl.DoneAsync("password", "history", vm, User));
        Hear(await ctl.DoneAsync("password", "ages"));
        Hear(await ctl.DoneAsync("audit", "--vm", vm));
    }

    /// <summary>What the API shows, also the sealed texts.</summary>
    private async Task HearAllAsync(SimulatedLab lab)
    {
        foreach (var path in new[] { ApiRoutes.Vms, ApiRoutes.Runs, ApiRoutes.Passwords, ApiRoutes.RecoveryPoints,
            ApiRoutes.Audit, ApiRoutes.EscrowRecipients, ApiRoutes.Tokens, ApiRoutes.Metrics })
            await HearAsync(lab, path);
        foreach (var vm in lab.Fleet.Vms) await HearAsync(lab, ApiRoutes.VmPasswordPath(vm.Name, User) + "?reason=a%20test");
    }

    private async Task HearAsync(SimulatedLab lab, string path)
    {
        using var http = new HttpClient { BaseAddress = lab.Node.Api };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", lab.Node.AdminToken);
        using var limit = new CancellationTokenSource(Longest);
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), limit.Token);
        _heard.Add($"{path} {answer.StatusCode} {await answer.Content.ReadAsStringAsync(limit.Token)}");
    }

    private void Hear(ToolResult ended) => _heard.Add($"{ended.ExitCode} {ended.Output} {ended.Error}");

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

    /// <summary>Of node and watchdog as they are, and of qgactl at its end.</summary>
    private async Task AssertCoresAsync(SimulatedLab lab, Ctl ctl, SecretSinks sinks, SecretSinks known)
    {
        if (!CoreDumps.AreThere) return;
        var cores = Directory.CreateDirectory(Path.Combine(_folder, "cores")).FullName;
        var (input, output) = (Path.Combine(_folder, "input"), Path.Combine(_folder, "output"));
        await File.WriteAllTextAsync(input, _typed + "\n");
        string[] config = ["--config", lab.Node.Config];
        foreach (var command in new string[][]
        {
            ["vm", "passwd", _known, User, "--yes"],
            ["password", "show", _known, User, "--generation", "1", "--reason", "a test", .. ctl.With("anna")],
            ["password", "show", _known, User, "--generation", "1", "--reason", "a test", "-o", "json", .. ctl.With("anna")],
            ["escrow", "test", .. ctl.With("anna")],
        })
        {
            await AssertCoreAsync(
                CoreDumps.AtExitAsync(Programs.Ctl, [.. config, .. command], input, output, Path.Combine(cores, "qgactl")),
                isKnown: command.Contains(_known));
            Assert.Contains(command[0] switch
            {
                "vm" => "is set",
                "escrow" => "anna",
                _ => "",
            }, await File.ReadAllTextAsync(output), StringComparison.Ordinal);
        }
        await AssertCoreAsync(CoreDumps.OfAsync(lab.Watchdog!.Value, Path.Combine(cores, "watchdog")), isKnown: false);
        await AssertCoreAsync(CoreDumps.OfAsync(lab.Node.Pid, Path.Combine(cores, "qgad")));

        async Task AssertCoreAsync(Task<string> made, bool isKnown = true)
        {
            var core = await made;
            Assert.Empty(sinks.InFiles(cores));
            if (isKnown) Assert.NotEmpty(known.InFiles(cores));
            File.Delete(core);
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
