using System.Diagnostics;
using QgaOrchestrator.Actors.Passwords;
using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Actors.Tests.Passwords;

/// <summary>The scripts that ask a guest about an account, under the shells that guests have, on shadow files of the
/// test.</summary>
public sealed class GuestScriptsTests : IDisposable
{
    // openssl passwd -6 -salt abc right
    private const string Hash =
        "$6$abc$Rp.m/P24RM5NK9HsFFYz3bJu1tH1bSAnhixavKK8fDYoeVUvwQRm1m4kCCGLQrdt7cOfeuBwv2sOboivTzdkq0";

    private const string Passwd = """
        root:x:0:0:root:/root:/bin/sh
        alice:x:1000:1000::/:/bin/sh
        bob:x:1001:1001::/:/bin/sh
        carol:x:1002:1002::/:/bin/sh
        dave:x:1003:1003::/:/bin/sh
        old:$1$aa$bb:1004:1004::/:/bin/sh
        half:x:1005:1005::/:/bin/sh

        """;

    private static readonly string Shadow =
        $"root:{Hash}:19000:0:99999:7:::\nalice:!{Hash}:19000:0:99999:7:::\nbob:*:19000:0:99999:7:::\n"
            + "carol:$y$j9T$abc$def:0:0:99999:7:::\ndave:$2b$05$abcdefg:19000:0:99999:7::100:\n";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [SkippableTheory]
    [InlineData("dash")]
    [InlineData("bash")]
    [InlineData("busybox sh")]
    public void A_look_tells_the_entrys_sum_its_scheme_and_what_is_wrong_and_never_the_entry(string shell)
    {
        Assert.Equal(
            ["system Linux", $"entry {Sum(Hash)}", "scheme $6$"], Look(shell, "root"));
        Assert.Equal(["system Linux", $"entry {Sum("!" + Hash)}", "locked yes", "scheme $6$"], Look(shell, "alice"));
        Assert.Equal(["system Linux", $"entry {Sum("*")}", "locked yes"], Look(shell, "bob"));
        Assert.Equal(
            ["system Linux", $"entry {Sum("$y$j9T$abc$def")}", "scheme $y$", "mustchange yes"], Look(shell, "carol"));
        Assert.Equal(
            ["system Linux", $"entry {Sum("$2b$05$abcdefg")}", "scheme $2b$", "expired yes"], Look(shell, "dave"));
        Assert.Equal(["system Linux", $"entry {Sum("$1$aa$bb")}", "scheme $1$"], Look(shell, "old"));
        Assert.Equal(["system Linux", "fault directory"], Look(shell, "half"));
        Assert.Equal(["system Linux", "fault missing"], Look(shell, "nobody-of-this-name"));
        Assert.Equal(["system Linux", "fault missing"], Look(shell, "$(touch /tmp/never)"));
    }

    [SkippableTheory]
    [InlineData("dash")]
    [InlineData("bash")]
    [InlineData("busybox sh")]
    public void A_login_test_takes_the_right_password_alone(string shell)
    {
        Skip.IfNot(File.Exists("/usr/sbin/unix_chkpwd"), "unix_chkpwd (libpam-modules-bin) is not installed");
        Assert.Equal(0, TestLogin(shell, "root", "right\0"));
        Assert.Equal(7, TestLogin(shell, "root", "wrong\0"));
        Assert.Equal(7, TestLogin(shell, "alice", "right\0"));
    }

    [Fact]
    public void The_scripts_for_Windows_take_a_user_as_one_literal()
    {
        Assert.Contains("$u='o''brien'", GuestScripts.WindowsLook("o'brien"), StringComparison.Ordinal);
        Assert.Contains("$u='o''brien'", GuestScripts.WindowsTestLogin("o'brien"), StringComparison.Ordinal);
    }

    /// <summary>On files of the test; without what depends on this host.</summary>
    private string[] Look(string shell, string user)
    {
        Write();
        var script = GuestScripts.Look
            .Replace("/etc/passwd", _directory.File("passwd"), StringComparison.Ordinal)
            .Replace("/etc/shadow", _directory.File("shadow"), StringComparison.Ordinal);
        var (code, said) = Run([.. Shell(shell), "-c", script, "sh", user], "");
        Assert.Equal(0, code);
        Assert.DoesNotContain(Hash[6..], said, StringComparison.Ordinal);
        return [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line != "login yes")];
    }

    /// <summary>In a mount namespace whose passwd and shadow are the test's: unix_chkpwd knows no others.</summary>
    private int TestLogin(string shell, string user, string input)
    {
        Skip.IfNot(Environment.UserName == "root", "only root has a mount namespace of its own");
        Write();
        const string bind = "mount --bind \"$1\" /etc/passwd && mount --bind \"$2\" /etc/shadow || exit 99; shift 2; exec \"$@\"";
        var (code, _) = Run(
            [
                "unshare", "-m", "sh", "-c", bind, "sh", _directory.File("passwd"), _directory.File("shadow"),
                .. Shell(shell), "-c", GuestScripts.TestLogin, "sh", user,
            ],
            input);
        Skip.If(code is 1 or 99, "nothing can be mounted here");
        return code;
    }

    private void Write()
    {
        File.WriteAllText(_directory.File("passwd"), Passwd);
        File.WriteAllText(_directory.File("shadow"), Shadow);
    }

    private static string[] Shell(string shell)
    {
        Skip.IfNot(
            File.Exists($"/usr/bin/{shell.Split(' ')[0]}") || File.Exists($"/bin/{shell.Split(' ')[0]}"),
            $"{shell} is not installed");
        return shell.Split(' ');
    }

    private static (int Code, string Said) Run(IReadOnlyList<string> command, string input)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without reading, where nothing can be mounted: its code says so.
        }
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said);
    }

    private static string Sum(string field) => PasswordFingerprint.Of(field);
}
