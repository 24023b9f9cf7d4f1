namespace QgaOrchestrator.Cli.Tests;

/// <summary>Command lines of earlier versions do what they did.</summary>
public sealed class OldSpellingTests
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBNiYfDJAlB4pVV8QMef7dhXShqH8phYohp6jTmamZLl alice@desk";

    [Theory]
    [InlineData("vm ssh-keys db1 alice add --yes", "vm ssh-keys add db1 alice --yes")]
    [InlineData("vm ssh-keys --yes db1 alice remove", "vm ssh-keys remove db1 alice --yes")]
    [InlineData("vm ssh-keys --select app=db alice replace --yes", "vm ssh-keys replace --select app=db alice --yes")]
    [InlineData("vm ssh-keys db1 alice list", "vm ssh-keys list db1 alice")]
    [InlineData(
        "vm call guest-fstrim {\"minimum\":1} --select app=db --yes",
        "run command guest-fstrim {\"minimum\":1} -s app=db -y"
    )]
    [InlineData("vm call guest-info --select * --dry-run", "run command guest-info --select * --dry-run")]
    [InlineData("audit --verify --head 3f9c", "audit verify --head 3f9c")]
    [InlineData("run results r1 --group", "run results r1 --merge-identical")]
    public async Task An_old_spelling_asks_the_node_for_the_same(string old, string now)
    {
        var (first, second) = (await AskedAsync(old), await AskedAsync(now));
        Assert.NotEmpty(first);
        Assert.Equal(first, second);
    }

    private static async Task<IEnumerable<string>> AskedAsync(string line)
    {
        var node = FakeNode.OfRun();
        await Qga.RunAsync(node, line.Split(' '), host => host with { In = new StringReader(Key + "\n") });
        return [.. node.Requests.Select(asked => $"{asked.Route} {asked.Body}")];
    }
}
