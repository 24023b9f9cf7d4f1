using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Node.Http.Passwords;

/// <summary>From the escrow's types to the API's. No hash, no fingerprint and no sealed text is among them.</summary>
public static class PasswordMapping
{
    /// <param name="all">Also the generations that are retired or void.</param>
    /// <param name="texts">The sealed text of some generations.</param>
    public static EscrowedAccount ToApi(
        this FoundAccount found, bool all, IReadOnlyDictionary<int, byte[]>? texts = null)
    {
        var (account, vm) = found;
        var place = vm?.Id.ToString() ?? account.Name;
        var slash = place.IndexOf('/', StringComparison.Ordinal);
        return new(
            place[(slash + 1)..],
            place[..Math.Max(slash, 0)],
            account.Id.Vm.Contains('/', StringComparison.Ordinal) ? null : account.Id.Vm,
            account.Id.User,
            [
                .. account.Generations
                    .Where(one => all || one.State is not (GenerationState.Retired or GenerationState.Void))
                    .Select(one => one.ToApi() with { Sealed = texts?.GetValueOrDefault(one.Number) }),
            ])
        {
            Gone = vm is null,
            Current = account.Current?.Number,
            Possible = [.. AccountRules.Possible(account).Select(one => one.Number)],
            Foreign = account.Check is { InForce: InForce.Foreign or InForce.Clone },
            Check = account.Check is { } check
                ? new(check.At, Lower(check.InForce), check.Generation, check.Other, check.Note)
                : null,
            Checkout = account.Checkout is { } given ? new(given.By, given.At, given.Until, given.Rotation) : null,
            Run = account.Lease?.Run,
        };
    }

    private static EscrowedGeneration ToApi(this Generation one) => new(one.Number, Lower(one.State), one.Made, one.Run)
    {
        Applied = one.Applied,
        Verified = one.Verified,
        Evidence = one.Evidence is { } evidence ? Lower(evidence) : null,
        Ended = one.Ended,
    };

    private static string Lower<T>(T word) where T : struct, Enum => word.ToString().ToLowerInvariant();
}
