using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Kinds.PasswordReset;

/// <summary>Why an account is not touched, before anything is made or sent.</summary>
public static class ResetRefusals
{
    /// <returns>Every reason that there is; empty: it may go on.</returns>
    public static IReadOnlyList<(string Reason, string Remedy)> Of(EntryLook look, ResetOptions options) => look switch
    {
        EntryLook.NotHere { Fault: var fault } => [Of(fault, options.User)],
        EntryLook.Impossible { Why: var why } when options is { AcceptUnverified: false, Verify: not ResetProof.None } =>
            [($"the guest cannot prove a new password: {why}",
                "Allow guest-exec in the guest's agent, or take the agent's word with --accept-unverified")],
        EntryLook.Found { Entry: var entry, System: var system } => [.. Of(entry, system, options)],
        _ => [],
    };

    /// <summary>Why a host makes no password for a run; null: it may.</summary>
    /// <param name="options">The run's.</param>
    /// <param name="here">SHA-256 of the certificate of each recipient that the host has.</param>
    /// <param name="host">The host's name.</param>
    public static (string Reason, string Remedy)? OfRecipients(
        ResetOptions options, IReadOnlyCollection<string> here, string host)
    {
        if (options.Mode == ResetMode.Reapply) return null;
        if (here.Count == 0)
            return ("nobody could open the new password: the escrow has no recipient",
                "qgactl escrow init NAME makes a key and adds it; qgactl escrow add NAME FILE adds a certificate");
        if (options.Recipients is not { } wanted) return null;
        var (missing, more) = (wanted.Except(here).Count(), here.Except(wanted).Count());
        return missing + more == 0
            ? null
            : ($"host {host} has other escrow recipients than the run was started with: {missing} missing, {more} more",
                "qgactl host list shows which hosts differ; qgactl escrow add NAME FILE and escrow remove NAME put it right on "
                    + "all of them. Then retry the run: it takes the recipients of then");
    }

    private static (string Reason, string Remedy) Of(AccountFault fault, string user) => fault switch
    {
        AccountFault.Missing => ($"the guest has no account {user}", "Correct --user, or leave this VM out of the selection"),
        AccountFault.Directory => ($"{user} is an account of a directory, not of the guest's own files",
            "Change its password in the directory; a reset here would change nothing, or the whole directory's"),
        AccountFault.ChannelLogged => ("QEMU logs what its character devices carry: the log would hold the password, or its hash",
            "Start this VM without logfile= at its agent's chardev"),
        _ => ("the guest is a domain controller: its accounts are the domain's", "Change the password in the domain"),
    };

    private static IEnumerable<(string Reason, string Remedy)> Of(GuestEntry entry, GuestSystem system, ResetOptions options)
    {
        if (entry.AgentLogsInput)
            yield return ("the guest's agent logs what it is sent (-v): the log would hold the password's hash, or the password",
                "Start qemu-ga in the guest without -v and without verbose in its configuration");
        if (entry.Locked && !options.Unlock)
            yield return ($"the account {options.User} is locked",
                "--unlock sets a new password and unlocks it. To keep it locked, leave this VM out of the selection");
        if (entry.Expired)
            yield return ($"the account {options.User} has expired", "Extend it in the guest (chage -E), or leave it expired");
        if (entry.MustChange && !options.ClearMustChange)
            yield return ($"the account {options.User} must change its password at the next login",
                "Let its owner log in first, or clear the mark by a new password with --clear-must-change");
        var byLogin = options.Verify == ResetProof.Login
            || (options.Verify == ResetProof.Hash && !(options.Crypted ?? system != GuestSystem.Windows));
        if (byLogin && options.Mode == ResetMode.Rotate && !entry.CanTestLogin && !options.AcceptUnverified)
            yield return ("the guest has nothing that tests a login without a lock-out counter (unix_chkpwd)",
                "Install PAM's unix_chkpwd in the guest, use --verify hash, or take a weaker proof with --accept-unverified");
    }
}
