using Akka.Configuration;
using Akka.Dispatch;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>
/// One thread for a dispatcher's actors, which sleeps while nothing is to be done. The thread of Akka's PinnedDispatcher
/// looks for work many times before it sleeps, after each message: a third of what an idle node costs. Made by Akka, from
/// its type's name.
/// </summary>
internal sealed class OwnThread(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new Executor(id);

    private sealed class Executor : ExecutorService
    {
        private readonly Queue<IRunnable> _work = new();
        private bool _stopped;

        public Executor(string id) : base(id) => new Thread(Run) { IsBackground = true, Name = id }.Start();

        public override void Execute(IRunnable run)
        {
            lock (_work)
            {
                _work.Enqueue(run);
                Monitor.Pulse(_work);
            }
        }

        public override void Shutdown()
        {
            lock (_work)
            {
                _stopped = true;
                Monitor.Pulse(_work);
            }
        }

        private void Run()
        {
            while (Next() is { } run) run.Run();
        }

        /// <summary>What came before the end is still done.</summary>
        private IRunnable? Next()
        {
            lock (_work)
            {
                while (_work.Count == 0)
                {
                    if (_stopped) return null;
                    Monitor.Wait(_work);
                }
                return _work.Dequeue();
            }
        }
    }
}
