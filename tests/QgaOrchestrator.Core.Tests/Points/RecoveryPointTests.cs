using System.Text.Json;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Core.Tests.Points;

public class RecoveryPointTests
{
    /// <summary>point.json is read years later, perhaps by a person with qemu-img and nothing else.</summary>
    [Fact]
    public void Point_json_keeps_its_format()
    {
        var golden = Golden.Read("point.v1.json");
        var point = JsonSerializer.Deserialize(golden, PointJson.Default.RecoveryPoint)!;
        Assert.Equal(("db1", "00.qcow2", 3L), (point.Vm, point.Disks[0].File, point.Proof.Frozen));
        Assert.Equal(golden, JsonSerializer.Serialize(point with { Directory = "/elsewhere" }, PointJson.Default.RecoveryPoint));
    }

    [Theory]
    [InlineData("\"sha256\"")]
    [InlineData("\"uuid\"")]
    [InlineData("\"frozen\"")]
    public void A_missing_member_is_an_error_and_not_a_null(string member)
    {
        var without = Golden.Read("point.v1.json").Replace(member, "\"other\"", StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(without, PointJson.Default.RecoveryPoint));
    }
}
