using QgaOrchestrator.Lab;

namespace QgaOrchestrator.Passwords.Tests;

public class PasswordFingerprintTests
{
    [Theory]
    [InlineData("$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1")]
    [InlineData("!")]
    [InlineData("!*\\x")]
    [InlineData("")]
    public async Task A_fingerprint_is_what_a_guests_shell_prints_of_the_field(string field)
    {
        var printed = await Tool.RunAsync("sh", "-c", "printf %s \"$1\" | sha256sum", "sh", field);
        Assert.Equal(printed.Output[..64], PasswordFingerprint.Of(field));
    }
}
