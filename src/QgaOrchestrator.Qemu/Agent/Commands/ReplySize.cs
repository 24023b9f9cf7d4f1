namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>How long a reply may be, by its request.</summary>
public static class ReplySize
{
    extension(AgentRequest request)
    {
        /// <summary>Bytes that its reply may have at the most: <see cref="AgentCommand.LargestReply"/>. More are not
        /// read.</summary>
        public int LargestReply => (AgentCommands.Find(request.Command) ?? AgentCommands.Unlisted(request.Command))
            .LargestReplyTo(request.Arguments);
    }
}
