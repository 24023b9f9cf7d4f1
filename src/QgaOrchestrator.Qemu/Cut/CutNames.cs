using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>
/// The names of everything that one attempt of one item makes in QEMU and on disk. They derive from run, item and attempt,
/// so that what a crash leaves behind is found by looking: <c>q-HASH-NN-KIND</c>, 17 characters (QEMU refuses node names
/// over 31). A kind is a letter: those of a copy are f file node, t target node, j job; a cut method may have others.
/// </summary>
public sealed partial record CutNames
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    private CutNames(string hash) => Hash = hash;

    /// <summary>Ten characters of a-z and 2-7.</summary>
    public string Hash { get; }

    public static CutNames For(string run, int item, int attempt)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{run}/{item}/{attempt}")));
        return new(string.Create(10, digest, static (chars, bytes) =>
        {
            for (var i = 0; i < chars.Length; i++) chars[i] = Alphabet[bytes[i] & 31];
        }));
    }

    /// <summary>Reads the names back from their hash, as stored in a plan or a ledger.</summary>
    public static CutNames FromHash(string hash) => new(hash);

    public string FileNode(int disk) => Name(disk, 'f');

    public string TargetNode(int disk) => Name(disk, 't');

    public string Job(int disk) => Name(disk, 'j');

    /// <summary>Whether a node's or a job's name is one of this attempt's.</summary>
    public bool Owns(string name) => name.StartsWith($"q-{Hash}-", StringComparison.Ordinal);

    /// <param name="kind">A letter of a-z, for one kind of thing.</param>
    internal string Name(int disk, char kind) => string.Create(CultureInfo.InvariantCulture, $"q-{Hash}-{disk:00}-{kind}");

    /// <summary>Reads a node's or a job's name; null: it is none of ours.</summary>
    internal static (string Hash, char Kind)? Read(string name) =>
        Pattern().Match(name) is { Success: true, Groups: [_, var hash, var kind] } ? (hash.Value, kind.Value[0]) : null;

    [GeneratedRegex(@"^q-([a-z2-7]{10})-[0-9]{2,}-([a-z])\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
