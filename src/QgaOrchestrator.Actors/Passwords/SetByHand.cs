using System.Text.Json;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Passwords;

/// <summary>A password that a caller sets past the escrow, by guest-set-user-password: what the escrow has is then in force no
/// more, or perhaps not, and its account says so.</summary>
public sealed partial class SetByHand(IEscrow escrow, TimeProvider time, ILogger<SetByHand> log)
{
    /// <summary>The account that a call is about; null: it is none of these calls.</summary>
    public static string? UserOf(string command, ReadOnlyMemory<byte> arguments)
    {
        if (command != GuestSetUserPassword.Name || arguments.IsEmpty) return null;
        var reader = new Utf8JsonReader(arguments.Span);
        while (reader.Read())
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("username"))
                return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return null;
    }

    /// <summary>A refusal proves nothing: only what was not sent leaves the account as it is. The guest has its password,
    /// whatever becomes of this note.</summary>
    /// <returns>A warning for the caller: the escrow does not know of it. Null: there is none.</returns>
    public async Task<string?> NoteAsync(string vm, string user, CallReply reply)
    {
        if (reply is CallReply.Refused) return null;
        var now = time.GetUtcNow();
        try
        {
            await escrow.ChangeAsync(new AccountId(vm, user), account => account is null or { Latest: 0 }
                ? null
                : AccountRules.MarkForeign(account, "by a call of guest-set-user-password, as qgactl vm passwd makes", now));
            return null;
        }
        catch (StoreException e)
        {
            LogNotNoted(user, vm, e.Message);
            return $"The escrow did not take the note that the password of {user} was set by hand: {e.Reason}. "
                + $"qgactl password show may give a password that is not in force. Run qgactl password check --user {user}.";
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The escrow was not told that the password of {User} of {Vm} was set by hand: {Reason}. Run: qgactl password "
            + "check"
    )]
    private partial void LogNotNoted(string user, string vm, string reason);
}
