using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>What <c>--help</c> shows of each command.</summary>
public sealed class HelpTests
{
    [Fact]
    public async Task Help_shows_usage_options_in_groups_examples_and_exit_codes()
    {
        var ended = await Qga.RunAsync(null, ["vm", "trim", "--help"]);

        Assert.Equal("""
            Trims the guest's file systems: tells their disks which blocks are unused.

            Usage:
              qgactl vm trim VM [OPTIONS]

            Arguments:
              VM  The name of a VM, or host/name

            Options:
              --minimum BYTES        Skips free ranges that are shorter than this
              -s, --select SELECTOR  All VMs that this selects, as a run, for example app=db. Leave the VM out
                                     then
              -y, --yes              Does not ask for confirmation

            Rollout:
            """, ended.Out[..ended.Out.IndexOf("\n  --max-parallel N", StringComparison.Ordinal)]);
        Assert.EndsWith("""

            Examples:
              qgactl vm trim db1
              qgactl vm trim --select app=db --max-parallel 2 --yes

            Exit codes:
              0  done
              1  failed
              2  wrong usage, options or config
              3  done in part
              4  the node or the VM was not reached

            """, ended.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Done, ended.Code);
    }

    [Fact]
    public void Every_command_has_an_example_and_every_example_is_a_command_line()
    {
        foreach (var command in CommandTree.Leaves())
        {
            Assert.NotEmpty(command.Examples);
            foreach (var example in command.Examples.Where(example => example.StartsWith("qgactl ", StringComparison.Ordinal)))
            {
                var words = Words(example);
                var parsed = CommandTree.Root().Parse(words);
                Assert.True(UsageErrors.Of(parsed).Count == 0, $"{example}: {string.Join(' ', UsageErrors.Of(parsed))}");
                Assert.Equal(CliCommand.PathOf(command), CliCommand.PathOf(parsed.CommandResult.Command));
            }
        }
    }

    [Fact]
    public void Every_description_is_a_sentence_and_no_option_is_without_one()
    {
        foreach (var command in CommandTree.Leaves())
        {
            Assert.EndsWith(".", command.Description, StringComparison.Ordinal);
            foreach (var option in command.Options.Where(option => !option.Hidden))
                Assert.False(string.IsNullOrWhiteSpace(option.Description), $"{command.Name} {option.Name}");
        }
    }

    /// <summary>As a shell splits it, up to a redirection.</summary>
    private static List<string> Words(string line)
    {
        var words = new List<string>();
        var (word, quoted, begun) = ("", false, false);
        foreach (var c in line["qgactl".Length..] + " ")
        {
            if (c == '\'') (quoted, begun) = (!quoted, true);
            else if (c == ' ' && !quoted)
            {
                if (word is ">" or "<") return words;
                if (begun) words.Add(word);
                (word, begun) = ("", false);
            }
            else (word, begun) = (word + c, true);
        }
        return words;
    }
}
