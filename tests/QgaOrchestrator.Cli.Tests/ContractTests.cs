using System.Text.Json;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>The contract's member names, to the letter.</summary>
public sealed class ContractTests
{
    [Fact]
    public void A_vm()
    {
        Expect(
            ["name", "id", "uuid", "host", "labels", "agent", "frozen"],
            JsonSerializer.SerializeToElement(
                new Vm("db1", "hv1/db1", null, "hv1", new Dictionary<string, string>(), new VmAgent("ready", "7.2"), false),
                ApiJson.Default.Vm
            )
        );
    }

    [Fact]
    public void A_run_and_its_items()
    {
        var run = JsonSerializer.SerializeToElement(
            new Run("r", "backup", "running", new RunItemCounts(1, 0, 0, 0, 0, 1, 0)), ApiJson.Default.Run);
        Expect(["id", "kind", "state", "items", "retryOf"], run);
        Expect(["total", "succeeded", "failed", "unreachable", "unknown", "pending", "running"], run.GetProperty("items"));
        Expect(
            ["vm", "host", "group", "state", "step", "reason", "remedy", "attempt", "frozenMs", "point"],
            JsonSerializer.SerializeToElement(
                new ItemStatus("db1", "hv1", null, "pending", null, null, null, 0, null, null),
                ApiJson.Default.ItemStatus
            )
        );
    }

    [Fact]
    public void A_recovery_point_and_its_proof()
    {
        var point = JsonSerializer.SerializeToElement(
            new Point(
                "p", "db1", null, "r", null, null, "full", "crash", [], new FreezeProof(null, null, null, null, null, null, null)),
            ApiJson.Default.Point);
        Expect(["id", "vm", "uuid", "run", "group", "parent", "method", "class", "disks", "proof"], point);
        Expect(["frozenAt", "cutAt", "thawedAt", "frozen", "thawed", "skewMs", "hooks"], point.GetProperty("proof"));
    }

    [Fact]
    public void A_list_and_a_problem()
    {
        Assert.Equal("""{"items":[],"next":null}""", JsonSerializer.Serialize(new Page<Run>([], null), ApiJson.Default.PageRun));
        Expect(["type", "title", "status", "detail", "code", "remedy"],
            JsonSerializer.SerializeToElement(new Problem("Conflict", 409, "frozen"), ApiJson.Default.Problem));
    }

    [Fact]
    public void An_agents_answer_is_passed_as_it_was_on_the_wire()
    {
        const string wire = """{"return":{"fs-size":18446744073709551616,"a":[1,{}]}}""";

        Assert.Equal(
            wire,
            JsonSerializer.Serialize(
                JsonSerializer.Deserialize(wire, ApiJson.Default.AgentCallReply)!,
                ApiJson.Default.AgentCallReply
            )
        );
    }

    private static void Expect(string[] members, JsonElement element) =>
        Assert.Empty(members.Except(element.EnumerateObject().Select(member => member.Name)));
}
