using System.Text.Json;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Tests.Passwords;

/// <summary>An account as the escrow stores it.</summary>
public class StoredAccountTests
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static Account Every => new(new("4c4c4544-0042-3510-8052-b4c04f4d3132", "root"), "hv1/db1")
    {
        Latest = 6,
        Generations =
        [
            new(1, T0, "r1", 0, null, null) { State = GenerationState.Retired, Ended = T0.AddDays(2) },
            new(2, T0.AddDays(1), "r2", 0, "$6$salt$hash", "f0") { State = GenerationState.Void, Ended = T0.AddDays(1) },
            new(3, T0.AddDays(2), "r3", 4, "$6$salt$hash", "f0")
            {
                State = GenerationState.Previous,
                Fingerprint = "f3",
                Applied = T0.AddDays(2),
                Verified = T0.AddDays(2).AddSeconds(1),
                Evidence = Evidence.Acknowledged,
                Ended = T0.AddDays(3),
            },
            new(4, T0.AddDays(3), "r4", 4, "$y$j75$salt$hash", "f3")
            {
                State = GenerationState.Current,
                Fingerprint = "f4",
                Applied = T0.AddDays(3),
                Verified = T0.AddDays(3).AddSeconds(1),
                Evidence = Evidence.Login,
            },
            new(5, T0.AddDays(4), "r5", 4, "$y$j75$salt$hash", "f4")
            {
                State = GenerationState.Applied,
                Fingerprint = "f5",
                Applied = T0.AddDays(4),
            },
            new(6, T0.AddDays(5), "r6", 4, null, "f5"),
        ],
        Lease = new("r6", 4, 2),
        Check = new(T0.AddDays(5), InForce.Clone, 3, "hv2/db9", "It came back under a new QEMU process."),
        Checkout = new("anna", T0.AddDays(4), T0.AddDays(4).AddHours(1), "repair") { Rotation = "r6" },
    };

    [Fact]
    public void A_stored_account_keeps_its_format()
    {
        var golden = Golden.Read("account.v1.json");
        Assert.Equal(golden, JsonSerializer.Serialize(Every, AccountJson.Default.Account));
        var read = JsonSerializer.Deserialize(golden, AccountJson.Default.Account)!;
        Assert.Equal(golden, JsonSerializer.Serialize(read, AccountJson.Default.Account));
        Assert.Equal((4, 6, "anna"), (read.Current!.Number, read.Latest, read.Checkout!.By));
    }

    [Theory]
    [InlineData("\"name\"")]
    [InlineData("\"made\"")]
    [InlineData("\"by\"")]
    [InlineData("\"inForce\"")]
    public void A_missing_member_is_an_error_and_not_a_null(string member)
    {
        var without = Golden.Read("account.v1.json").Replace(member, "\"other\"", StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(without, AccountJson.Default.Account));
    }

    [Fact]
    public void A_member_of_a_later_version_is_no_error() => Assert.Equal(
        "hv1/db1",
        JsonSerializer.Deserialize(
            Golden.Read("account.v1.json").Replace("\"latest\"", "\"later\":1,\"latest\"", StringComparison.Ordinal),
            AccountJson.Default.Account)!.Name);

    [Theory]
    [InlineData("4c4c4544", "4c4c4544")]
    [InlineData(null, "hv1/db1")]
    public void A_VM_is_its_UUID_else_its_place(string? uuid, string key) =>
        Assert.Equal(key, AccountId.KeyOf(uuid, "hv1", "db1"));
}
