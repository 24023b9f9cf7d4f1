using QgaOrchestrator.Lab;

namespace QgaOrchestrator.Passwords.Tests;

internal static class Needs
{
    /// <summary>Skips the test where the program is missing, except in CI: there it fails.</summary>
    public static void Program(string name)
    {
        if (Tool.Which(name) is not null) return;
        Skip.IfNot(LabHost.MustWork, $"no {name} here");
        throw new LabException($"{name} is not installed, and CI has it");
    }
}
