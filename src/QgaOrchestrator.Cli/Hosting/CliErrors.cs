using System.Net;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Cli.Hosting;

/// <summary>What the caller asked for cannot be meant: exit code 2.</summary>
internal sealed class UsageException(string message, string? remedy = null) : Exception(message)
{
    public string? Remedy { get; } = remedy;
}

/// <summary>It was meant, tried, and failed: exit code 1, or the one given.</summary>
internal sealed class CommandFailedException(string message, string? remedy = null, int exitCode = ExitCodes.Failed)
    : Exception(message)
{
    public string? Remedy { get; } = remedy;
    public int ExitCode { get; } = exitCode;
}

/// <summary>Errors as the operator reads them: what, then what to do; never a stack trace.</summary>
internal static class CliErrors
{
    /// <summary>Writes what is wrong and gives the exit code; null: not an error that a user can do something about.</summary>
    public static int? Report(Exception e, TextWriter error)
    {
        if (!IsForUser(e)) return null;
        Write(error, e.Message, Remedy(e));
        if (e is ApiException { Problem: var problem })
        {
            foreach (var (member, wrong) in problem.Errors ?? new Dictionary<string, string[]>())
                error.WriteLine($"  {member}: {string.Join("; ", wrong)}");
            if (problem.Candidates is { Count: > 0 } candidates)
                error.WriteLine($"  It may be one of: {string.Join(", ", candidates)}");
            if (problem.Agent is { } agent && agent.Desc != problem.Detail)
                error.WriteLine($"  The agent's own error: {(agent.Class is null ? "" : agent.Class + ": ")}{agent.Desc}");
        }
        return Code(e);
    }

    /// <summary>A user can do something about it.</summary>
    public static bool IsForUser(Exception e) =>
        e
            is UsageException
                or CommandFailedException
                or ApiException
                or NodeUnreachableException
                or NotUnderstoodException
                or FormatException
                or IOException
                or UnauthorizedAccessException;

    /// <summary>Nobody is to blame: the node starts anew, or the guest's channel is busy, frozen or broken for a while.</summary>
    public static bool IsPassing(Exception e) => e switch
    {
        NodeUnreachableException => true,
        ApiException api => api.Status
            is HttpStatusCode.ServiceUnavailable
                or HttpStatusCode.GatewayTimeout
                or HttpStatusCode.TooManyRequests
            || api.Code == ProblemCodes.Frozen,
        _ => false,
    };

    /// <summary>What can be done about it, where it says so.</summary>
    public static string? Remedy(Exception e) => e switch
    {
        UsageException usage => usage.Remedy,
        CommandFailedException failed => failed.Remedy,
        ApiException api => api.Remedy,
        NodeUnreachableException unreachable => unreachable.Remedy,
        NotUnderstoodException =>
            "See which agent answers in the guest (qgactl vm call VM guest-info), and update its qemu-ga. qgactl vm call shows "
                + "the whole answer.",
        _ => null,
    };

    /// <summary>The exit code that it stands for.</summary>
    public static int Code(Exception e) => e switch
    {
        UsageException => ExitCodes.Usage,
        CommandFailedException failed => failed.ExitCode,
        ApiException api => OfStatus(api.Status),
        NodeUnreachableException => ExitCodes.Unreachable,
        _ => ExitCodes.Failed,
    };

    public static int OfStatus(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => ExitCodes.Usage,
        HttpStatusCode.ServiceUnavailable => ExitCodes.Unreachable,
        _ => ExitCodes.Failed,
    };

    /// <summary>What was done all the same.</summary>
    /// <param name="vm">Whose guest it is about; null: the warning says it.</param>
    public static void Warn(TextWriter error, IReadOnlyList<string>? warnings, string? vm = null)
    {
        foreach (var warning in warnings ?? [])
            error.WriteLine($"qgactl: warning: {(vm is null ? "" : $"{vm}: ")}{warning}");
    }

    public static void Write(TextWriter error, string message, string? remedy)
    {
        error.WriteLine($"qgactl: {message}");
        if (remedy is not null)
            error.WriteLine($"  {remedy}");
    }
}
