using System.Text;
using CsCheck;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>
/// Over any order of client, agent, chunks, noise, time-outs and drops: every call is completed exactly once, and a reply
/// never reaches another request than its own. Each request carries a number and the modelled agent returns that.
/// </summary>
public sealed class AgentLinkProperty
{
    [Fact]
    public void Every_call_is_completed_once_and_with_its_own_reply() =>
        Gen.Int[0, 99].Array[1, 200].Sample(steps =>
        {
            var world = new World();
            foreach (var step in steps)
                world.Play(step);
            world.End();
        }, iter: 3000);

    private sealed class World
    {
        private readonly LinkDialogue _link = new();
        private readonly Queue<string> _asked = new();   // written by us, not yet taken by the agent
        private readonly List<byte> _answered = [];      // written by the agent, not yet read by us; outlives a connection
        private int _number, _sent, _read, _called, _resynced, _lastCalled;

        public void Play(int step)
        {
            switch (step % 10)
            {
                case 0 or 1 or 2: Client(keep: step % 20 < 10); break;
                case 3 or 4: Agent(); break;
                case 5 or 6: Deliver(step / 2); break;
                case 7: Deliver(int.MaxValue); break;
                case 8: Trouble(step / 10); break;
                default: Expire(step); break;
            }
            Check();
        }

        public void End()
        {
            _link.Do(new LinkInput.Close());
            Check();
            Assert.Equal(_sent, _link.Called.Count);
        }

        private void Client(bool keep)
        {
            switch (_link.State)
            {
                case LinkState.Closed:
                    _link.Open(++_number);
                    break;
                case LinkState.Ready:
                    _sent++;
                    _link.Send(new($"guest-{++_number}") { KeepLinkWhenOverdue = keep });
                    break;
                case LinkState.Overdue or LinkState.Busy { SyncBehind: null }:
                    _link.Do(new LinkInput.Resync(++_number));
                    break;
            }
            for (; _read < _link.Written.Count; _read++)
                _asked.Enqueue(_link.Written[_read]);
        }

        private void Agent()
        {
            if (!_asked.TryDequeue(out var asked))
                return;
            if (asked[0] == '\u00ff')
                Answer(LinkDialogue.Stray);
            var number = new string([.. asked.Where(char.IsAsciiDigit)]);
            Answer(asked.Contains("guest-sync-delimited", StringComparison.Ordinal)
                ? LinkDialogue.Synced(long.Parse(number, null))
                : $"{{\"return\": {number}}}\n");
        }

        private void Deliver(int most)
        {
            var count = Math.Min(most, _answered.Count);
            if (_link.State is LinkState.Closed || count == 0)
                return;
            var chunk = _answered[..count].ToArray();
            _answered.RemoveRange(0, count);
            _link.Hear(chunk);
        }

        private void Trouble(int kind)
        {
            switch (kind)
            {
                case 0 or 1: Answer("noise\n"); break;
                case 2 or 3: Answer("\u00ff\n{\"retu\n"); break;
                case 4 or 5: _asked.TryDequeue(out _); break; // the agent is killed with a request in its hands
                case 6 or 7: _link.Do(new LinkInput.Disconnected("gone")); break;
                default: _link.Do(new LinkInput.Close()); break;
            }
            Drop();
        }

        private void Expire(int step)
        {
            if (step > 50 && _link.State is LinkState.Syncing or LinkState.Busy or LinkState.Resyncing)
                _link.Expire();
            Drop();
        }

        /// <summary>QEMU drops what the agent has not taken when its client leaves.</summary>
        private void Drop()
        {
            if (_link.State is LinkState.Closed)
                _asked.Clear();
        }

        private void Answer(string bytes) => _answered.AddRange(Encoding.Latin1.GetBytes(bytes));

        private void Check()
        {
            Drop();
            for (; _called < _link.Called.Count; _called++)
            {
                _lastCalled = NumberOf(_called);
                if (_link.Called[_called] is not AgentOutcome.Unknown)
                    Assert.Equal($"{_lastCalled}", LinkDialogue.Json(_link.Called[_called])); // this agent refuses nothing
            }
            for (; _resynced < _link.Resynced.Count; _resynced++)
            {
                if (_link.Resynced[_resynced].Late is { } late)
                    Assert.Equal($"{_lastCalled}", LinkDialogue.Json(late));
            }
            Assert.InRange(_link.Called.Count, _sent - 1, _sent);
        }

        private int NumberOf(int call)
        {
            var requests = _link.Written.Where(bytes => bytes[0] != '\u00ff').ToList();
            return int.Parse(new string([.. requests[call].Where(char.IsAsciiDigit)]), null);
        }
    }
}
