using System.Net;
using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Cli.Tests.Passwords;

/// <summary>The recipients: their keys are made, proved and used on this machine alone.</summary>
public sealed class EscrowTests : IDisposable
{
    private readonly KeyFiles _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task A_new_key_has_a_passphrase_and_its_certificate_alone_goes_to_the_node()
    {
        var node = new FakeNode()
            .Answers("PUT /v1/escrow/recipients/anna", Shown("anna"), HttpStatusCode.Created)
            .Answers("GET /v1/escrow/recipients", Escrowed.Recipients(Escrowed.OfAnn));

        var ended = await InitAsync(node, "correct horse battery", "correct horse battery");

        var key = _keys.In("new/anna.key");
        var pem = await File.ReadAllTextAsync(key);
        using var passphrase = Secret.Of("correct horse battery");
        using var opened = EscrowKey.Open(pem, passphrase);
        Assert.Equal(ExitCodes.Done, ended.Code);
        Assert.Contains($"qgactl escrow test --key {key}", ended.Out, StringComparison.Ordinal);
        Assert.True(EscrowKey.IsEncrypted(pem));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        var body = node.Requests.Single(asked => asked.Route.StartsWith("PUT", StringComparison.Ordinal)).Body;
        Assert.DoesNotContain("PRIVATE", body, StringComparison.Ordinal);
        Assert.Equal(
            (await File.ReadAllTextAsync(_keys.In("new/anna.pem"))).TrimEnd(),
            JsonSerializer.Deserialize(body, ApiJson.Default.RecipientRequest)!.Certificate.TrimEnd());
    }

    [Theory]
    [InlineData("correct horse battery", "correct horse batterie", "The two passphrases differ.")]
    [InlineData("short", "short", "The passphrase is too short")]
    [InlineData(null, null, "--passphrase-file FILE")]
    public async Task A_passphrase_that_cannot_be_meant_makes_no_key(string? first, string? second, string told)
    {
        var node = new FakeNode();
        var ended = await InitAsync(node, first, second);

        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.Contains(told, ended.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_keys.In("new")));
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task A_key_that_is_there_is_never_replaced()
    {
        Directory.CreateDirectory(_keys.In("new"));
        _keys.Write("new/anna.key", "precious");
        var ended = await InitAsync(new FakeNode(), "correct horse battery", "correct horse battery");
        Assert.Equal((ExitCodes.Usage, "precious"), (ended.Code, await File.ReadAllTextAsync(_keys.In("new/anna.key"))));
    }

