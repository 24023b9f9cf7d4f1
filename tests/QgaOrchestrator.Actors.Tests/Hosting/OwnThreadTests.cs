using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Hosting;

namespace QgaOrchestrator.Actors.Tests.Hosting;

/// <summary>The host's actor has a thread of its own: whatever blocks the pool, it is served.</summary>
public sealed class OwnThreadTests() : TestKit(ConfigurationFactory.ParseString(
    $"own {{ type = Dispatcher, executor = \"{typeof(OwnThread).AssemblyQualifiedName}\" }}"))
{
    [Fact]
    public void Its_messages_are_handled_in_order_by_one_thread_that_is_not_of_the_pool()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Teller()).WithDispatcher("own"));
        var threads = new HashSet<(int, bool)>();
        for (var number = 0; number < 1000; number++) actor.Tell(number, TestActor);
        for (var number = 0; number < 1000; number++)
        {
            var told = ExpectMsg<(int Number, int Thread, bool Pool)>();
            Assert.Equal(number, told.Number);
            threads.Add((told.Thread, told.Pool));
        }
        Assert.False(Assert.Single(threads).Item2);
    }

    [Fact]
    public void What_came_before_the_end_is_done_and_the_thread_ends()
    {
        var done = new List<int>();
        var last = new ManualResetEventSlim();
        Thread? thread = null;
        var executor = new OwnThread(Config.Empty, Sys.Dispatchers.Prerequisites).Produce("own");
        for (var number = 0; number < 100; number++)
        {
            var mine = number;
            executor.Execute(new ActionRunnable(() =>
            {
                thread = Thread.CurrentThread;
                done.Add(mine);
                if (mine == 99) last.Set();
            }));
        }
        executor.Shutdown();
        Assert.True(last.Wait(TimeSpan.FromSeconds(30)));
        Assert.Equal(Enumerable.Range(0, 100), done);
        Assert.True(thread!.Join(TimeSpan.FromSeconds(30)));
    }

    private sealed class Teller : ReceiveActor
    {
        public Teller() => Receive<int>(number =>
            Sender.Tell((number, Environment.CurrentManagedThreadId, Thread.CurrentThread.IsThreadPoolThread)));
    }
}
