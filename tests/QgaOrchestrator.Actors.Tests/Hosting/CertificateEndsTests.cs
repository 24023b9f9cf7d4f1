using QgaOrchestrator.Actors.Hosting;

namespace QgaOrchestrator.Actors.Tests.Hosting;

/// <summary>The end of a certificate is told 30 days before, with how it is renewed.</summary>
public sealed class CertificateEndsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(31, "ok")]
    [InlineData(30, "ok, but the API's certificate expires at 2026-12-30 12:00:00Z, in 30 days. Renew it")]
    [InlineData(1, "ok, but the API's certificate expires at 2026-12-01 12:00:00Z, in 1 days. Renew it")]
    [InlineData(0, "the API's certificate has expired at 2026-11-30 12:00:00Z. Renew it")]
    public void A_check_says_when_it_ends_and_works_until_then(int days, string said)
    {
        var check = CertificateEnds.Check("the API's certificate", Now.AddDays(days), "Renew it", Now);
        Assert.Equal(said, check);
        Assert.Equal(days > 0, NodeReadiness.IsOk(check));
    }

    [Fact]
    public void The_first_end_counts_and_a_certificate_that_is_replaced_counts_with_its_new_end()
    {
        var ends = new CertificateEnds();
        Assert.Null(ends.First);
        var api = Now.AddDays(5).UtcDateTime;
        ends.Add("apiCertificate", "the API's certificate", () => api, "Renew it");
        ends.Add("certificate", "the node's certificate", () => Now.AddDays(90).UtcDateTime, "Renew it");
        Assert.Equal(Now.AddDays(5), ends.First);
        api = Now.AddDays(400).UtcDateTime;
        Assert.Equal(Now.AddDays(90), ends.First);
        Assert.Equal([("apiCertificate", "ok"), ("certificate", "ok")], ends.Checks(Now));
    }
}
