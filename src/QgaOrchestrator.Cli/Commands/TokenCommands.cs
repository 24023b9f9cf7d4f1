using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

internal static class TokenCommands
{
    public static CliCommand Build(CliHost host, GlobalOptions global) =>
        new("token", "Adds, lists and revokes the tokens of a node's API.")
    {
        Add(host, global),
        List(host, global),
        Revoke(host, global),
    };

    private static Argument<string> Name() => new("NAME") { Description = "The token's name, as the audit log shows it" };

    private static CliCommand Add(CliHost host, GlobalOptions global)
    {
        var name = Name();
        var role = new Option<string>("--role")
        {
            Description = "viewer: may look. operator: may also start runs and change guests. admin: may do everything",
            HelpName = "ROLE",
            Required = true,
        }.AcceptOnlyFromAmong(TokenRoles.Viewer, TokenRoles.Operator, TokenRoles.Admin);
        var expires = TimeOption.Of("--expires", "The token is refused from this time on (default: never)");
        var command = new CliCommand(
            "add",
            "Adds a token and prints its secret. The secret is shown only this once.",
            "qgactl token add ci --role operator --expires 2027-01-31 > ci.token"
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
                    + $"{made.Role}{(made.Expires is { } end ? $" until {host.Screen.Time(end)}" : "")}. "
                    + "The node does not keep the secret: it is shown only now. Use it by --token-file FILE or QGACTL_TOKEN_FILE."
            );
            return ExitCodes.Done;
        });
        return command;
    }

    private static CliCommand List(CliHost host, GlobalOptions global)
    {
        var command = new CliCommand("list", "Lists tokens, without their secrets.", "qgactl token list");
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
                table.Add(
                    token.Name, token.Role, host.Screen.Time(token.Created), Expiry(token), host.Screen.Time(token.LastUsed));
            table.Write(host.Screen);
            return ExitCodes.Done;

            string Expiry(Token token) =>
                token.Expires is { } end && end <= host.Time.GetUtcNow()
                    ? $"{host.Screen.Time(end)} (expired)"
                    : host.Screen.Time(token.Expires);
        });
        return command;
    }

    private static CliCommand Revoke(CliHost host, GlobalOptions global)
    {
        var name = Name();
        var command = new CliCommand("revoke", "Revokes a token: it is refused from now on.", "qgactl token revoke ci") { name };
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
