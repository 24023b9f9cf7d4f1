using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

internal static class TokenCommands
{
    public static Command Build(CliHost host, GlobalOptions global) =>
        new("token", "Adds, lists and revokes the tokens of a node's API.")
    {
        Add(host, global),
        List(host, global),
        Revoke(host, global),
    };

    private static Argument<string> Name() => new("NAME") { Description = "The token's name, as the audit log shows it" };

    private static Command Add(CliHost host, GlobalOptions global)
    {
        var name = Name();
        var role = new Option<string>("--role")
        {
            Description = "viewer: may look. operator: may also run and change. admin: may do everything",
            HelpName = "ROLE",
            Required = true,
        }.AcceptOnlyFromAmong(TokenRoles.Viewer, TokenRoles.Operator, TokenRoles.Admin);
        var expires = TimeOption.Of("--expires", "The token is refused from this time on (never)");
        var command = new Command(
            "add",
            "Adds a token and prints its secret, only this once: qgactl token add ci --role operator > ci.token"
        )
        {
            name,
            role,
            expires,
        };
        command.SetAction(
            async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var made = await client
                .AddTokenAsync(
                    new TokenRequest(parsed.GetRequiredValue(name), parsed.GetRequiredValue(role), parsed.GetValue(expires)),
                    cancel
                )
                .ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, made);
            else
                host.Out.WriteLine(made.Secret);
            host.Error.WriteLine(
                $"{made.Name} is {(made.Role == TokenRoles.Viewer ? "a" : "an")} "
                    + $"{made.Role}{(made.Expires is { } end ? $" until {Text.Time(end)}" : "")}. "
                    + "The node does not keep the secret: it is shown only now. Use it by --token-file FILE or QGACTL_TOKEN_FILE."
            );
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command List(CliHost host, GlobalOptions global)
    {
        var command = new Command("list", "Lists tokens, without their secrets.");
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var tokens = await client.ListTokensAsync(cancel).ToListAsync(cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
            {
                CliJson.Write(host.Out, new Page<Token>(tokens, null));
                return ExitCodes.Done;
            }
            var table = new TextTable("NAME", "ROLE", "CREATED", "EXPIRES", "LAST USED");
            foreach (var token in tokens)
                table.Add(token.Name, token.Role, Text.Time(token.Created), Expiry(token), Text.Time(token.LastUsed));
            table.Write(host.Out, host.TableWidth);
            return ExitCodes.Done;

            string Expiry(Token token) =>
                token.Expires is { } end && end <= host.Time.GetUtcNow()
                    ? $"{Text.Time(end)} (expired)"
                    : Text.Time(token.Expires);
        });
        return command;
    }

    private static Command Revoke(CliHost host, GlobalOptions global)
    {
        var name = Name();
        var command = new Command("revoke", "Revokes a token: it is refused from now on.") { name };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            await client.RevokeTokenAsync(parsed.GetRequiredValue(name), cancel).ConfigureAwait(false);
            if (!global.IsJson(parsed))
                host.Out.WriteLine($"{parsed.GetRequiredValue(name)} is revoked.");
            return ExitCodes.Done;
        });
        return command;
    }
}
