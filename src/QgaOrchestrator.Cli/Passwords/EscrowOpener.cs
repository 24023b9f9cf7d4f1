using System.Diagnostics;
using System.Security.Cryptography;
using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary>Opens sealed passwords on this machine.</summary>
internal abstract class EscrowOpener : IDisposable
{
    /// <summary>To be disposed, which overwrites the password.</summary>
    /// <exception cref="PasswordException">It is sealed for other keys, was changed, or is no sealed password.</exception>
    public abstract OpenedPassword Open(ReadOnlyMemory<byte> text);

    public abstract void Dispose();
}

/// <summary>By a private key in memory.</summary>
internal sealed class KeyOpener(RSA key) : EscrowOpener
{
    public override OpenedPassword Open(ReadOnlyMemory<byte> text) => SealedPassword.Open(text, key);

    public override void Dispose() => key.Dispose();
}

/// <summary>
/// By a program that has the key in a token or HSM. It is run once for each recipient of the text, until one succeeds:
/// QGACTL_KEY_IDENTIFIER names whose key is wanted.
/// </summary>
internal sealed class CommandOpener(string command) : EscrowOpener
{
    private const int MostBytes = 4096;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    public override OpenedPassword Open(ReadOnlyMemory<byte> text)
    {
        var failures = new List<string>();
        foreach (var recipient in SealedPassword.RecipientsOf(text))
        {
            var output = GC.AllocateArray<byte>(MostBytes, pinned: true);
            try
            {
                if (Run(recipient, SealedPassword.KeyFor(text, recipient), output) is { Length: var length, Failure: null })
                    return SealedPassword.Open(text, output.AsSpan(0, length));
                else
                    failures.Add(recipient);
            }
            catch (PasswordException e) when (e.Fault is PasswordFault.Tampered or PasswordFault.Input)
            {
                failures.Add(recipient);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(output);
            }
        }
        throw new PasswordException(
            PasswordFault.NotForThisKey,
            $"The key command wrote no content key for any of the recipients {string.Join(", ", failures)}.");
    }

    public override void Dispose()
    {
    }

    private (int Length, string? Failure) Run(string recipient, byte[] encrypted, byte[] output)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", command },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["QGACTL_KEY_IDENTIFIER"] = recipient },
        })!;
        try
        {
            process.StandardInput.BaseStream.Write(encrypted);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It did not read it; its exit code tells.
        }
        var length = 0;
        // Not through a reader, which would keep what it read.
        for (int read; length < output.Length
            && (read = process.StandardOutput.BaseStream.Read(output, length, output.Length - length)) > 0;)
            length += read;
        if (!process.WaitForExit(Longest))
        {
            process.Kill();
            return (0, "it did not end");
        }
        return process.ExitCode == 0 ? (length, null) : (0, $"it ended with {process.ExitCode}");
    }
}
