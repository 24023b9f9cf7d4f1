using System.Text;

namespace QgaOrchestrator.Simulator;

/// <summary>What a process in the guest leaves behind.</summary>
public sealed record GuestExit(int Code, string Output = "", string Errors = "")
{
    /// <summary>It runs until then.</summary>
    public Task Until { get; init; } = Task.CompletedTask;
}

public delegate GuestExit GuestProgram(IReadOnlyList<string> arguments, byte[] input);

/// <summary>The few programs that guest-exec finds in every simulated guest.</summary>
public static class GuestPrograms
{
    public static Dictionary<string, GuestProgram> Usual() => new()
    {
        ["/bin/true"] = (_, _) => new GuestExit(0),
        ["/bin/false"] = (_, _) => new GuestExit(1),
        ["/bin/echo"] = (arguments, _) => new GuestExit(0, string.Join(' ', arguments) + "\n"),
        ["/bin/cat"] = (_, input) => new GuestExit(0, Encoding.UTF8.GetString(input)),
        ["/bin/sh"] = (arguments, _) => Shell(arguments is ["-c", var script, ..] ? script : ""),
    };

    // Just enough of a shell for tests: "echo words", "exit N".
    private static GuestExit Shell(string script)
    {
        var output = new StringBuilder();
        foreach (var command in script.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (command.StartsWith("echo ", StringComparison.Ordinal)) output.Append(command.AsSpan(5)).Append('\n');
            else if (command.StartsWith("exit ", StringComparison.Ordinal) && int.TryParse(command.AsSpan(5), out var code))
                return new GuestExit(code, output.ToString());
            else if (command is not ("true" or ":"))
                return new GuestExit(127, output.ToString(), $"/bin/sh: 1: {command.Split(' ')[0]}: not found\n");
        }
        return new GuestExit(0, output.ToString());
    }
}
