using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Stores;

/// <summary>
/// The passwords of guests' accounts: what is known of each generation, and its sealed text, which only a recipient's private
/// key opens. A change is durable when its task is done.
/// </summary>
/// <exception cref="StoreException">From every method. A change that throws has not been made.</exception>
public interface IEscrow : IAsyncDisposable
{
    /// <returns>Null: nothing is known of this account.</returns>
    Task<Account?> FindAsync(AccountId id);

    /// <summary>All accounts of one VM, by user.</summary>
    /// <param name="vm">As <see cref="AccountId.KeyOf"/> makes it.</param>
    Task<IReadOnlyList<Account>> OfVmAsync(string vm);

    /// <summary>Accounts by VM and user.</summary>
    /// <param name="after">The last one of the page before; null: from the first.</param>
    Task<IReadOnlyList<Account>> ListAsync(AccountId? after, int limit);

    /// <summary>Accounts that have a generation with this fingerprint.</summary>
    Task<IReadOnlyList<Account>> WithFingerprintAsync(string fingerprint);

    /// <summary>Accounts whose password somebody was given.</summary>
    Task<IReadOnlyList<Account>> CheckedOutAsync();

    /// <summary>Changes one account, alone and in one transaction.</summary>
    /// <param name="change">Is given the account, or null where there is none. It returns what is to be kept, or null: nothing
    /// changes. It may be called again.</param>
    /// <param name="added">The sealed text of the generation that the change adds.</param>
    /// <returns>What is kept now.</returns>
    Task<Account?> ChangeAsync(AccountId id, Func<Account?, Account?> change, SealedGeneration? added = null);

    /// <summary>The sealed text of a generation; null: there is none.</summary>
    Task<byte[]?> SealedAsync(AccountId id, int generation);

    /// <summary>Puts another sealed text of the same password in the place of one.</summary>
    /// <param name="was">What is to be replaced.</param>
    /// <returns>False: it is not what is kept.</returns>
    Task<bool> ResealAsync(AccountId id, int generation, ReadOnlyMemory<byte> was, ReadOnlyMemory<byte> now);
}

/// <summary>A generation's password, sealed to all recipients.</summary>
/// <param name="Number">The generation's number.</param>
/// <param name="Bytes">CMS, DER.</param>
public sealed record SealedGeneration(int Number, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// Who can open the escrow: certificates, each a file of this node, so that nobody adds one who can only write the database.
/// </summary>
/// <exception cref="StoreException">From every method. A change that throws has not been made.</exception>
public interface IRecipients
{
    /// <summary>All of them, by name.</summary>
    Task<IReadOnlyList<StoredRecipient>> ReadAsync();

    /// <returns>False: there is one of this name.</returns>
    Task<bool> AddAsync(StoredRecipient recipient);

    /// <returns>False: there is none of this name.</returns>
    Task<bool> RemoveAsync(string name);
}

/// <param name="Name">[A-Za-z0-9._-].</param>
/// <param name="Certificate">X.509, PEM.</param>
public sealed record StoredRecipient(string Name, string Certificate);
