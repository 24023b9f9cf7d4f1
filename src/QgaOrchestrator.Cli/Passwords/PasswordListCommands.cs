using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary><c>password ages</c> and <c>password history</c>.</summary>
internal static class PasswordListCommands
{
    public static CliCommand BuildAges(CliHost host, GlobalOptions global)
    {
        var older = Durations.Option("--older", "Only those that were verified longer ago than this, for example 90d, or never");
        var never = new Option<bool>("--never")
        {
            Description = "Only those that were never verified, and VMs without any account in the escrow",
        };
        var user = new Option<string>("--user") { Description = "Only accounts of this name", HelpName = "USER" };
        var fail = new Option<bool>("--fail") { Description = "Exits with 3 if any is listed" };
        var command = new CliCommand(
            "ages",
            "Lists the accounts in the escrow: how old each password is, how it was verified, and what was last seen in force.",
            "qgactl password ages",
            "qgactl password ages --older 90d --never --fail"
        ) { older, never, user, fail };
        command.Exits = ExitCodes.OfFinding;
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var all = new List<EscrowedAccount>();
            await foreach (var one in client.ListPasswordsAsync(null, parsed.GetValue(user), cancel).ConfigureAwait(false))
                all.Add(one);
            var (limit, wantsNever) = (Durations.ParseGiven(parsed.GetValue(older)), parsed.GetValue(never));
            var rows = all.Where(IsWanted).ToList();
            if (wantsNever)
            {
                var known = all.Select(one => $"{one.Host}/{one.Vm}").ToHashSet(StringComparer.Ordinal);
                await foreach (var vm in client.ListVmsAsync(null, cancel).ConfigureAwait(false))
                    if (!known.Contains(vm.Id)) rows.Add(new(vm.Name, vm.Host, vm.Uuid, parsed.GetValue(user) ?? "", []));
            }
            if (global.IsJson(parsed)) CliJson.Write(host.Out, new Page<EscrowedAccount>(rows, null));
            else WriteAges(host, rows);
            return parsed.GetValue(fail) && rows.Count > 0 ? ExitCodes.Partial : ExitCodes.Done;

            bool IsWanted(EscrowedAccount account) => (limit is null && !wantsNever)
                || (wantsNever && Current(account) is null)
                || (limit is { } most && !(Current(account)?.Verified > host.Time.GetUtcNow() - most));
        });
        return command;
    }

    public static CliCommand BuildHistory(CliHost host, GlobalOptions global)
    {
        var (vm, user) = (AccountArguments.Vm(), AccountArguments.User());
        var command = new CliCommand(
            "history",
            "Lists all passwords of an account that the escrow has: when each was made, applied and verified, and how.",
            "qgactl password history db1 root"
        ) { vm, user };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var account = await client.GetPasswordAsync(parsed.GetRequiredValue(vm), parsed.GetRequiredValue(user), cancel)
                .ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, account);
            else WriteHistory(host.Screen, account);
            return ExitCodes.Done;
        });
        return command;
    }

    private static EscrowedGeneration? Current(EscrowedAccount account) =>
        account.Generations.FirstOrDefault(one => one.Number == account.Current);

    private static void WriteAges(CliHost host, IReadOnlyList<EscrowedAccount> accounts)
    {
        var table = new TextTable("VM", "USER", "GENERATION", "AGE", "EVIDENCE", "IN FORCE", "CHECKED OUT");
        foreach (var one in accounts)
        {
            var current = Current(one);
            table.Add(
                $"{one.Host}/{one.Vm}{(one.Gone ? " (gone)" : "")}",
                one.User,
                current is null ? "" : $"{current.Number}",
                current?.Verified is { } at ? Age(host.Time.GetUtcNow() - at) : new Painted("never", Paint.Warning),
                current?.Evidence,
                one.Generations.Count == 0 ? "" : InForce(one),
                one.Checkout is { } given ? $"{given.By}, until {host.Screen.Time(given.Until)}" : "");
        }
        table.Write(host.Screen);
    }

    private static Painted InForce(EscrowedAccount account) => account switch
    {
        { Check: { InForce: "clone", Other: { } other } } => new Painted($"clone of {other}", Paint.Bad),
        { Foreign: true } => new Painted("foreign", Paint.Bad),
        { Check: { InForce: "older", Generation: { } number } } => new Painted($"{number} (restored)", Paint.Warning),
        { Possible.Count: > 1 } => new Painted($"one of {string.Join(", ", account.Possible)}", Paint.Warning),
        _ => new Painted(string.Join(", ", account.Possible)),
    };

    private static string Age(TimeSpan age) => age.TotalDays >= 2 ? $"{(int)age.TotalDays} d" : Text.Span(age);

    private static void WriteHistory(Screen to, EscrowedAccount account)
    {
        var table = new TextTable("GENERATION", "STATE", "MADE", "APPLIED", "VERIFIED", "EVIDENCE", "ENDED", "RUN");
        foreach (var one in account.Generations.OrderByDescending(one => one.Number))
            table.Add(
                $"{one.Number}", one.State, to.Time(one.Made), to.Time(one.Applied), to.Time(one.Verified), one.Evidence,
                to.Time(one.Ended), one.Run);
        table.Write(to);
        to.WriteLine();
        to.WriteLine(account.Possible.Count switch
        {
            0 => "In force: none of these, as far as is known.",
            1 => $"In force: {account.Possible[0]}.",
            _ => $"In force: one of {string.Join(", ", account.Possible)}; the likeliest is the first.",
        });
        if (account.Check is { } check)
            to.WriteLine($"Last look: {to.Time(check.At)}, {check.InForce}"
                + $"{(check.Other is { } other ? $" of {other}" : "")}{(check.Note is { } note ? $". {note}" : "")}");
        if (account.Checkout is { } given)
            to.WriteLine($"Checked out by {given.By} until {to.Time(given.Until)}"
                + $"{(given.Run is { } run ? $"; run {run} rotates it" : "")}.");
        if (account.Run is { } working) to.WriteLine($"Run {working} works on it.");
    }
}
