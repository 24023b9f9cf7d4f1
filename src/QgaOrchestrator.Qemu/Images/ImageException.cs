namespace QgaOrchestrator.Qemu.Images;

/// <summary>An image that is not what it should be, or a tool that refused it; the message is for the operator.</summary>
public sealed class ImageException(string message, Exception? inner = null) : Exception(message, inner);
