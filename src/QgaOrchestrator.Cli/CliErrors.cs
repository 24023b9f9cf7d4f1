using System.Net;
using QgaOrchestrator.Api.Client;

namespace QgaOrchestrator.Cli;

/// <summary>What the caller asked for cannot be meant: exit code 2.</summary>
internal sealed class UsageException(string message, string? remedy = null) : Exception(message)
{
    public string? Remedy { get; } = remedy;
}

/// <summary>It was meant, tried, and failed: exit code 1, or the one given.</summary>
internal sealed class CommandFailedException(string message, string? remedy = null, int exitCode = ExitCodes.Failed) : Exception(message)
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
        switch (e)
        {
            case UsageException usage:
                Write(error, usage.Message, usage.Remedy);
                return ExitCodes.Usage;
            case CommandFailedException failed:
                Write(error, failed.Message, failed.Remedy);
                return failed.ExitCode;
            case ApiException api:
                Write(error, api.Message, api.Remedy);
                foreach (var (member, wrong) in api.Problem.Errors ?? new Dictionary<string, string[]>())
                    error.WriteLine($"  {member}: {string.Join("; ", wrong)}");
                if (api.Problem.Candidates is { Count: > 0 } candidates)
                    error.WriteLine($"  It may be one of: {string.Join(", ", candidates)}");
                if (api.Problem.Agent is { } agent)
                    error.WriteLine($"  The agent's own error: {agent.Class}: {agent.Desc}");
                return OfStatus(api.Status);
            case NodeUnreachableException unreachable:
                Write(error, unreachable.Message, unreachable.Remedy);
                return ExitCodes.Unreachable;
            case FormatException or IOException or UnauthorizedAccessException:
                Write(error, e.Message, null);
                return ExitCodes.Failed;
            default:
                return null;
        }
    }

    public static int OfStatus(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => ExitCodes.Usage,
        HttpStatusCode.ServiceUnavailable => ExitCodes.Unreachable,
        _ => ExitCodes.Failed,
    };

    public static void Write(TextWriter error, string message, string? remedy)
    {
        error.WriteLine($"qgactl: {message}");
        if (remedy is not null)
            error.WriteLine($"  {remedy}");
    }
}
