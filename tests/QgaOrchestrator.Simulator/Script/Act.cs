using System.Text;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// One line of a fault's dialogue. A fault is what the peer does, in order, when a command comes in:
/// <code>
/// vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Hang);            // frozen, but the reply does not come
/// vm.Agent.On("guest-fsfreeze-thaw", Act.Execute, Act.Error("fsfreeze hook has failed with status 1"));
/// vm.Monitor.On("transaction", Act.Execute, Act.Disconnect);              // cut, but no client learns of it
/// </code>
/// Where the acts hold no answer, the dialogue continues with the next older rule, in the end with execute and reply: so
/// `On("*", Act.Wait(5 ms))` delays everything and leaves the rest to others.
/// </summary>
public abstract record Act
{
    private Act()
    {
    }

    /// <summary>Do what the command asks, and keep the reply. Done once however many acts ask for it.</summary>
    public static Act Execute { get; } = new ExecuteAct();

    /// <summary>Send the kept reply.</summary>
    public static Act Reply { get; } = new ReplyAct();

    /// <summary>Stand still until the rule is released or removed. A serial peer answers no client meanwhile.</summary>
    public static Act Hang { get; } = new HangAct();

    /// <summary>Answer nothing, and go on with the next command.</summary>
    public static Act Silence { get; } = new SilenceAct();

    /// <summary>Close the client's connection.</summary>
    public static Act Disconnect { get; } = new DisconnectAct();

    /// <summary>This connection hears and says nothing more; a new one is served.</summary>
    public static Act Deafen { get; } = new DeafenAct();

    /// <summary>Send the first half of the reply, without an end of line.</summary>
    public static Act Half { get; } = new HalfAct();

    public static Act Wait(TimeSpan time) => new WaitAct(time, time);

    /// <summary>Wait between the two, drawn from the VM's own seeded chance.</summary>
    public static Act Wait(TimeSpan least, TimeSpan most) => new WaitAct(least, most);

    /// <summary>Bytes as they are, in front of what follows.</summary>
    public static Act Raw(byte[] bytes) => new RawAct(bytes);

    public static Act Raw(string text) => new RawAct(Encoding.Latin1.GetBytes(text));

    /// <summary>Answer this, executed or not.</summary>
    public static Act Return(JsonNode value) => new ReturnAct(value);

    public static Act Error(string description, string errorClass = "GenericError") => new ErrorAct(description, errorClass);

    /// <summary>Answer this line, made of the arguments that came (JSON, empty for none): a guest that repeats what it was
    /// told. Null: no answer, so others decide.</summary>
    public static Act Echo(Func<string, string?> line) => new EchoAct(line);

    /// <summary>Anything else that happens at this point of the dialogue: pause the VM, freeze by somebody else, tell a
    /// test.</summary>
    public static Act Do(Action action) => new DoAct(action);

    internal sealed record ExecuteAct : Act;

    internal sealed record ReplyAct : Act;

    internal sealed record HangAct : Act;

    internal sealed record SilenceAct : Act;

    internal sealed record DisconnectAct : Act;

    internal sealed record DeafenAct : Act;

    internal sealed record HalfAct : Act;

    internal sealed record WaitAct(TimeSpan Least, TimeSpan Most) : Act;

    internal sealed record RawAct(byte[] Bytes) : Act;

    internal sealed record ReturnAct(JsonNode Value) : Act;

    internal sealed record ErrorAct(string Description, string Class) : Act;

    internal sealed record EchoAct(Func<string, string?> Line) : Act;

    internal sealed record DoAct(Action Action) : Act;
}
