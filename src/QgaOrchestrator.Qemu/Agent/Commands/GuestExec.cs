using System.Text.Json;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Starts a process in the guest as the agent's own user, without a shell. Disabled by some distributions
/// (RHEL).</summary>
public static class GuestExec
{
    public const string Name = "guest-exec";

    /// <summary>It would run twice. Standard input is the way for a secret: arguments and environment are shown by the
    /// guest's ps and /proc, and the agent logs its arguments.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(2, 5), RetryClass.Never, TimeoutClass.Quick)
    {
        Arguments = AgentJson.Default.ExecRequest,
        Returns = AgentJson.Default.GuestProcess,
        SecretArguments = ["input-data"],
        Words = new("capture-output", ExecCapture.WordsSince, "true or false"),
    };

    /// <param name="agent">The agent's version, from guest-info; needed only to capture by a word.</param>
    /// <exception cref="ArgumentException">It asks for a capture that this agent does not understand.</exception>
    public static AgentRequest Request(ExecRequest process, Version? agent = null)
    {
        if (process.CaptureOutput.Word is { } word && !(agent >= ExecCapture.WordsSince))
        {
            throw new ArgumentException(
                $"capture-output \"{word}\" needs an agent of QEMU {ExecCapture.WordsSince} or later, this one is "
                    + $"{agent?.ToString() ?? "of unknown version"}: use true or false",
                nameof(process));
        }
        return AgentJson.Request(Name, process, AgentJson.Default.ExecRequest);
    }

    /// <summary>A process that is given a secret on its standard input. Its output is not captured: it could repeat it.</summary>
    /// <param name="path">Searched in PATH.</param>
    /// <param name="arguments">Without the program's own name.</param>
    /// <returns>Whoever has sent it disposes its <see cref="AgentRequest.Holder"/>.</returns>
    public static AgentRequest SecretRequest(string path, IReadOnlyList<string> arguments, Secret input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var process = JsonSerializer.SerializeToUtf8Bytes(new ExecRequest(path, arguments), AgentJson.Default.ExecRequest);
        return AgentJson.Request(
            Name, [.. process.AsSpan(0, process.Length - 1), .. ",\"input-data\":\""u8], input, [.. "\"}"u8]);
    }

    public static GuestProcess Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.GuestProcess);
}

/// <param name="Path">Searched in PATH.</param>
/// <param name="Arg">Without the program's own name.</param>
/// <param name="Env">NAME=VALUE each; replaces the whole environment.</param>
/// <param name="InputData">Its standard input.</param>
/// <param name="CaptureOutput">true keeps both streams apart, in every version.</param>
public sealed record ExecRequest(
    string Path, IReadOnlyList<string>? Arg = null, IReadOnlyList<string>? Env = null, byte[]? InputData = null,
    ExecCapture CaptureOutput = default)
{
    /// <summary>The program only: the rest may tell more than a log should.</summary>
    public override string ToString() => Path;
}

/// <param name="Pid">For <see cref="GuestExecStatus"/>. On Windows the agent's own number.</param>
public sealed record GuestProcess(long Pid);
