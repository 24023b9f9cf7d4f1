using System.Diagnostics;

namespace QgaOrchestrator.Cli.Tests;

public sealed class VmListTests
{
    [Fact]
    public async Task A_list_of_VMs_ends_with_how_many_there_are_and_how_many_need_a_look()
    {
        var node = new FakeNode()
            .Answers(
                "GET /v1/vms",
                $$"""{"items":[{{Vm("a", "ready")}},{{Vm("b", "missing")}}],"next":"2","total":4,"""
                    + $$""" "notes":["Fleet:Sources:1: /x cannot be read. Let it be."]}"""
            )
            .Answers(
                "GET /v1/vms?cursor=2",
                $$"""{"items":[{{Vm("c", "missing")}},{{Vm("d", "invalid")}}],"next":null,"total":4,"""
                    + $$""" "notes":["Fleet:Sources:1: /x cannot be read. Let it be."]}"""
            );

        var ended = await Qga.RunAsync(node, ["vm", "list"]);
        var json = await Qga.RunAsync(node, ["vm", "list", "-o", "json"]);

        Assert.Equal(
            "4 VMs; with problems: 1 invalid, 2 missing (qgactl vm show VM tells what to do)", ended.Out.TrimEnd().Split('\n')[^1]);
        Assert.Equal("qgactl: Fleet:Sources:1: /x cannot be read. Let it be.\n", ended.Error);
        Assert.Contains("\"total\": 4", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_VM_that_needs_a_look_is_shown_with_its_remedy()
    {
        var node = new FakeNode().Answers("GET /v1/vms/b", Vm("b", "missing"));
        var shown = (await Qga.RunAsync(node, ["vm", "show", "b"])).Out;
        Assert.Contains("Agent        missing: why", shown, StringComparison.Ordinal);
        Assert.Contains("Remedy       Do this.", shown, StringComparison.Ordinal);
    }

    /// <summary>A directory's name is anybody's: the shell neither splits nor runs it.</summary>
    [Fact]
    public async Task Bash_completes_odd_names_as_words()
    {
        var script = (await Qga.RunAsync(null, ["completion", "bash"])).Out;
        var start = new ProcessStartInfo("bash", ["-c", $$"""
            qgactl() { printf '%s\n' 'my vm' 'web1' '$(echo ran)' '*'; }
            {{script}}
            COMP_WORDS=(qgactl vm show ''); COMP_CWORD=3; COMP_LINE='qgactl vm show '; COMP_POINT=15
            _qgactl
            printf '%s\n' "${COMPREPLY[@]}"
            COMP_WORDS[3]=we; _qgactl; printf '%s\n' "${COMPREPLY[@]}"
            """]) { RedirectStandardOutput = true };
        using var bash = Process.Start(start)!;
        var words = await bash.StandardOutput.ReadToEndAsync();
        Assert.Equal([@"my\ vm", "web1", @"\$\(echo\ ran\)", @"\*", "web1"], words.TrimEnd().Split('\n'));
    }

    private static string Vm(string name, string state) =>
        $$"""{"name":"{{name}}","id":"hv1/{{name}}","uuid":null,"host":"hv1","labels":{},"agent":{"state":"{{state}}","""
            + $$""" "version":null,"reason":"why","remedy":"Do this."},"frozen":false}""";
}
