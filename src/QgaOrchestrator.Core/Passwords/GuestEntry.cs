namespace QgaOrchestrator.Core.Passwords;

/// <summary>What a guest tells of an account without its secret: the entry itself never leaves the guest.</summary>
/// <param name="Fingerprint">SHA-256, lower-case hex: of the password field of shadow (or FreeBSD's master.passwd), exactly as
/// in the file; on Windows of the account's SID and the instant at which its password was last set.</param>
public sealed record GuestEntry(string Fingerprint)
{
    /// <summary>The crypt(3) prefix of its hash, as in $y$; null where there is none that is known.</summary>
    public string? Scheme { get; init; }

    /// <summary>Nobody can log in with a password: shadow's ! or *, or an account that is disabled.</summary>
    public bool Locked { get; init; }

    /// <summary>The account, not its password, has expired.</summary>
    public bool Expired { get; init; }

    /// <summary>The password must be changed at the next login.</summary>
    public bool MustChange { get; init; }

    /// <summary>The guest has what tests a login without touching a lock-out counter.</summary>
    public bool CanTestLogin { get; init; }

    /// <summary>The guest's agent writes its input to a log.</summary>
    public bool AgentLogsInput { get; init; }
}

/// <summary>What came of looking at an account in a guest.</summary>
public abstract record EntryLook
{
    private EntryLook() { }

    public sealed record Found(GuestEntry Entry, GuestSystem System) : EntryLook;

    /// <summary>The guest was asked, and this account is none whose password could be set.</summary>
    public sealed record NotHere(AccountFault Fault) : EntryLook;

    /// <summary>This guest cannot be looked into: file and process commands are disabled, or it has no shell.</summary>
    /// <param name="System">As the agent tells it; Unknown where it does not.</param>
    public sealed record Impossible(string Why, GuestSystem System) : EntryLook;

    /// <summary>The guest was not asked, or was not heard.</summary>
    public sealed record NotHeard(string Why, string? Remedy) : EntryLook;
}

public enum GuestSystem { Unknown, Linux, FreeBsd, Windows }

public enum AccountFault
{
    /// <summary>There is no account of this name.</summary>
    Missing,

    /// <summary>It is of a directory (LDAP, a domain), not of this guest's own files.</summary>
    Directory,

    /// <summary>The guest is a domain controller: the account would be the domain's.</summary>
    DomainController,

    /// <summary>QEMU writes what goes through its character devices to a file.</summary>
    ChannelLogged,
}

/// <summary>What a guest's own login check said of a password.</summary>
public enum LoginTest { Right, Wrong, NotHeard }
