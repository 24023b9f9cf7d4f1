using System.Net.Http.Json;
using System.Text;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>What tests put into a node's escrow, and keys to open it.</summary>
internal static class EscrowNode
{
    public const string Uuid = "11111111-2222-3333-4444-555555555555", Hash = "$6$hash-of-", Print = "print-of-";

    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A key takes the better part of a second to make.</summary>
    public static readonly string Ann = Certificate("ann"), Bob = Certificate("bob");

    /// <summary>Adds an account with a retired, a current and a candidate generation.</summary>
    public static async Task<AccountId> AddAsync(
        NodeFixture node, string key, string user, string name = "hv1/db1", params string[] certificates)
    {
        var id = new AccountId(key, user);
        var escrow = node.Service<IEscrow>();
        for (var number = 1; number <= 3; number++)
        {
            var (one, text) = (number, Sealed(id, name, number, certificates));
            await escrow.ChangeAsync(
                id,
                old => AccountRules.Add(
                    old ?? new(id, name), new(one, T0, $"r{one}", 0, $"{Hash}{one}", null) { Fingerprint = $"{Print}{one}" }),
                new(one, text));
            if (one == 3) continue;
            await escrow.ChangeAsync(id, old => AccountRules.Promote(old!, one, Evidence.Login, null, T0.AddDays(one)));
        }
        return id;
    }

    public static byte[] Sealed(AccountId id, string name, int number, params string[] certificates)
    {
        using var password = Secret.Of($"pässword-{number}");
        return SealedPassword.Seal(
            password,
            new(id.Vm, name, id.User, number, T0),
            [.. (certificates is [] ? [Ann] : certificates).Select((pem, i) => EscrowRecipient.Read($"r{i}", pem))]);
    }

    public static void AddVm(NodeFixture node, string host, string name, string? uuid) =>
        node.Orchestrator.Vms.Add(new(new(host, name), uuid, new Dictionary<string, string>(), AgentState.Ready));

    public static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    public static async Task<Problem> ProblemAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!;

    public static string Body(string pem) => $$"""{"certificate":"{{pem.Replace("\n", "\\n", StringComparison.Ordinal)}}"}""";

    private static string Certificate(string name)
    {
        using var passphrase = Secret.Of("correct horse battery");
        return EscrowKey.Create(name, passphrase, DateTimeOffset.UtcNow.AddDays(-1), 3072).Certificate;
    }
}
