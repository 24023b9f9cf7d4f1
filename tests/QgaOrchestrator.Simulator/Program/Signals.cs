using System.Runtime.InteropServices;

namespace QgaOrchestrator.Simulator;

internal static class Signals
{
    /// <summary>SIGTERM and SIGINT complete it instead of ending the process.</summary>
    public static IDisposable On(TaskCompletionSource end)
    {
        PosixSignalRegistration Register(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            end.TrySetResult();
        });
        return new Two(Register(PosixSignal.SIGTERM), Register(PosixSignal.SIGINT));
    }

    private sealed class Two(IDisposable one, IDisposable other) : IDisposable
    {
        public void Dispose()
        {
            one.Dispose();
            other.Dispose();
        }
    }
}
