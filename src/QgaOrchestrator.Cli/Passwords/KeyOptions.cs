using System.CommandLine;
using System.Text;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary>The options that name a private key. It is used on this machine alone.</summary>
internal sealed class KeyOptions
{
    public const string Variable = "QGACTL_ESCROW_KEY";

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly Option<string> _key = new("--key")
    {
        Description = $"A recipient's private key, PEM (default: {Variable}, else ~/.config/qgactl/escrow.key)",
        HelpName = "FILE",
    };

    private readonly Option<string> _command = new("--key-command")
    {
        Description = "A command for a key in a token or HSM: gets the encrypted content key on standard input, writes the "
            + "content key to standard output",
        HelpName = "CMD",
    };

    private readonly Option<string> _passphrase = PassphraseFile("A file with the passphrase of the key, its first line");

    public KeyOptions(CliCommand command)
    {
        command.Add(_key);
        command.Add(_command);
        command.Add(_passphrase);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_key) is not null && result.GetValue(_command) is not null)
                result.AddError("--key and --key-command name two keys: give one of them.");
        });
    }

    public static Option<string> PassphraseFile(string help) =>
        new("--passphrase-file") { Description = help, HelpName = "FILE" };

    /// <exception cref="UsageException">There is no key, or its passphrase is not known.</exception>
    public EscrowOpener Open(ParseResult parsed, CliHost host)
    {
        OwnMemory.LeaveNoCore();
        if (parsed.GetValue(_command) is { } command) return new CommandOpener(command);
        var path = parsed.GetValue(_key) ?? Default(host);
        if (!File.Exists(path))
            throw new UsageException(
                $"There is no key {path}.",
                $"Name a recipient's private key by --key FILE or {Variable}. qgactl escrow init makes one.");
        var bytes = Pinned(path);
        var text = GC.AllocateArray<char>(bytes.Length, pinned: true);
        try
        {
            var length = Encoding.ASCII.GetChars(bytes, text);
            var pem = text.AsSpan(0, length);
            if (!EscrowKey.IsEncrypted(pem))
            {
                var key = EscrowKey.Open(pem, null);
                if ((File.GetUnixFileMode(path) & Others) == 0) return new KeyOpener(key);
                key.Dispose();
                throw new UsageException($"Others can read the key {path}, which has no passphrase.", $"chmod 0600 {path}");
            }
            using var passphrase = Passphrase(parsed.GetValue(_passphrase), host, $"Passphrase of {path}: ");
            return new KeyOpener(EscrowKey.Open(pem, passphrase));
        }
        catch (PasswordException e)
        {
            throw new UsageException($"{path}: {e.Message}", "Name the right key by --key FILE.");
        }
        finally
        {
            Array.Clear(bytes);
            Array.Clear(text);
        }
    }

    /// <summary>From the file, else from the terminal.</summary>
    /// <exception cref="UsageException">There is neither.</exception>
    public static Secret Passphrase(string? file, CliHost host, string prompt)
    {
        if (file is null)
            return host.AskSecret(prompt) ?? throw new UsageException(
                "There is no terminal to ask for the passphrase at.", "Give it by --passphrase-file FILE.");
        if (OwnFiles.Fault(file) is { } fault) throw new UsageException(fault);
        var bytes = Pinned(file);
        try
        {
            var end = bytes.AsSpan().IndexOfAny((byte)'\n', (byte)'\r');
            return Secret.Of(end < 0 ? bytes : bytes.AsSpan(0, end));
        }
        finally
        {
            Array.Clear(bytes);
        }
    }

    private static string Default(CliHost host) => host.Environment(Variable) is { Length: > 0 } named
        ? named
        : Path.Combine(host.Environment("HOME") ?? "/", ".config", "qgactl", "escrow.key");

    private static byte[] Pinned(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var bytes = GC.AllocateArray<byte>(checked((int)file.Length), pinned: true);
        file.ReadExactly(bytes);
        return bytes;
    }
}
