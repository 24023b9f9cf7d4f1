using System.CommandLine;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary>What names an account, and why somebody wants its password.</summary>
internal static class AccountArguments
{
    private const int Shortest = 3, Longest = 200;

    public static Argument<string> Vm() =>
        new("VM") { Description = "The name of a VM, or host/name, or the UUID of a VM that is gone" };

    public static Argument<string> User() => new("USER") { Description = "The account in the guest" };

    public static Option<string> Reason() => new("--reason")
    {
        Description = "Why you need it; the audit log keeps it (default: asked at the terminal)",
        HelpName = "TEXT",
    };

    /// <exception cref="UsageException">It is too short or too long, or there is no terminal to ask at.</exception>
    public static string ReasonOf(ParseResult parsed, Option<string> option, CliHost host)
    {
        var reason = Asked(parsed, option, host);
        return reason.Trim().Length is >= Shortest and <= Longest
            ? reason
            : throw new UsageException(
                $"The reason has {reason.Trim().Length} characters, and needs {Shortest} to {Longest}.",
                "Say why you need the password: the audit log keeps it.");
    }

    private static string Asked(ParseResult parsed, Option<string> option, CliHost host)
    {
        if (parsed.GetValue(option) is { } given) return given;
        if (!host.IsTerminal)
            throw new UsageException("A reason is missing.", "Give it by --reason TEXT: the audit log keeps it.");
        host.Error.Write("Reason, for the audit log: ");
        return host.In.ReadLine() ?? "";
    }
}
