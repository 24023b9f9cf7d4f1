using System.CommandLine;
using System.Globalization;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary><c>password show</c>: opens what may be in force, on this machine.</summary>
internal static class PasswordShowCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var (vm, user) = (AccountArguments.Vm(), AccountArguments.User());
        var generation = new Option<int?>("--generation")
        {
            Description = "Only this generation: qgactl password history lists them",
            HelpName = "N",
            CustomParser = result =>
            {
                if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    return number;
                result.AddError($"--generation: '{result.Tokens[0].Value}' is not a number from 1 on.");
                return null;
            },
        };
        var at = new Option<string>("--at")
        {
            Description = "Those that this recovery point names: for a VM that was restored from it",
            HelpName = "POINT",
        };
        var offline = new Option<string>("--offline")
        {
            Description = "Without a node: from a file that qgactl password export wrote",
            HelpName = "FILE",
        };
        var reason = AccountArguments.Reason();
        var command = new CliCommand(
            "show",
            "Shows the password of an account, opened with your key on this machine. The audit log tells who asked, and why.",
            "qgactl password show db1 root --reason 'disk is full'",
            "qgactl password show db1 root --at 01K8XQ5T-db1 --key anna.key",
            "qgactl password show db1 root --offline escrow.json"
        ) { vm, user, generation, at, offline, reason };
        command.Exits = ExitCodes.OfPassword;
        var key = new KeyOptions(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(at) is not null && result.GetValue(generation) is not null)
                result.AddError("--at and --generation name two things: give one of them.");
            if (result.GetValue(at) is not null && result.GetValue(offline) is not null)
                result.AddError("--at: only a node knows points. Give --generation N: point.json of the point names it.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            using var opener = key.Open(parsed, host);
            var (name, account) = (parsed.GetRequiredValue(vm), parsed.GetRequiredValue(user));
            var (number, point) = (parsed.GetValue(generation), parsed.GetValue(at));
            var found = parsed.GetValue(offline) is { } file
                ? PasswordExport.Read(file).Find(name, account)
                : await FetchAsync().ConfigureAwait(false);
            return new PasswordWriter(host, global.IsJson(parsed)).Write(found, Chosen(found, number, point), opener);

            async Task<EscrowedAccount> FetchAsync()
            {
                var why = AccountArguments.ReasonOf(parsed, reason, host);
                using var client = global.Connect(parsed, host);
                return await client.GetSealedPasswordAsync(name, account, why, number, point, cancel).ConfigureAwait(false);
            }
        });
        return command;
    }

    /// <summary>The generations that are asked for, the likeliest first.</summary>
    public static IReadOnlyList<EscrowedGeneration> Chosen(EscrowedAccount account, int? number, string? point)
    {
        var texts = account.Generations.Where(one => one.Sealed is not null).ToDictionary(one => one.Number);
        IReadOnlyList<EscrowedGeneration> chosen = (number, point) switch
        {
            ({ } one, _) => texts.TryGetValue(one, out var found) ? [found] : [],
            (_, not null) => [.. texts.Values.OrderByDescending(one => one.Number)],
            _ => [.. account.Possible.Where(texts.ContainsKey).Select(one => texts[one])],
        };
        if (chosen.Count > 0) return chosen;
        throw new CommandFailedException(
            number is { } wanted
                ? $"The escrow has no generation {wanted} of {account.User} in {account.Vm}."
                : account.Foreign
                    ? $"The password of {account.User} in {account.Vm} was set past the escrow"
                        + $"{(account.Check?.Other is { } other ? $": the guest is a clone of {other}" : "")}."
                    : $"No password of {account.User} in {account.Vm} is known to be in force.",
            $"Set a new one: qgactl password reset --select name={account.Vm} --user {account.User}. Earlier ones: "
                + $"qgactl password history {account.Vm} {account.User}");
    }
}
