namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// A call that gives its value or throws, for callers whose next step needs the value. Who decides by what became of a call
/// takes <see cref="IAgent.CallAsync"/>, and so does who sends guest-shutdown or guest-suspend-*: their success is not answered.
/// </summary>
public static class AgentCalls
{
    /// <summary>As in config/node.json.</summary>
    private static readonly TimeSpan _freezeTimeout = TimeSpan.FromSeconds(30);

    /// <param name="request">As the command's own type makes it: <see cref="GuestPing.Request"/>.</param>
    /// <param name="timeout">Null: <see cref="AgentCommand.DefaultTimeout"/>, 30 s for a freeze.</param>
    /// <exception cref="AgentException">Refused; not sent; or not answered in time, which closes the link, unless it was a
    /// freeze.</exception>
    public static Task AskAsync(this IAgent agent, AgentRequest request, TimeSpan? timeout = null) =>
        agent.ReturnOfAsync(request, timeout);

    /// <param name="request">As the command's own type makes it: <see cref="GuestGetOsinfo.Request"/>.</param>
    /// <param name="read">The same type's Read: <see cref="GuestGetOsinfo.Read"/>.</param>
    /// <param name="timeout">Null: <see cref="AgentCommand.DefaultTimeout"/>, 30 s for a freeze.</param>
    /// <exception cref="AgentException">Refused; not sent; or not answered in time, which closes the link, unless it was a
    /// freeze.</exception>
    /// <exception cref="NotUnderstoodException">The value is not of this command's shape.</exception>
    public static async Task<T> AskAsync<T>(
        this IAgent agent, AgentRequest request, Func<ReadOnlyMemory<byte>, T> read, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(read);
        return read(await agent.ReturnOfAsync(request, timeout).ConfigureAwait(false));
    }

    private static async Task<ReadOnlyMemory<byte>> ReturnOfAsync(this IAgent agent, AgentRequest request, TimeSpan? timeout)
    {
        ArgumentNullException.ThrowIfNull(agent);
        ArgumentNullException.ThrowIfNull(request);
        var command = AgentCommands.Find(request.Command) ?? AgentCommands.Unlisted(request.Command);
        var outcome = await agent.CallAsync(request, timeout ?? command.DefaultTimeout(_freezeTimeout)).ConfigureAwait(false);
        return outcome switch
        {
            AgentOutcome.Returned returned => returned.Json,
            AgentOutcome.Refused refused => throw new AgentException($"{request} was refused: {refused.Error}", outcome),
            AgentOutcome.NotSent notSent => throw new AgentException($"{request} was not sent: {notSent.Reason}", outcome),
            AgentOutcome.Unknown unknown => throw new AgentException($"{request} may have happened: {unknown.Reason}", outcome),
            _ => throw new InvalidOperationException("no other outcome exists"),
        };
    }
}
