using System.Globalization;
using System.Text;

namespace QgaOrchestrator.Qemu.Agent.Commands;

public static class GuestFileClose
{
    public const string Name = "guest-file-close";

    /// <summary>A repeat that finds no such handle has closed it the first time.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Idempotent, TimeoutClass.Quick);

    /// <param name="handle">From <see cref="GuestFileOpen"/>.</param>
    public static AgentRequest Request(long handle) =>
        new(Name, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"handle\":{handle}}}")));
}
