using System.Security.Cryptography;
using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>qgactl on an admin's machine, who has recipients' keys in a folder.</summary>
internal sealed class Ctl
{
    private const string Words = "correct horse battery";

    private readonly NodeProcess _node;
    private readonly string _folder;

    public Ctl(NodeProcess node, string folder)
    {
        (_node, _folder) = (node, folder);
        File.WriteAllText(Passphrase, Words + "\n");
        File.SetUnixFileMode(Passphrase, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public string Passphrase => Path.Combine(_folder, "passphrase");

    public string Key(string name) => Path.Combine(_folder, $"{name}.key");

    public string Certificate(string name) => Path.Combine(_folder, $"{name}.pem");

    /// <summary>The options that name a key.</summary>
    public string[] With(string key) => ["--key", Key(key), "--passphrase-file", Passphrase];

    public Task<ToolResult> InitAsync(string name) =>
        DoneAsync("escrow", "init", name, "--to", _folder, "--passphrase-file", Passphrase);

    /// <summary>A key pair that no node knows, made as deploy/docs/passwords.md says, but with fewer bits.</summary>
    public Task MakeAsync(string name) => Tool.MustAsync(
        "openssl", "req", "-x509", "-newkey", "rsa:3072", "-sha256", "-days", "7300", "-subj", $"/CN={name}", "-addext",
        "basicConstraints=critical,CA:false", "-addext", "keyUsage=critical,keyEncipherment", "-keyout", Key(name), "-out",
        Certificate(name), "-passout", $"file:{Passphrase}");

    /// <summary>The private key.</summary>
    public RSA Open(string name)
    {
        using var passphrase = Secret.Of(Words);
        return EscrowKey.Open(File.ReadAllText(Key(name)), passphrase);
    }

    public Task<ToolResult> RunAsync(params IEnumerable<string> arguments) => _node.CtlAsync(arguments);

    /// <summary>It must end with 0.</summary>
    public async Task<ToolResult> DoneAsync(params IEnumerable<string> arguments)
    {
        var ended = await RunAsync(arguments);
        Assert.True(ended.ExitCode == 0, $"{string.Join(' ', arguments)}: {ended}");
        return ended;
    }

    /// <summary>It must end with that code, and say one of these.</summary>
    public async Task FailsAsync(int code, IReadOnlyList<string> arguments, params IReadOnlyList<string> says)
    {
        var ended = await RunAsync(arguments);
        Assert.True(ended.ExitCode == code, $"{string.Join(' ', arguments)}: {ended}");
        Assert.Contains(says, words => $"{ended.Output}{ended.Error}".Contains(words, StringComparison.Ordinal));
    }
}
