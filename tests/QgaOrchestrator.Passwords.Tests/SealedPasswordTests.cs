using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords.Tests;

public sealed class SealedPasswordTests : IDisposable
{
    private static readonly SealedContext Context = new(
        "6f1c6a52-0001-4b6e-9a44-0123456789ab", "host1/db1", "root", 3, new(2026, 11, 29, 18, 30, 5, TimeSpan.Zero));

    private readonly Secret _password = PasswordMaker.Make();
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-sealed-").FullName;

    [SkippableFact]
    public async Task Openssl_alone_opens_it_for_each_recipient_and_prints_lines_for_people()
    {
        Needs.Program("openssl");
        var file = Write("sealed.der", Seal());
        foreach (var key in new[] { Keys.Ann, Keys.Bob })
        {
            var opened = await Tool.RunAsync(
                "openssl", "cms", "-decrypt", "-inform", "DER", "-in", file, "-inkey", Write("key.pem", key.PrivateKey),
                "-passin", $"pass:{Keys.Passphrase}");
            Assert.Equal("", opened.Error);
            Assert.Equal(0, opened.ExitCode);
            Assert.Equal(
                $"""
                 vm: 6f1c6a52-0001-4b6e-9a44-0123456789ab
                 name: host1/db1
                 user: root
                 generation: 3
                 made: 2026-11-29T18:30:05Z
                 password: {Text(_password)}

                 """, opened.Output.Replace("\r", "", StringComparison.Ordinal));
        }
    }

    [SkippableFact]
    public async Task Openssl_finds_the_recipient_by_its_certificate()
    {
        Needs.Program("openssl");
        var opened = await Tool.RunAsync(
            "openssl", "cms", "-decrypt", "-inform", "DER", "-in", Write("sealed.der", Seal()),
            "-recip", Write("bob.pem", Keys.Bob.Certificate), "-inkey", Write("key.pem", Keys.Bob.PrivateKey),
            "-passin", $"pass:{Keys.Passphrase}");
        Assert.Equal(0, opened.ExitCode);
        Assert.Contains(Text(_password), opened.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_recipient_opens_it_with_or_without_its_identifier(bool named)
    {
        var bytes = Seal();
        foreach (var (key, recipient) in new[] { (Keys.Ann, Keys.OfAnn), (Keys.Bob, Keys.OfBob) })
        {
            using var rsa = Keys.Open(key);
            using var opened = SealedPassword.Open(bytes, rsa, named ? recipient.KeyIdentifier.ToUpperInvariant() : null);
            Assert.Equal(Context, opened.Context);
            Assert.Equal(Text(_password), Text(opened.Password));
        }
    }

    [Fact]
    public void Its_recipients_are_told_without_opening_it_each_once() =>
        Assert.Equal(
            new[] { Keys.OfAnn.KeyIdentifier, Keys.OfBob.KeyIdentifier }.Order(),
            SealedPassword.RecipientsOf(SealedPassword.Seal(_password, Context, [Keys.OfAnn, Keys.OfBob, Keys.OfAnn])).Order());

    [Fact]
    public void Another_key_is_refused_and_the_recipients_are_named()
    {
        var bytes = SealedPassword.Seal(_password, Context, [Keys.OfAnn]);
        using var bob = Keys.Open(Keys.Bob);
        var (ofAnn, ofBob) = (Keys.OfAnn.KeyIdentifier, Keys.OfBob.KeyIdentifier);
        Fails(PasswordFault.NotForThisKey, ofAnn, () => SealedPassword.Open(bytes, bob));
        Fails(PasswordFault.NotForThisKey, ofAnn, () => SealedPassword.Open(bytes, bob, ofBob));
        Fails(PasswordFault.NotForThisKey, ofAnn, () => SealedPassword.KeyFor(bytes, ofBob));
    }

    [Fact]
    public void A_change_of_any_byte_never_gives_another_password_or_context()
    {
        var bytes = Seal();
        using var key = Keys.Open(Keys.Ann);
        var contentKey = key.Decrypt(SealedPassword.KeyFor(bytes, Keys.OfAnn.KeyIdentifier), RSAEncryptionPadding.OaepSHA256);
        for (var at = 0; at < bytes.Length; at++)
            foreach (byte flipped in (byte[])[1, 0x80])
            {
                var changed = bytes.ToArray();
                changed[at] ^= flipped;
                try
                {
                    using var opened = SealedPassword.Open(changed, contentKey);
                    Assert.Equal(Context, opened.Context);
                    Assert.Equal(Text(_password), Text(opened.Password));
                    // Only who it is for is not authenticated: that costs a recipient the password, and shows nothing.
                    Assert.NotEqual(Recipients(bytes), Recipients(changed));
                }
                catch (PasswordException failure)
                {
                    Assert.Contains(failure.Fault, (PasswordFault[])[PasswordFault.Format, PasswordFault.Tampered]);
                }
            }
    }

    [Fact]
    public void What_is_cut_short_or_goes_on_is_no_sealed_password()
    {
        var bytes = Seal();
        for (var length = 0; length < bytes.Length; length += 7)
            Fails(PasswordFault.Format, "no sealed password", () => SealedPassword.RecipientsOf(bytes.AsMemory(0, length)));
        Fails(PasswordFault.Format, "no sealed password", () => SealedPassword.RecipientsOf((byte[])[.. bytes, 0]));
        Fails(PasswordFault.Format, "no sealed password", () => SealedPassword.RecipientsOf("-----BEGIN CMS-----"u8.ToArray()));
    }

    [Fact]
    public void A_change_of_ciphertext_or_tag_is_told_as_one()
    {
        var bytes = Seal();
        using var key = Keys.Open(Keys.Bob);
        foreach (var fromEnd in (int[])[1, 16, 19, 60])
        {
            var changed = bytes.ToArray();
            changed[^fromEnd] ^= 4;
            Fails(PasswordFault.Tampered, "changed after it was sealed", () => SealedPassword.Open(changed, key));
        }
    }

    [SkippableFact]
    public async Task A_program_that_holds_the_key_decrypts_the_content_key_and_we_the_rest()
    {
        Needs.Program("openssl");
        var bytes = Seal();
        var encrypted = Write("encrypted", SealedPassword.KeyFor(bytes, Keys.OfBob.KeyIdentifier));
        var decrypted = Path.Combine(_folder, "key");
        await Tool.MustAsync(
            "openssl", "pkeyutl", "-decrypt", "-in", encrypted, "-out", decrypted,
            "-inkey", Write("key.pem", Keys.Bob.PrivateKey), "-passin", $"pass:{Keys.Passphrase}",
            "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256");
        using var opened = SealedPassword.Open(bytes, await File.ReadAllBytesAsync(decrypted));
        Assert.Equal(Text(_password), Text(opened.Password));
        Fails(PasswordFault.Tampered, "content key is another's", () => SealedPassword.Open(bytes, new byte[32]));
        Fails(PasswordFault.Input, "has 32 bytes, and this one has 16", () => SealedPassword.Open(bytes, new byte[16]));
    }

    [Fact]
    public void Nothing_is_sealed_for_nobody_or_with_a_line_end_inside()
    {
        Fails(PasswordFault.Input, "for nobody", () => SealedPassword.Seal(_password, Context, []));
        var (lineEnd, noVm) = (Context with { User = "x\npassword: y" }, Context with { Vm = "" });
        Fails(PasswordFault.Input, "user", () => SealedPassword.Seal(_password, lineEnd, [Keys.OfAnn]));
        Fails(PasswordFault.Input, "vm", () => SealedPassword.Seal(_password, noVm, [Keys.OfAnn]));
        using Secret empty = Secret.Of(""), lines = Secret.Of("two\nlines");
        Fails(PasswordFault.Input, "line end", () => SealedPassword.Seal(empty, Context, [Keys.OfAnn]));
        Fails(PasswordFault.Input, "line end", () => SealedPassword.Seal(lines, Context, [Keys.OfAnn]));
    }

    [Fact]
    public void Names_and_passwords_beyond_ASCII_come_back_as_they_were()
    {
        using var password = Secret.Of("pässword: ✓ ");
        var made = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2));
        var context = Context with { Name = "höst/dätenbank", User = "Администратор", Made = made };
        using var key = Keys.Open(Keys.Ann);
        using var opened = SealedPassword.Open(SealedPassword.Seal(password, context, [Keys.OfAnn]), key);
        Assert.Equal(context, opened.Context);
        Assert.Equal(TimeSpan.Zero, opened.Context.Made.Offset);
        Assert.Equal("pässword: ✓ ", Text(opened.Password));
    }