    [Fact]
    public async Task Where_the_node_does_not_add_it_the_key_is_kept_and_the_command_is_told()
    {
        const string refused =
            """{"title":"Forbidden","status":403,"code":"forbidden","detail":"No.","remedy":"Ask an admin."}""";
        var node = new FakeNode().Answers("PUT /v1/escrow/recipients/anna", refused, HttpStatusCode.Forbidden);

        var ended = await InitAsync(node, "correct horse battery", "correct horse battery");

        Assert.Equal(ExitCodes.Failed, ended.Code);
        Assert.Contains(
            $"Ask an admin. Then: qgactl escrow add anna {_keys.In("new/anna.pem")}", ended.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_keys.In("new/anna.key")));
    }

    [Fact]
    public async Task A_certificate_is_added_and_a_private_key_never_leaves_this_machine()
    {
        var node = new FakeNode().Answers("PUT /v1/escrow/recipients/bob", Shown("bob"), HttpStatusCode.Created);

        var added = await Qga.RunAsync(node, ["escrow", "add", "bob", _keys.Write("bob.pem", Escrowed.Bob.Certificate)]);
        var refused = await Qga.RunAsync(node, ["escrow", "add", "bob", _keys.Bob]);
        var missing = await Qga.RunAsync(node, ["escrow", "add", "bob", _keys.In("none.pem")]);

        Assert.Equal(
            (ExitCodes.Done, ExitCodes.Usage, ExitCodes.Failed), (added.Code, refused.Code, missing.Code));
        Assert.Contains("qgactl escrow rewrap", added.Out, StringComparison.Ordinal);
        Assert.Contains("private key", refused.Error, StringComparison.Ordinal);
        Assert.Single(node.Requests);
    }

    [Fact]
    public async Task A_list_names_each_key_and_says_when_there_are_too_few()
    {
        var two = await Qga.RunAsync(Node(Escrowed.OfAnn, Escrowed.OfBob), ["escrow", "list"]);
        var one = await Qga.RunAsync(Node(Escrowed.OfAnn), ["escrow", "list"]);
        var none = await Qga.RunAsync(Node(), ["escrow", "list"]);

        Assert.Contains(Escrowed.OfBob.KeyIdentifier, two.Out, StringComparison.Ordinal);
        Assert.Equal("", two.Error);
        Assert.Contains("only one key opens the escrow", one.Error, StringComparison.Ordinal);
        Assert.Contains("qgactl escrow init NAME --to DIR", none.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_is_removed_only_by_who_says_yes()
    {
        var node = new FakeNode()
            .Answers("DELETE /v1/escrow/recipients/bob", "", HttpStatusCode.NoContent)
            .Answers("DELETE /v1/escrow/recipients/bob?force=true", "", HttpStatusCode.NoContent);

        Assert.Equal(ExitCodes.Usage, (await Qga.RunAsync(node, ["escrow", "remove", "bob"])).Code);
        Assert.Empty(node.Requests);
        Assert.Equal(ExitCodes.Done, (await Qga.RunAsync(node, ["escrow", "remove", "bob", "--yes"])).Code);
        Assert.Equal(ExitCodes.Done, (await Qga.RunAsync(node, ["escrow", "remove", "bob", "--yes", "--force"])).Code);
        Assert.Equal(2, node.Requests.Count);
    }

    [Fact]
    public async Task A_test_proves_a_key_and_names_the_recipients_that_it_is_not()
    {
        var both = await Qga.RunAsync(Node(Escrowed.OfAnn, Escrowed.OfBob), ["escrow", "test", "--key", _keys.Ann]);
        var alone = await Qga.RunAsync(Node(Escrowed.OfAnn), ["escrow", "test", "--key", _keys.Ann]);
        var other = await Qga.RunAsync(Node(Escrowed.OfBob), ["escrow", "test", "--key", _keys.Ann]);
        var none = await Qga.RunAsync(Node(), ["escrow", "test", "--key", _keys.Ann]);

        Assert.Equal(
            [ExitCodes.Done, ExitCodes.Done, ExitCodes.Failed, ExitCodes.Failed],
            new[] { both, alone, other, none }.Select(one => one.Code));
        Assert.StartsWith($"This key is ann ({Escrowed.OfAnn.KeyIdentifier})", both.Out, StringComparison.Ordinal);
        Assert.Contains($"It is not bob ({Escrowed.OfBob.KeyIdentifier})", both.Out, StringComparison.Ordinal);
        Assert.Contains("the only recipient", alone.Out, StringComparison.Ordinal);
        Assert.Contains("none of the node's recipients: bob", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rewrap_seals_what_is_not_sealed_for_all_and_leaves_the_rest()
    {
        var (old, good) = (Escrowed.Seal(1, Escrowed.OfAnn), Escrowed.Seal(2, Escrowed.OfAnn, Escrowed.OfBob));
        var account = Escrowed.Account([2], (1, "previous", old), (2, "current", good));
        var node = RewrapNode(account).Answers(
            $"PUT /v1/vms/{Escrowed.Uuid}/passwords/root/generations/1", "", HttpStatusCode.NoContent);

        var ended = await Qga.RunAsync(node, ["escrow", "rewrap", "--key", _keys.Ann]);

        Assert.Equal(
            (ExitCodes.Done, "1 password sealed anew, 1 were already.\n"), (ended.Code, ended.Error));
        var put = JsonSerializer.Deserialize(node.Requests[^1].Body, ApiJson.Default.ResealRequest)!;
        Assert.Equal(old, put.Was);
        foreach (var key in new[] { _keys.Ann, _keys.Bob })
        {
            using var rsa = EscrowKey.Open(await File.ReadAllTextAsync(key), null);
            using var opened = SealedPassword.Open(put.Sealed, rsa);
            Assert.Equal(Escrowed.PasswordOf(1), System.Text.Encoding.UTF8.GetString(opened.Password.Reveal()));
            Assert.Equal(("root", 1, Escrowed.Uuid), (opened.Context.User, opened.Context.Generation, opened.Context.Vm));
        }
    }

    [Theory]
    [InlineData(true, ExitCodes.Partial)]
    [InlineData(false, ExitCodes.Failed)]
    public async Task What_a_rewrap_cannot_open_is_named(bool another, int code)
    {
        var bobs = (1, "previous", Escrowed.Seal(1, Escrowed.OfBob));
        var both = (2, "current", Escrowed.Seal(2, Escrowed.OfAnn, Escrowed.OfBob));
        var node = RewrapNode(another ? Escrowed.Account([2], bobs, both) : Escrowed.Account([2], bobs));

        var ended = await Qga.RunAsync(node, ["escrow", "rewrap", "--key", _keys.Ann]);

        Assert.Equal(code, ended.Code);
        Assert.Contains("root in hv1/db1, generation 1: ", ended.Error, StringComparison.Ordinal);
        Assert.Contains("1 failed. Run it again with the key of another recipient.", ended.Error, StringComparison.Ordinal);
    }

    private static FakeNode RewrapNode(EscrowedAccount account) => Node(Escrowed.OfAnn, Escrowed.OfBob)
        .Answers("GET /v1/passwords", Answers.Page(Escrowed.Json(account)))
        .Answers($"GET /v1/vms/{Escrowed.Uuid}/passwords/root?reason=escrow%20rewrap", Escrowed.Json(account));

    private static FakeNode Node(params EscrowRecipient[] recipients) =>
        new FakeNode().Answers("GET /v1/escrow/recipients", Escrowed.Recipients(recipients));

    private static string Shown(string name) => JsonSerializer.Serialize(
        new Recipient(name, "f", "k", "c", DateTimeOffset.UnixEpoch, 4096), ApiJson.Default.Recipient);

    private Task<Ended> InitAsync(FakeNode node, params string?[] typed)
    {
        var asked = new Queue<string?>(typed);
        return Qga.RunAsync(
            node,
            ["escrow", "init", "anna", "--to", _keys.In("new")],
            host => host with { AskSecret = _ => asked.Dequeue() is { } text ? Secret.Of(text) : null });
    }
}
