namespace QgaOrchestrator.Cli.Tests;

public sealed class ShellCompletionTests
{
    [Theory]
    [InlineData("qgactl vm li", "list")]
    [InlineData("qgactl vm show d", "db1 db2")]
    [InlineData("qgactl vm info ", "db1 db2")]
    [InlineData("qgactl thaw db", "db1 db2")]
    [InlineData("qgactl vm exec db1", "db1")]
    [InlineData("qgactl vm call db1 guest-suspend-r", "guest-suspend-ram")]
    [InlineData("qgactl vm ssh-keys re", "remove replace")]
    [InlineData("qgactl run list --state part", "partial")]
    [InlineData("qgactl vm suspend --select app=db h", "hybrid")]
    [InlineData("qgactl vm shutdown db1 d", "")]
    public async Task A_shell_completes_commands_and_names(string line, string expected)
    {
        var ended = await Qga.RunAsync(null, [$"[suggest:{line.Length}]", line], host => host with
        {
            Handler = TwoVms.OfTwo(),
            Environment = name => name == "QGACTL_API" ? "http://node:7070" : null,
        });

        Assert.Equal(0, ended.Code);
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ended.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(item => item[0] is not ('-' or '/')));
    }

    [Fact]
    public async Task A_completion_without_a_node_is_silent()
    {
        var ended = await Qga.RunAsync(null, ["[suggest:13]", "qgactl vm show "]);
        Assert.Equal(
            new Ended(0, "", ""),
            ended with { Out = string.Concat(ended.Out.Split('\n').Where(item => item is not ['-' or '/', ..])) }
        );
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _qgactl qgactl")]
    [InlineData("zsh", "compdef _qgactl qgactl")]
    [InlineData("fish", "complete -c qgactl")]
    public async Task The_completion_command_explains_how_to_install_itself(string shell, string told)
    {
        var ended = await Qga.RunAsync(null, ["completion", shell]);
        Assert.Equal(0, ended.Code);
        Assert.Contains(told, ended.Out, StringComparison.Ordinal);
    }
}
