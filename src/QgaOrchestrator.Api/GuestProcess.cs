using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>A process in a guest whose output is told while it runs.</summary>
/// <param name="Path">Searched in PATH.</param>
/// <param name="Args">Without the program's own name.</param>
/// <param name="Env">NAME=VALUE each; replaces the whole environment.</param>
/// <param name="Input">Its standard input, neither logged nor audited.</param>
/// <param name="Timeout">hh:mm:ss, five minutes; a process that takes longer is left to itself.</param>
public sealed record ProcessRequest(
    string Path, IReadOnlyList<string>? Args = null, IReadOnlyList<string>? Env = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? Input = null, // else null is written as ""
    string? Timeout = null)
{
    /// <summary>The program only: the rest may tell more than a log should.</summary>
    public override string ToString() => Path;
}

/// <summary>How it ended; all but the reason are null where that is not known.</summary>
/// <param name="Signal">What ended it, where it has no exit code.</param>
/// <param name="Reason">Why that is not known.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record ProcessEnd(long? ExitCode, long? Signal, string? Reason = null, string? Remedy = null);

/// <summary>What comes of a process, in the order in which it was read.</summary>
public abstract record ProcessEvent
{
    private ProcessEvent() { }

    /// <summary>The next bytes of standard output, or of standard error.</summary>
    public sealed record Said(bool Error, byte[] Bytes) : ProcessEvent;

    /// <summary>The last one.</summary>
    public sealed record Ended(ProcessEnd End) : ProcessEvent;
}

/// <summary>Types of the events: out and err hold base64, end holds a <see cref="ProcessEnd"/>.</summary>
public static class ProcessEventTypes
{
    public const string Out = "out";
    public const string Err = "err";
    public const string End = "end";
}
