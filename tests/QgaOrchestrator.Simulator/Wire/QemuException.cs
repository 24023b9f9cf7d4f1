namespace QgaOrchestrator.Simulator;

/// <summary>An error as QEMU and its agent put it on the wire: a class and a text.</summary>
public sealed class QemuException(string description, string errorClass = "GenericError") : Exception(description)
{
    public string Class { get; } = errorClass;

    public static QemuException CommandNotFound(string description) => new(description, "CommandNotFound");

    public static QemuException NoSuchCommand(string command) => CommandNotFound($"The command {command} has not been found");
}
