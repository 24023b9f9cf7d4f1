namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>A VM's name is part of file names and of paths: [A-Za-z0-9._-], 1 to 200 characters.</summary>
public static class VmName
{
    private const int MaxLength = 200;

    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength }
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    internal static string Require(string name) => IsValid(name)
        ? name
        : throw new ArgumentException($"'{name}' is no VM name: [A-Za-z0-9._-], 1 to {MaxLength} characters", nameof(name));
}
