using System.Text;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Tests.Wire;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>A link without a socket: bytes in by hand, what it does in lists.</summary>
internal sealed class LinkDialogue
{
    private ByteStream _stream = new();

    public LinkState State { get; private set; } = AgentLink.Start;
    public List<string> Written { get; } = [];
    public List<OpenOutcome> Opened { get; } = [];
    public List<AgentOutcome> Called { get; } = [];
    public List<ResyncOutcome> Resynced { get; } = [];
    public List<string> Lost { get; } = [];

    /// <summary>A link that has answered sync 1 as a real agent does: an error for the 0xFF, then the id.</summary>
    public static LinkDialogue Ready()
    {
        var link = new LinkDialogue();
        link.Open(1);
        link.Hear(Stray + Synced(1));
        Assert.IsType<OpenOutcome.Ready>(Assert.Single(link.Opened));
        return link;
    }

    public const string Stray = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error, stray '\\uFFFD'\"}}\n";

    public static string Synced(long id) => $"\u00ff{{\"return\": {id}}}\n";

    public static AgentRequest Freeze { get; } = new("guest-fsfreeze-freeze") { KeepLinkWhenOverdue = true };

    public void Open(long syncId)
    {
        _stream = new();
        Do(new LinkInput.Open());
        Do(new LinkInput.Connected(syncId));
    }

    public void Send(AgentRequest request)
    {
        Do(new LinkInput.Send(request));
        Do(new LinkInput.Written(State));
    }

    public void Hear(string bytes) => Hear(Encoding.Latin1.GetBytes(bytes));

    public void Hear(ReadOnlySpan<byte> bytes)
    {
        foreach (var line in _stream.Feed(bytes))
        {
            if (!line.Bytes.IsEmpty && State is not LinkState.Closed)
                Do(new LinkInput.Line(line));
        }
    }

    public void Expire() => Do(new LinkInput.Deadline(TimeSpan.FromSeconds(5)));

    public void Do(LinkInput input)
    {
        var step = AgentLink.Step(State, input);
        State = step.State;
        if (!step.Write.IsEmpty) Written.Add(Encoding.Latin1.GetString(step.Write.Span));
        if (step.Opened is { } opened) Opened.Add(opened);
        if (step.Called is { } called) Called.Add(called);
        if (step.Resynced is { } resynced) Resynced.Add(resynced);
        if (step.Lost is { } lost) Lost.Add(lost);
    }

    public string Returned() => Json(Called[^1]);

    public static string Json(AgentOutcome? outcome) =>
        Encoding.UTF8.GetString(Assert.IsType<AgentOutcome.Returned>(outcome).Json.Span);
}
