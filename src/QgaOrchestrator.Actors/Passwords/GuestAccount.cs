using System.Text;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Passwords;

/// <summary>One account of a guest, seen through its agent.</summary>
/// <param name="call">The agent.</param>
/// <param name="user">The account.</param>
/// <param name="system">The guest's, as far as it is known.</param>
internal sealed class GuestAccount(AgentCall call, string user, GuestSystem system, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>What <see cref="GuestScripts.Look"/> says it cannot do. A hostile guest's own words could repeat a
    /// password.</summary>
    private static readonly string[] Obstacles =
    [
        "it has no sha256sum, sha256 or openssl",
        "its agent may not read /etc/master.passwd",
        "its agent may not read /etc/shadow",
    ];

    /// <summary>Behind all that this channel has sent: an agent is serial.</summary>
    public async Task<EntryLook> LookAsync(CancellationToken cancel)
    {
        try
        {
            var end = await RunAsync(
                system == GuestSystem.Windows
                    ? PowerShell(GuestScripts.WindowsLook(user))
                    : Shell(GuestScripts.Look),
                input: null,
                cancel);
            return end.ExitCode == 0
                ? Read(end.Out)
                : new EntryLook.Impossible($"its shell failed with exit code {end.ExitCode}", system);
        }
        catch (GuestCallException e) when (e.IsPassing)
        {
            return new EntryLook.NotHeard(e.Message, (e.Reply as CallReply.Refused)?.Remedy);
        }
        catch (GuestCallException e) when (e.IsNotAllowed)
        {
            return new EntryLook.Impossible("its agent may not start a process (guest-exec)", system);
        }
        catch (GuestCallException e) when (e.Reply is CallReply.AgentFailed)
        {
            // An agent that has forgotten the process was restarted; one that cannot start it has no such program.
            return e.Command == GuestExec.Name
                ? new EntryLook.Impossible("its agent cannot start a shell", system)
                : new EntryLook.NotHeard("the agent was restarted meanwhile", null);
        }
        catch (GuestFaultException e)
        {
            return new EntryLook.NotHeard(e.Message, e.Remedy);
        }
    }

    /// <summary>Has the guest itself test the password; no lock-out counter is touched.</summary>
    public async Task<LoginTest> TestLoginAsync(Secret password, CancellationToken cancel)
    {
        using var input = Secret.Create(password.Reveal().Length + 1, bytes =>
        {
            password.Reveal().CopyTo(bytes);
            bytes[^1] = 0;
        });
        try
        {
            var end = await RunAsync(
                system == GuestSystem.Windows
                    ? PowerShell(GuestScripts.WindowsTestLogin(user))
                    : Shell(GuestScripts.TestLogin),
                input,
                cancel);
            return end.ExitCode switch
            {
                0 => LoginTest.Right,
                null => LoginTest.NotHeard,
                _ => LoginTest.Wrong,
            };
        }
        catch (Exception e) when (e is GuestCallException or GuestFaultException)
        {
            return LoginTest.NotHeard;
        }
    }

    public static GuestSystem SystemOf(string? osId) => osId switch
    {
        null => GuestSystem.Unknown,
        "mswindows" => GuestSystem.Windows,
        "freebsd" => GuestSystem.FreeBsd,
        _ => GuestSystem.Linux,
    };

    private Task<GuestProgramEnd> RunAsync(
        (string Path, IReadOnlyList<string> Args) program,
        Secret? input,
        CancellationToken cancel
    ) =>
        GuestProgram.RunAsync(
            call,
            input is null
                ? GuestExec.Request(new ExecRequest(program.Path, program.Args, CaptureOutput: true))
                : GuestExec.SecretRequest(program.Path, program.Args, input),
            Limit,
            time,
            cancel);

    private (string, IReadOnlyList<string>) Shell(string script) => ("/bin/sh", ["-c", script, "sh", user]);

    private static (string, IReadOnlyList<string>) PowerShell(string script) => (
        "powershell.exe",
        ["-NoProfile", "-NonInteractive", "-EncodedCommand", Convert.ToBase64String(Encoding.Unicode.GetBytes(script))]);

    /// <summary>Of a hostile guest's words nothing is kept but what has its shape.</summary>
    private EntryLook Read(string told)
    {
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in told.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (line.Split(' ', 2) is [var word, var value])
                words.TryAdd(word, value);
        var seen = words.GetValueOrDefault("system") switch
        {
            "Windows" => GuestSystem.Windows,
            "FreeBSD" => GuestSystem.FreeBsd,
            "Linux" => GuestSystem.Linux,
            _ => system,
        };
        if (words.TryGetValue("cannot", out var why))
            return new EntryLook.Impossible(Obstacles.Contains(why) ? why : "its shell gave another reason than ours", seen);
        if (words.TryGetValue("fault", out var fault))
            return new EntryLook.NotHere(fault switch
            {
                "directory" => AccountFault.Directory,
                "domaincontroller" => AccountFault.DomainController,
                _ => AccountFault.Missing,
            });
        if (!(words.GetValueOrDefault("entry") is { Length: 64 } entry && entry.All(char.IsAsciiHexDigitLower)))
            return new EntryLook.Impossible("its shell did not tell the account's entry", seen);
        return new EntryLook.Found(
            new GuestEntry(entry)
            {
                Scheme = words.GetValueOrDefault("scheme") is { Length: <= 8 } scheme && scheme.All(c => c is '$' or '_'
                    || char.IsAsciiLetterOrDigit(c)) ? scheme : null,
                Locked = words.ContainsKey("locked"),
                Expired = words.ContainsKey("expired"),
                MustChange = words.ContainsKey("mustchange"),
                CanTestLogin = words.ContainsKey("login"),
                AgentLogsInput = words.ContainsKey("logged"),
            },
            seen);
    }
}
