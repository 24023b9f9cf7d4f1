using System.Security.Cryptography.X509Certificates;
using QgaOrchestrator.Actors.Membership;

namespace QgaOrchestrator.Node.Tests.Certificates;

public sealed class CertificateCommandTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("hv1", "hv1")]
    [InlineData("10.9.0.1", "10.9.0.1")]
    [InlineData("hv1.example.com,10.9.0.1", "10.9.0.1")]
    [InlineData("fd00::1", "fd00::1")]
    public void A_hosts_certificate_is_of_the_CA_carries_its_names_and_serves_both_ends(string host, string name)
    {
        Assert.Equal(0, (Run("init --to ca")).Code);
        Assert.Equal(0, (Run($"issue {host} --ca ca --to {Path.Combine("hosts", "one")} --days 30")).Code);

        var made = NodeCertificates.Load(In("hosts/one"));
        Assert.Empty(made.Faults(name, [name], Now + TimeSpan.FromDays(29)));
        Assert.Contains("has expired", made.Faults(name, null, Now + TimeSpan.FromDays(31)).Single(), StringComparison.Ordinal);
        Assert.Contains("hv9", made.Faults("hv9", null, Now).Single(), StringComparison.Ordinal);
        Assert.Equal("ecdsa P-256", made.Own.GetECDsaPublicKey() is { KeySize: 256 } ? "ecdsa P-256" : "another");
        foreach (var key in new[] { "ca/ca.key", "hosts/one/node.key" })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(In(key)));
        Assert.False(File.Exists(In("hosts/one/ca.key")));
    }

    [Fact]
    public void A_certificate_never_outlives_its_CA()
    {
        Run("init --to ca --days 10");
        Run("issue hv1 --ca ca --to hv1");
        using var made = NodeCertificates.Load(In("hv1")).Own;
        Assert.Equal(Now + TimeSpan.FromDays(10), made.NotAfter.ToUniversalTime());
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        Run("init --to ca");
        Run("issue hv1 --ca ca --to hv1");
        var before = Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(File.ReadAllText).ToList();

        var (again, why) = Run("init --to ca");
        Assert.Equal(2, again);
        Assert.Contains("ca.pem is there and is not overwritten. Name another folder", why, StringComparison.Ordinal);
        Assert.Equal(2, (Run("issue hv2 --ca ca --to hv1")).Code);

        Assert.Equal(before, Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(File.ReadAllText));
    }

    [Theory]
    [InlineData("", "init or issue is expected")]
    [InlineData("init", "--to DIR is missing")]
    [InlineData("init --to", "the value of --to is missing")]
    [InlineData("init --to ca --ca x", "takes no --ca")]
    [InlineData("init hv1 --to ca", "init or issue is expected")]
    [InlineData("issue --ca ca --to hv1", "the name of the host is missing")]
    [InlineData("issue hv1 hv2 --ca ca --to hv1", "hv2 is not understood")]
    [InlineData("issue hv_1! --ca ca --to hv1", "neither a host's name nor an address")]
    [InlineData("issue hv1 --ca ca --to hv1 --days 0", "is not a number from 1 to 36500")]
    [InlineData("issue hv1 --ca none --to hv1", "none/ca.pem cannot be read")]
    public void What_cannot_be_made_is_refused_with_the_reason(string line, string told)
    {
        var (code, error) = Run(line);
        Assert.Equal(2, code);
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("ca")));
    }

    private string In(string path) => Path.Combine(_directory.Path, path);

    private (int Code, string Error) Run(string line)
    {
        using StringWriter output = new(), error = new();
        var code = Node.Certificates.CertificateCommand.Run(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries), _directory.Path, Now, output, error);
        return (code, error.ToString());
    }
}
