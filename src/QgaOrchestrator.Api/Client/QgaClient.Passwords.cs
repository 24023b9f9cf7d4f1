using System.Globalization;
using System.Net;
using System.Text.Json;

namespace QgaOrchestrator.Api.Client;

/// <summary>The escrow of passwords, and its recipients. A VM that is gone is named by its UUID.</summary>
public sealed partial class QgaClient
{
    /// <param name="vm">One VM's only.</param>
    /// <param name="user">One account's name only.</param>
    public IAsyncEnumerable<EscrowedAccount> ListPasswordsAsync(
        string? vm = null, string? user = null, CancellationToken cancel = default) =>
        ListAsync(WithQuery(ApiRoutes.Passwords, ("vm", vm), ("user", user)), ApiJson.Default.PageEscrowedAccount, cancel);

    /// <summary>One account, without sealed texts.</summary>
    public Task<EscrowedAccount> GetPasswordAsync(string vm, string user, CancellationToken cancel = default) =>
        GetAsync(ApiRoutes.VmPasswordPath(vm, user), ApiJson.Default.EscrowedAccount, cancel);

    /// <summary>One account with the sealed texts that are asked for; without <paramref name="generation"/> and
    /// <paramref name="at"/>, all.</summary>
    /// <param name="reason">3 to 200 characters, which the audit log keeps.</param>
    /// <param name="at">A recovery point: those that it names.</param>
    public Task<EscrowedAccount> GetSealedPasswordAsync(
        string vm, string user, string reason, int? generation = null, string? at = null, CancellationToken cancel = default) =>
        GetAsync(
            WithQuery(
                ApiRoutes.VmPasswordPath(vm, user),
                ("reason", reason),
                ("generation", generation?.ToString(CultureInfo.InvariantCulture)),
                ("at", at)),
            ApiJson.Default.EscrowedAccount,
            cancel);

    /// <summary>Takes the password for a time; the answer has the sealed text of what may be in force.</summary>
    public Task<EscrowedAccount> CheckOutPasswordAsync(
        string vm, string user, CheckoutRequest request, CancellationToken cancel = default) =>
        PostOnceAsync(
            ApiRoutes.VmPasswordPath(vm, user) + "/checkout",
            JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.CheckoutRequest),
            ApiJson.Default.EscrowedAccount,
            cancel);

    /// <summary>Gives it back: it is rotated now.</summary>
    public async Task<EscrowedAccount> CheckInPasswordAsync(string vm, string user, CancellationToken cancel = default)
    {
        var path = ApiRoutes.VmPasswordPath(vm, user) + "/checkout";
        using var response = await _transport.SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, path), cancel)
            .ConfigureAwait(false);
        return await _transport.ReadAsync(response, ApiJson.Default.EscrowedAccount, cancel).ConfigureAwait(false);
    }

    /// <summary>Puts another sealed text of the same password in the place of one.</summary>
    public async Task ResealPasswordAsync(
        string vm, string user, int generation, ResealRequest request, CancellationToken cancel = default)
    {
        var path = $"{ApiRoutes.VmPasswordPath(vm, user)}/generations/{generation.ToString(CultureInfo.InvariantCulture)}";
        using var response = await _transport.SendOnceAsync(
            () => Put(path, JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.ResealRequest)), cancel)
            .ConfigureAwait(false);
    }

    public IAsyncEnumerable<Recipient> ListRecipientsAsync(CancellationToken cancel = default) =>
        ListAsync(ApiRoutes.EscrowRecipients, ApiJson.Default.PageRecipient, cancel);

    /// <param name="certificate">PEM.</param>
    public async Task<Recipient> AddRecipientAsync(string name, string certificate, CancellationToken cancel = default)
    {
        using var response = await _transport.SendAsync(
            () => Put(
                ApiRoutes.EscrowRecipientPath(name),
                JsonSerializer.SerializeToUtf8Bytes(new RecipientRequest(certificate), ApiJson.Default.RecipientRequest)),
            cancel).ConfigureAwait(false);
        return await _transport.ReadAsync(response, ApiJson.Default.Recipient, cancel).ConfigureAwait(false);
    }

    /// <param name="force">Also one whom passwords in force need, whose key is lost.</param>
    /// <returns>What each host made of it; empty: the node is alone.</returns>
    public async Task<IReadOnlyList<RecipientHost>> RemoveRecipientAsync(
        string name, bool force, CancellationToken cancel = default)
    {
        var path = WithQuery(ApiRoutes.EscrowRecipientPath(name), ("force", force ? "true" : null));
        using var response = await _transport.SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, path), cancel)
            .ConfigureAwait(false);
        return response.StatusCode == HttpStatusCode.NoContent
            ? []
            : (await _transport.ReadAsync(response, ApiJson.Default.RemovedRecipient, cancel).ConfigureAwait(false)).Hosts;
    }

    private static HttpRequestMessage Put(string path, byte[] body) => new(HttpMethod.Put, path)
    {
        Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new("application/json") } },
    };
}
