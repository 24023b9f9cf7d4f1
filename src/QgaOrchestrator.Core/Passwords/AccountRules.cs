namespace QgaOrchestrator.Core.Passwords;

/// <summary>
/// How an account changes. A password that may be in force in a guest, or in a guest that is restored, stays readable: a
/// generation leaves the open ones only when a later one is verified, or when it is proved that it never was in force.
/// </summary>
public static class AccountRules
{
    /// <param name="isOver">Whether the run of an earlier lease has settled that item.</param>
    /// <returns>Null: another item has the account.</returns>
    public static Account? Lease(Account account, AccountLease lease, Func<AccountLease, bool> isOver) =>
        account.Lease is { } held && (held.Run, held.Item) != (lease.Run, lease.Item) && !isOver(held)
            ? null
            : account with { Lease = lease };

    public static Account Release(Account account, AccountLease lease) =>
        account.Lease is { } held && (held.Run, held.Item) == (lease.Run, lease.Item) ? account with { Lease = null } : account;

    /// <exception cref="InvalidOperationException">Its number is not the next one: somebody else has added one.</exception>
    public static Account Add(Account account, Generation candidate) =>
        candidate.Number != account.Latest + 1
            ? throw new InvalidOperationException($"generation {candidate.Number} is not the next of {account.Id}")
            : account with { Generations = account.Generations.Add(candidate), Latest = candidate.Number };

    /// <summary>The store has lost it, and the guest may have it.</summary>
    /// <returns>Null: the store has come as far, or further.</returns>
    public static Account? GiveBack(Account account, Generation lost) => account.Latest < lost.Number
        ? account with { Generations = account.Generations.Add(lost), Latest = lost.Number }
        : null;

    /// <summary>The guest has taken it.</summary>
    /// <param name="fingerprint">Of the entry that was seen; null: it was not seen.</param>
    public static Account Apply(Account account, int number, string? fingerprint, DateTimeOffset now) => With(
        account,
        number,
        generation => generation.IsOpen
            ? generation with
            {
                State = GenerationState.Applied,
                Applied = generation.Applied ?? now,
                Fingerprint = fingerprint ?? generation.Fingerprint,
            }
            : generation);

    /// <summary>It was never sent.</summary>
    public static Account Void(Account account, int number, DateTimeOffset now) => With(
        account, number, generation => generation.State == GenerationState.Candidate
            ? generation with { State = GenerationState.Void, Ended = now }
            : generation);

    /// <summary>It was sent, and is not in force.</summary>
    public static Account Retire(Account account, int number, DateTimeOffset now) => With(
        account, number, generation => generation.IsOpen
            ? generation with { State = GenerationState.Retired, Ended = now }
            : generation);

    /// <summary>It is verified: the current one. What was is the previous one, and what was open is retired.</summary>
    public static Account Promote(Account account, int number, Evidence evidence, string? fingerprint, DateTimeOffset now) =>
        account with
        {
            Generations = [.. account.Generations.Select(generation => Promoted(generation, number, evidence, fingerprint, now))],
            Check = null,
            // Whoever was given the one before has nothing any more.
            Checkout = account.Current?.Number == number ? account.Checkout : null,
        };

    private static Generation Promoted(
        Generation generation, int number, Evidence evidence, string? fingerprint, DateTimeOffset now) => generation.State switch
        {
            _ when generation.Number == number => generation with
            {
                State = GenerationState.Current,
                Applied = generation.Applied ?? now,
                Verified = now,
                Evidence = evidence,
                Ended = null,
                Fingerprint = fingerprint ?? generation.Fingerprint,
            },
            GenerationState.Current => generation with { State = GenerationState.Previous, Ended = now },
            GenerationState.Previous => generation with { State = GenerationState.Retired },
            GenerationState.Candidate or GenerationState.Applied =>
                generation with { State = GenerationState.Retired, Ended = now },
            _ => generation,
        };

    public static Account Checked(Account account, AccountCheck check) => account with { Check = check };

    /// <summary>A password was set past the escrow, or perhaps was.</summary>
    /// <param name="note">By whom and how.</param>
    public static Account MarkForeign(Account account, string note, DateTimeOffset now) =>
        account with { Check = new AccountCheck(now, InForce.Foreign, Note: note) };

    /// <summary>What a guest's entry says about the passwords of its account.</summary>
    /// <param name="owner">Of another account's generation with this fingerprint; null: there is none.</param>
    public static AccountCheck Compare(
        Account account, string fingerprint, (string Name, int Generation)? owner, DateTimeOffset now)
    {
        var found = account.Generations.FindLast(generation => generation.Fingerprint == fingerprint);
        return (found, owner) switch
        {
            ({ State: GenerationState.Current }, _) => new AccountCheck(now, InForce.Current, found.Number),
            ({ IsOpen: true }, _) => new AccountCheck(now, InForce.Unverified, found.Number),
            ({ }, _) => new AccountCheck(now, InForce.Older, found.Number),
            (null, var (name, generation)) => new AccountCheck(now, InForce.Clone, generation, name),
            _ => new AccountCheck(now, InForce.Foreign),
        };
    }

    /// <summary>The generations of which one is in force, as far as is known, the likeliest first; empty: none of the account's
    /// own is. A look says nothing of an open generation: it may be sent, or arrive, at any instant after it.</summary>
    public static IReadOnlyList<Generation> Possible(Account account)
    {
        var open = account.Open.OrderByDescending(generation => generation.Number);
        return account.Check switch
        {
            { InForce: InForce.Clone or InForce.Foreign } => [.. open],
            { Generation: { } seen } when account.Find(seen) is { } one => [one, .. open.Where(other => other.Number != seen)],
            _ => [.. open, .. SinceProved(account).Reverse()],
        };
    }

    /// <summary>The current generation; where only the agent said that it is in force, also those back to the last one that was
    /// proved.</summary>
    private static IEnumerable<Generation> SinceProved(Account account)
    {
        if (account.Current is not { } current) return [];
        if (current.Evidence != Evidence.Acknowledged) return [current];
        var proved = account.Generations.FindLast(one => one.Evidence is Evidence.Login or Evidence.Hash)?.Number ?? 0;
        return account.Generations.Where(one =>
            one.Number >= proved
            && one.State is (GenerationState.Current or GenerationState.Previous or GenerationState.Retired));
    }

    /// <summary>Leaves out what nobody needs: void and retired generations that ended before, except those that may be in force,
    /// or that a point names.</summary>
    public static Account Trim(Account account, DateTimeOffset before, IReadOnlySet<int> needed) => account with
    {
        Generations = account.Generations.RemoveAll(generation =>
            generation.State is GenerationState.Retired or GenerationState.Void
            && generation.Ended < before
            && !Possible(account).Contains(generation)
            && !needed.Contains(generation.Number)),
    };

    private static Account With(Account account, int number, Func<Generation, Generation> change) =>
        account.Find(number) is { } found
            ? account with { Generations = account.Generations.Replace(found, change(found)) }
            : throw new InvalidOperationException($"{account.Id} has no generation {number}");
}
