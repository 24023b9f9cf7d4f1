using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace QgaOrchestrator.Simulator;

/// <summary>The accounts of a guest as its shadow file has them, and what a shell prints that is asked about one.</summary>
public sealed partial class GuestAccounts
{
    private static readonly Lock Crypt = new();

    /// <summary>The password field of each account.</summary>
    public Dictionary<string, string> Shadow { get; } = new(StringComparer.Ordinal)
    {
        ["root"] = "$y$j9T$simulated$root",
        ["alice"] = "$6$simulated$alice",
        ["Administrator"] = "$6$simulated$administrator",
    };

    /// <summary>Accounts that must change their password at the next login.</summary>
    public HashSet<string> MustChange { get; } = [];

    /// <summary>unix_chkpwd is installed.</summary>
    public bool CanTestLogin { get; set; } = true;

    /// <summary>How often a look was answered.</summary>
    public int Looks { get; private set; }

    /// <summary>What guest-set-user-password has done so far, the latest last: user and field.</summary>
    public List<(string User, string Field)> Set { get; } = [];

    /// <returns>False: there is no such account.</returns>
    internal bool SetPassword(string user, byte[] password, bool crypted)
    {
        if (!Shadow.ContainsKey(user)) return false;
        var field = crypted ? Encoding.UTF8.GetString(password) : Hash(Encoding.UTF8.GetString(password), $"$6$salt{Set.Count}$");
        Shadow[user] = field;
        MustChange.Remove(user);
        Set.Add((user, field));
        return true;
    }

    /// <summary>What a shell that was given one of the two scripts does; null: it was given another one.</summary>
    internal GuestExit? Run(IReadOnlyList<string> arguments, byte[] input)
    {
        if (arguments is not ["-c", var script, "sh", var user] || !script.Contains("unix_chkpwd", StringComparison.Ordinal))
            return null;
        return script.Contains("nonull", StringComparison.Ordinal) ? TestLogin(user, input) : new GuestExit(0, Look(user));
    }

    /// <summary>Whether this password opens the account.</summary>
    public bool Opens(string user, string password) =>
        Shadow.TryGetValue(user, out var field) && field.StartsWith('$') && Hash(password, field) == field;

    private string Look(string user)
    {
        Looks++;
        if (!Shadow.TryGetValue(user, out var field)) return "system Linux\nfault missing\n";
        var told = new StringBuilder("system Linux\n");
        told.Append("entry ").Append(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(field)))).Append('\n');
        var hash = field.TrimStart('!');
        if (hash.Length < field.Length || field is "*")
            told.Append("locked yes\n");
        if (hash.IndexOf('$', Math.Min(1, hash.Length)) is var end and > 0)
            told.Append("scheme ").Append(hash[..(end + 1)]).Append('\n');
        if (MustChange.Contains(user))
            told.Append("mustchange yes\n");
        if (CanTestLogin)
            told.Append("login yes\n");
        return told.ToString();
    }

    private GuestExit TestLogin(string user, byte[] input) =>
        input is [.. var password, 0] && Opens(user, Encoding.UTF8.GetString(password)) ? new GuestExit(0) : new GuestExit(7);

    private static string Hash(string password, string setting)
    {
        lock (Crypt) return Marshal.PtrToStringUTF8(crypt(password, setting)) ?? "*0";
    }

    [LibraryImport("libcrypt.so.1", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint crypt(string key, string setting);
}
