namespace QgaOrchestrator.Core.Passwords;

/// <summary>The crypt(3) schemes of new passwords, by prefix.</summary>
public static class CryptSchemes
{
    public const string Sha512 = "$6$";

    /// <summary>Those that an account keeps; shadow 4.19 takes no others but $5$.</summary>
    private static readonly string[] Kept = ["$y$", "$2b$", Sha512];

    /// <summary>The account's own where a new password may have it, else $6$, which every system knows.</summary>
    public static string For(string? present) => Kept.FirstOrDefault(scheme => scheme == present) ?? Sha512;
}