    /// <summary>Sealed passwords are kept for years: what this version wrote, every later one opens.</summary>
    [Fact]
    public void A_password_that_the_first_version_sealed_is_still_opened()
    {
        var golden = Path.Combine(AppContext.BaseDirectory, "Golden");
        using var key = EscrowKey.Open(File.ReadAllText(Path.Combine(golden, "key.pem")), null);
        var bytes = Convert.FromBase64String(File.ReadAllText(Path.Combine(golden, "sealed.v1.txt")));
        using var opened = SealedPassword.Open(bytes, key);
        Assert.Equal(Context, opened.Context);
        Assert.Equal("golden-b2-Bcdefghijkfgh", Text(opened.Password));
    }

    public void Dispose()
    {
        _password.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private byte[] Seal() => SealedPassword.Seal(_password, Context, [Keys.OfAnn, Keys.OfBob]);

    private string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    private static string Recipients(byte[] bytes) => string.Join(
        ' ',
        SealedPassword.RecipientsOf(bytes)
            .Select(recipient => recipient + Convert.ToHexString(SealedPassword.KeyFor(bytes, recipient))));

    private static string Text(Secret secret) => Encoding.UTF8.GetString(secret.Reveal());

    private static void Fails(PasswordFault fault, string why, Func<object> act)
    {
        var failure = Assert.Throws<PasswordException>(act);
        Assert.True(failure.Fault == fault, string.Create(CultureInfo.InvariantCulture, $"{failure.Fault}: {failure.Message}"));
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
    }
}
