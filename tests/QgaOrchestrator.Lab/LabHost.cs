namespace QgaOrchestrator.Lab;

/// <summary>Whether this machine can run real VMs.</summary>
public static class LabHost
{
    /// <summary>Why it cannot; null if it can.</summary>
    public static string? Missing =>
        new[] { "qemu-system-x86_64", "qemu-img", "e2fsck", "debugfs", "apt-get" }
            .Where(tool => Tool.Which(tool) is null)
            .ToList()
            is { Count: > 0 } tools
            ? $"no {string.Join(", ", tools)} here: deploy/demo/prerequisites.sh installs what is missing"
            : null;

    /// <summary>In CI (<c>CI=true</c>) what is missing is a failure, elsewhere a reason to skip.</summary>
    public static bool MustWork => Environment.GetEnvironmentVariable("CI") is "true" or "1";
}
