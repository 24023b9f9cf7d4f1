using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Cli.Tests.Passwords;

/// <summary><c>password show</c>: what is opened here, and what it ends with.</summary>
public sealed class ShowTests : IDisposable
{
    private const string Route = "GET /v1/vms/db1/passwords/root?reason=why";

    private static readonly EscrowedAccount One = Escrowed.Account(
        [2], (1, "previous", Escrowed.Seal(1)), (2, "current", Escrowed.Seal(2)));

    private static readonly EscrowedAccount Two = Escrowed.Account(
        [3, 2], (2, "current", Escrowed.Seal(2)), (3, "candidate", Escrowed.Seal(3)));

    private readonly KeyFiles _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task One_that_is_in_force_is_bare_on_standard_output_and_nothing_else_is_told()
    {
        var ended = await ShowAsync(One);
        Assert.Equal(new Ended(ExitCodes.Done, Escrowed.PasswordOf(2), ""), ended);
    }

    [Fact]
    public async Task A_terminal_gets_a_newline_behind_it()
    {
        var ended = await ShowAsync(One, host: host => host with { IsTerminal = true });
        Assert.Equal((ExitCodes.Done, Escrowed.PasswordOf(2) + "\n"), (ended.Code, ended.Out));
    }

    [Fact]
    public async Task Several_are_a_table_with_the_likeliest_first_and_end_with_3()
    {
        var ended = await ShowAsync(Two);

        Assert.Equal(ExitCodes.Partial, ended.Code);
        Assert.Equal($"""
            GENERATION  STATE      MADE                  PASSWORD
            3           candidate  2026-08-01T12:00:00Z  {Escrowed.PasswordOf(3)}
            2           current    2026-08-01T12:00:00Z  {Escrowed.PasswordOf(2)}

            """, ended.Out);
        Assert.Contains("qgactl password check --select name=db1", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_json_each_has_its_generation()
    {
        var ended = await ShowAsync(Two, "-o", "json");

        using var told = JsonDocument.Parse(ended.Out);
        Assert.Equal(ExitCodes.Partial, ended.Code);
        Assert.Equal(
            [(3, Escrowed.PasswordOf(3)), (2, Escrowed.PasswordOf(2))],
            told.RootElement.GetProperty("passwords").EnumerateArray()
                .Select(one => (one.GetProperty("generation").GetInt32(), one.GetProperty("password").GetString()!)));
    }

    [Fact]
    public async Task A_generation_or_those_of_a_point_are_asked_for_by_name()
    {
        var node = new FakeNode()
            .Answers($"{Route}&generation=1", Escrowed.Json(Escrowed.Account([2], (1, "previous", Escrowed.Seal(1)))))
            .Answers($"{Route}&at=p1", Escrowed.Json(Escrowed.Account([2], (1, "previous", Escrowed.Seal(1)))));

        Assert.Equal(Escrowed.PasswordOf(1), (await ShowAsync(node, "--generation", "1")).Out);
        Assert.Equal(Escrowed.PasswordOf(1), (await ShowAsync(node, "--at", "p1")).Out);
    }

    [Fact]
    public async Task A_key_that_opens_none_ends_with_1_and_names_whose_it_is_sealed_for()
    {
        var ended = await Qga.RunAsync(
            Node(One), ["password", "show", "db1", "root", "--reason", "why", "--key", _keys.Bob]);

        Assert.Equal((ExitCodes.Failed, ""), (ended.Code, ended.Out));
        Assert.Contains(Escrowed.OfAnn.KeyIdentifier, ended.Error, StringComparison.Ordinal);
        Assert.Contains("qgactl escrow list", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_it_ends_with_2_and_asks_no_node()
    {
        var node = Node(One);
        var ended = await Qga.RunAsync(
            node,
            ["password", "show", "db1", "root", "--reason", "why"],
            host => host with { Environment = name => name == "HOME" ? _keys.Directory : null });

        Assert.Equal(ExitCodes.Usage, ended.Code);
        var told = $"qgactl: There is no key {_keys.In(".config/qgactl/escrow.key")}.";
        Assert.StartsWith(told, ended.Error, StringComparison.Ordinal);
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task The_key_is_found_by_its_variable_and_opened_by_its_passphrase()
    {
        var key = _keys.Write("locked.key", Escrowed.Ann.PrivateKey);
        Ended[] ended =
        [
            await RunAsync(_ => Secret.Of(Escrowed.Passphrase)),
            await RunAsync(_ => Secret.Of("wrong horse battery")),
            await RunAsync(_ => null),
            await RunAsync(_ => null, "--passphrase-file", _keys.Write("passphrase", Escrowed.Passphrase + "\n")),
        ];

        Assert.Equal([ExitCodes.Done, ExitCodes.Usage, ExitCodes.Usage, ExitCodes.Done], ended.Select(one => one.Code));
        Assert.Equal(Escrowed.PasswordOf(2), ended[0].Out);
        Assert.Contains("The passphrase does not open the key.", ended[1].Error, StringComparison.Ordinal);
        Assert.Contains("--passphrase-file FILE", ended[2].Error, StringComparison.Ordinal);
        Assert.Equal(Escrowed.PasswordOf(2), ended[3].Out);

        Task<Ended> RunAsync(Func<string, Secret?> ask, params string[] more) => Qga.RunAsync(
            Node(One),
            ["password", "show", "db1", "root", "--reason", "why", .. more],
            host => host with { Environment = name => name == "QGACTL_ESCROW_KEY" ? key : null, AskSecret = ask });
    }

    [Fact]
    public async Task A_key_in_clear_that_others_can_read_is_refused_with_the_command()
    {
        File.SetUnixFileMode(_keys.Ann, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        var ended = await ShowAsync(One);
        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.Contains($"chmod 0600 {_keys.Ann}", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_with_a_token_gets_the_encrypted_content_key_and_gives_the_content_key()
    {
        var text = Escrowed.Seal(2, Escrowed.OfBob, Escrowed.OfAnn);
        var encrypted = SealedPassword.KeyFor(text, Escrowed.OfAnn.KeyIdentifier);
        using var rsa = RSA.Create();
        rsa.ImportFromPem(Escrowed.AnnInClear);
        await File.WriteAllBytesAsync(_keys.In("content"), rsa.Decrypt(encrypted, RSAEncryptionPadding.OaepSHA256));
        await File.WriteAllBytesAsync(_keys.In("expected"), encrypted);
        var command = $"test \"$QGACTL_KEY_IDENTIFIER\" = {Escrowed.OfAnn.KeyIdentifier} && cmp - {_keys.In("expected")} && cat "
            + _keys.In("content");

        var good = await RunAsync(command);
        var bad = await RunAsync("cat > /dev/null; echo no");

        Assert.Equal(new Ended(ExitCodes.Done, Escrowed.PasswordOf(2), ""), good);
        Assert.Equal((ExitCodes.Failed, ""), (bad.Code, bad.Out));

        Task<Ended> RunAsync(string given) => Qga.RunAsync(
            Node(Escrowed.Account([2], (2, "current", text))),
            ["password", "show", "db1", "root", "--reason", "why", "--key-command", given]);
    }

    [Fact]
    public async Task A_text_that_was_sealed_for_another_account_is_not_shown()
    {
        var ended = await ShowAsync(Escrowed.Account([2], (2, "current", Escrowed.Seal("admin", 2))));
        Assert.Equal((ExitCodes.Failed, ""), (ended.Code, ended.Out));
        Assert.Contains("somebody changed the escrow", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_none_is_in_force_it_ends_with_1_and_says_how_to_set_one()
    {
        var ended = await ShowAsync(Escrowed.Account([], (2, "current", Escrowed.Seal(2))) with { Foreign = true });
        Assert.Equal(ExitCodes.Failed, ended.Code);
        Assert.Contains("was set past the escrow", ended.Error, StringComparison.Ordinal);
        Assert.Contains("qgactl password reset --select name=db1 --user root", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("password show db1", "'USER'")]
    [InlineData("password show db1 root --generation x", "--generation: 'x'")]
    [InlineData("password show db1 root --generation 1 --at p1", "--at and --generation")]
    [InlineData("password show db1 root --offline f --at p1", "--at: only a node knows points")]
    [InlineData("password show db1 root --key a --key-command b", "--key and --key-command")]
    [InlineData("password ages --older never", "--older: 'never'")]
    [InlineData("password reset --user root", "--select")]
    [InlineData("password reset --select app=db", "--user")]
    [InlineData("password reset --select app=db --user root --crypted maybe", "--crypted: 'maybe'")]
    [InlineData("password checkout db1 root --for 0h", "--for: '0h'")]
    [InlineData("escrow init anna", "--to")]
    public async Task What_cannot_be_meant_ends_with_2(string line, string named)
    {
        var node = new FakeNode();
        var ended = await Qga.RunAsync(node, line.Split(' '));
        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.Contains(named, ended.Error, StringComparison.Ordinal);
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task A_reason_is_asked_at_a_terminal_and_needed_elsewhere()
    {
        var none = await Qga.RunAsync(Node(One), ["password", "show", "db1", "root", "--key", _keys.Ann]);
        var asked = await Qga.RunAsync(
            Node(One),
            ["password", "show", "db1", "root", "--key", _keys.Ann],
            host => host with { IsTerminal = true, In = new StringReader("why\n") });

        Assert.Equal((ExitCodes.Usage, ExitCodes.Done), (none.Code, asked.Code));
        Assert.Contains("--reason TEXT", none.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_is_the_owners_alone_and_is_read_without_a_node()
    {
        var file = _keys.In("escrow.json");
        var node = new FakeNode()
            .Answers("GET /v1/passwords", Answers.Page(Escrowed.Json(One)))
            .Answers($"GET /v1/vms/{Escrowed.Uuid}/passwords/root?reason=weekly", Escrowed.Json(One));

        var written = await Qga.RunAsync(node, ["password", "export", file, "--reason", "weekly"]);
        var shown = await OfflineAsync("db1");

        Assert.Equal((ExitCodes.Done, $"1 account in {file}.\n"), (written.Code, written.Error));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.DoesNotContain("word-2", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.Equal(new Ended(ExitCodes.Done, Escrowed.PasswordOf(2), ""), shown);
        Assert.Equal(Escrowed.PasswordOf(2), (await OfflineAsync(Escrowed.Uuid)).Out);
        Assert.Equal(Escrowed.PasswordOf(1), (await OfflineAsync("hv1/db1", "--generation", "1")).Out);
        Assert.Equal(ExitCodes.Failed, (await OfflineAsync("db2")).Code);
        await File.WriteAllTextAsync(file, "{");
        Assert.Equal(ExitCodes.Usage, (await OfflineAsync("db1")).Code);

        Task<Ended> OfflineAsync(string vm, params string[] more) => Qga.RunAsync(
            null, ["password", "show", vm, "root", "--offline", file, "--key", _keys.Ann, .. more]);
    }

    [Fact]
    public async Task A_check_out_shows_it_and_says_until_when_and_a_check_in_gives_it_back()
    {
        const string route = "/v1/vms/db1/passwords/root/checkout";
        var until = new DateTimeOffset(2026, 11, 23, 14, 0, 0, TimeSpan.Zero);
        var node = new FakeNode()
            .Answers($"POST {route}", Escrowed.Json(One with { Checkout = new("a", until.AddHours(-2), until, null) }))
            .Answers($"DELETE {route}", Escrowed.Json(One));

        var taken = await Qga.RunAsync(
            node, ["password", "checkout", "db1", "root", "--for", "2h", "--reason", "why", "--key", _keys.Ann]);
        var given = await Qga.RunAsync(node, ["password", "checkin", "db1", "root"]);

        Assert.Equal((ExitCodes.Done, Escrowed.PasswordOf(2)), (taken.Code, taken.Out));
        Assert.Contains("yours until 2026-11-23T14:00:00Z", taken.Error, StringComparison.Ordinal);
        Assert.Equal("""{"for":"02:00:00","reason":"why"}""", node.Requests[0].Body);
        Assert.Equal(
            new Ended(ExitCodes.Done, "The password of root in db1 is checked in. It is rotated soon.\n", ""), given);
    }

    [Fact]
    public async Task A_check_out_that_is_refused_names_who_has_it()
    {
        const string refused =
            """{"title":"Conflict","status":409,"code":"conflict","detail":"anna has it until 14:00.","remedy":"Ask anna."}""";
        var node = new FakeNode().Answers("POST /v1/vms/db1/passwords/root/checkout", refused, HttpStatusCode.Conflict);

        var ended = await Qga.RunAsync(
            node, ["password", "checkout", "db1", "root", "--reason", "why", "--key", _keys.Ann]);

        Assert.Equal(new Ended(ExitCodes.Failed, "", "qgactl: anna has it until 14:00.\n  Ask anna.\n"), ended);
    }

    private static FakeNode Node(EscrowedAccount account) => new FakeNode().Answers(Route, Escrowed.Json(account));

    private Task<Ended> ShowAsync(EscrowedAccount account, params string[] more) => ShowAsync(Node(account), more);

    private Task<Ended> ShowAsync(EscrowedAccount account, Func<CliHost, CliHost> host) => Qga.RunAsync(
        Node(account), ["password", "show", "db1", "root", "--reason", "why", "--key", _keys.Ann], host);

    private Task<Ended> ShowAsync(FakeNode node, params string[] more) =>
        Qga.RunAsync(node, ["password", "show", "db1", "root", "--reason", "why", "--key", _keys.Ann, .. more]);
}
