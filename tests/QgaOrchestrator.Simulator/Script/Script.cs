using System.Text;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>One command and its client, as the acts see them: agent and monitor answer in their own framing.</summary>
internal interface IExchange
{
    string Command { get; }

    string Arguments { get; }

    /// <summary>Does the command's work, once, and returns the framed reply.</summary>
    byte[] Execute();

    byte[] Frame(JsonObject reply);

    Task Send(ReadOnlyMemory<byte> bytes, CancellationToken stop);

    void Disconnect();

    void Deafen();
}

/// <summary>The rules of one channel, newest first, and the interpreter of their acts.</summary>
internal sealed class Script(TimeProvider time, Random chance)
{
    private readonly Lock _gate = new();
    private readonly List<Rule> _rules = [];

    public Rule On(string command, IReadOnlyList<Act> acts)
    {
        var rule = new Rule(command, acts, Remove);
        lock (_gate) _rules.Insert(0, rule);
        return rule;
    }

    public void Clear()
    {
        Rule[] rules;
        lock (_gate) rules = [.. _rules];
        foreach (var rule in rules) rule.Dispose();
    }

    public async Task Play(IExchange exchange, CancellationToken stop)
    {
        byte[]? reply = null;
        foreach (var rule in Matching(exchange.Command))
        {
            if (rule.Apply(exchange.Command) is not { } released) continue;
            var answered = false;
            foreach (var act in rule.Acts)
            {
                stop.ThrowIfCancellationRequested();
                switch (act)
                {
                    case Act.ExecuteAct:
                        reply ??= exchange.Execute();
                        break;
                    case Act.ReplyAct:
                        await exchange.Send(reply ??= exchange.Execute(), stop);
                        answered = true;
                        break;
                    case Act.HalfAct:
                        reply ??= exchange.Execute();
                        await exchange.Send(reply.AsMemory(0, reply.Length / 2), stop);
                        answered = true;
                        break;
                    case Act.ReturnAct says:
                        await exchange.Send(exchange.Frame(new JsonObject { ["return"] = says.Value.DeepClone() }), stop);
                        answered = true;
                        break;
                    case Act.ErrorAct says:
                        await exchange.Send(exchange.Frame(ErrorReply(says.Class, says.Description)), stop);
                        answered = true;
                        break;
                    case Act.EchoAct says:
                        if (says.Line(exchange.Arguments) is not { } line) break;
                        await exchange.Send(Encoding.UTF8.GetBytes(line + "\n"), stop);
                        answered = true;
                        break;
                    case Act.RawAct raw:
                        await exchange.Send(raw.Bytes, stop);
                        break;
                    case Act.SilenceAct:
                        answered = true;
                        break;
                    case Act.DisconnectAct:
                        exchange.Disconnect();
                        answered = true;
                        break;
                    case Act.DeafenAct:
                        exchange.Deafen();
                        answered = true;
                        break;
                    case Act.HangAct:
                        await released.WaitAsync(stop);
                        break;
                    case Act.WaitAct wait:
                        await Task.Delay(Draw(wait), time, stop);
                        break;
                    case Act.DoAct does:
                        does.Action();
                        break;
                }
            }
            if (answered) return;
        }
        await exchange.Send(reply ?? exchange.Execute(), stop);
    }

    public static JsonObject ErrorReply(string errorClass, string description) =>
        new() { ["error"] = new JsonObject { ["class"] = errorClass, ["desc"] = description } };

    private TimeSpan Draw(Act.WaitAct wait)
    {
        lock (_gate) return wait.Least + (wait.Most - wait.Least) * chance.NextDouble();
    }

    private Rule[] Matching(string command)
    {
        lock (_gate) return [.. _rules.Where(rule => rule.Command == "*" || rule.Command == command)];
    }

    private void Remove(Rule rule)
    {
        lock (_gate) _rules.Remove(rule);
    }
}
