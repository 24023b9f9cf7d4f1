using System.Text;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords.Tests;

public sealed class CryptLibraryTests : IDisposable
{
    private readonly CryptLibrary _crypt = CryptLibrary.Load();

    public static TheoryData<string> Schemes => [.. CryptScheme.All.Select(scheme => scheme.Prefix)];

    [SkippableTheory]
    [MemberData(nameof(Schemes))]
    public async Task A_hash_is_one_that_another_program_makes_of_the_same_password(string prefix)
    {
        Needs.Program("perl");
        using var password = PasswordMaker.Make();
        var hash = _crypt.Hash(password, CryptScheme.Of(prefix));
        Assert.StartsWith(prefix, hash, StringComparison.Ordinal);
        var again = await Tool.RunAsync(
            "perl", ["-e", "$p = <STDIN>; print crypt($p, $ARGV[0])", hash], Encoding.ASCII.GetString(password.Reveal()));
        Assert.Equal(hash, again.Output);
    }

    [SkippableFact]
    public async Task Openssl_makes_the_same_of_a_sha512_hash()
    {
        Needs.Program("openssl");
        using var password = PasswordMaker.Make();
        var hash = _crypt.Hash(password, CryptScheme.Sha512);
        var again = await Tool.RunAsync(
            "openssl", ["passwd", "-6", "-salt", hash.Split('$')[2], "-stdin"], Encoding.ASCII.GetString(password.Reveal()));
        Assert.Equal(hash, again.Output.Trim());
    }

    /// <summary>What shadow 4.19 and later takes in its "new encrypted password".</summary>
    [Theory]
    [InlineData("$y$", @"^\$y\$j75\$[./A-Za-z0-9]{20}\$[./A-Za-z0-9]{43}$")]
    [InlineData("$2b$", @"^\$2b\$05\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}$")]
    [InlineData("$6$", @"^\$6\$[./A-Za-z0-9]{16}\$[./A-Za-z0-9]{86}$")]
    public void A_hash_has_the_form_of_its_scheme_and_a_salt_of_its_own(string prefix, string form)
    {
        using var password = PasswordMaker.Make();
        string[] hashes = [.. Enumerable.Range(0, 5).Select(_ => _crypt.Hash(password, CryptScheme.Of(prefix)))];
        Assert.All(hashes, hash => Assert.Matches(form, hash));
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    [Theory]
    [InlineData("$y$", "$y$")]
    [InlineData("$2b$", "$2b$")]
    [InlineData("$6$", "$6$")]
    [InlineData("$1$", "$6$")]
    [InlineData("$gy$", "$6$")]
    [InlineData("$2y$", "$6$")]
    [InlineData("", "$6$")]
    [InlineData(null, "$6$")]
    public void An_account_keeps_its_scheme_where_it_is_a_good_one_and_gets_sha512_else(string? has, string gets) =>
        Assert.Equal(gets, CryptScheme.Of(has).Prefix);

    [Fact]
    public async Task Many_hashes_at_a_time_do_not_disturb_each_other()
    {
        using var password = Secret.Of("Hello world!");
        var hashes = await Task.WhenAll(
            Enumerable.Range(0, 60).Select(_ => _crypt.HashAsync(password, CryptScheme.Yescrypt, CancellationToken.None)));
        Assert.Equal(60, hashes.Distinct().Count());
        Assert.All(hashes, hash => Assert.StartsWith("$y$j75$", hash, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(512)]
    public void A_password_that_libcrypt_cannot_take_is_refused(int length)
    {
        using var password = Secret.Of(new string('x', length));
        var failure = Assert.Throws<PasswordException>(() => _crypt.Hash(password, CryptScheme.Sha512));
        Assert.Equal(PasswordFault.Input, failure.Fault);
    }

    [Fact]
    public void A_password_is_never_hashed_up_to_a_NUL_only()
    {
        using var password = Secret.Of("before\0behind");
        Assert.Throws<PasswordException>(() => _crypt.Hash(password, CryptScheme.Sha512));
    }

    [Fact]
    public void A_host_without_the_library_is_told_which_package_to_install()
    {
        var failure = Assert.Throws<PasswordException>(() => CryptLibrary.Load(["libcrypt.so.none"], []));
        Assert.Equal(PasswordFault.Library, failure.Fault);
        Assert.Contains("this host has no libcrypt.so.none", failure.Message, StringComparison.Ordinal);
        Assert.Contains("libxcrypt", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_hashes_a_known_password_wrongly_is_not_used()
    {
        var failure = Assert.Throws<PasswordException>(() => CryptLibrary.Load(
            ["libcrypt.so.2", "libcrypt.so.1"],
            [(CryptScheme.Sha512, "other"u8.ToArray(), "$6$saltstring$svn8UoSVapNtMuq1ukKS4")]));
        Assert.Contains("wrongly with $6$", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scheme_that_the_library_has_not_is_refused_and_the_others_are_used()
    {
        using var crypt = CryptLibrary.Load(
            ["libcrypt.so.2", "libcrypt.so.1"], [(CryptScheme.Yescrypt, "x"u8.ToArray(), "$unknown$x$")]);
        Assert.False(crypt.Has(CryptScheme.Yescrypt));
        using var password = PasswordMaker.Make();
        var failure = Assert.Throws<PasswordException>(() => crypt.Hash(password, CryptScheme.Yescrypt));
        Assert.Contains("cannot hash with $y$", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _crypt.Dispose();
}
