using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Architecture.Tests;

/// <summary>The table of the agent's commands says of each what the code says, and by which test it is shown.</summary>
public class CommandTableTests
{
    private static readonly string _page = File.ReadAllText(
        Path.Combine(Repository.Root, "src", "QgaOrchestrator.Qemu", "Agent", "Commands", "README.md"));

    private static readonly List<string[]> _rows =
    [
        .. _page
            .Split('\n')
            .Where(line => line.StartsWith("| `guest-", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1]),
    ];

    [Fact]
    public void The_table_and_the_code_agree_on_every_command() =>
        Assert.Equal(
            AgentCommands.All.Select(command => string.Join(" | ", Told(command))),
            _rows.Select(row => string.Join(" | ", row[..6]))
        );

    [Fact]
    public void Every_command_is_shown_by_a_test_that_exists()
    {
        Assert.Empty(TestNames.In(_page).Except(TestNames.Existing));
        Assert.All(
            _rows, row => Assert.True(row[6].Split('`').Any(TestNames.Existing.Contains), $"{row[0]}: no test in '{row[6]}'"));
    }

    private static string[] Told(AgentCommand command) =>
    [
        $"`{command.Name}`",
        command.Since.ToString(),
        command.Retry switch
        {
            RetryClass.Safe => "safe",
            RetryClass.Idempotent => "idempotent",
            RetryClass.Check => "check",
            _ => "never",
        },
        command.WhileFrozen ? "yes" : "",
        command.Answered ? "yes" : "errors only",
        string.Join(", ", command.SecretArguments.Select(argument => $"`{argument}`")),
    ];
}
