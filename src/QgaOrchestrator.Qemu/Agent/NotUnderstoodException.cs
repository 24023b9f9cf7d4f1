using System.Text;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent;

/// <summary>
/// The agent answered, and its answer has another shape than the command's schema: what was asked is not known, and the agent
/// is there all the same. The only thing that a command's Read throws.
/// </summary>
public sealed class NotUnderstoodException : Exception
{
    /// <param name="reply">The value that came.</param>
    /// <param name="where">The place in it, as in $[0].disk; null where it is not known.</param>
    /// <param name="isData">It holds a file's or a process's bytes, which belong into no message.</param>
    internal NotUnderstoodException(ReadOnlyMemory<byte> reply, string? where, bool isData, Exception? cause)
        : base(
            $"the agent's reply was not understood{(where is { Length: > 1 } ? $" at {ForeignText.Name(where)}" : "")}: "
                + $"{Excerpt(reply, isData)}",
            cause
        )
    { }

    private static string Excerpt(ReadOnlyMemory<byte> reply, bool isData) => isData
        ? $"{reply.Length} bytes"
        : ForeignText.Message(
            Encoding.UTF8.GetString(reply.Span[..Math.Min(reply.Length, 2 * ForeignText.ExcerptBytes)]),
            ForeignText.ExcerptBytes
        );
}

/// <summary>How a caller reads that goes on without what it asked for.</summary>
public static class AgentReadings
{
    /// <param name="read">A command's Read.</param>
    /// <param name="value">What was read.</param>
    /// <param name="notUnderstood">Why nothing was: a sentence without its full stop.</param>
    /// <returns>False: the reply was not understood.</returns>
    public static bool TryRead<T>(
        this ReadOnlyMemory<byte> reply, Func<ReadOnlyMemory<byte>, T> read,
        [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T value,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? notUnderstood)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            (value, notUnderstood) = (read(reply), null);
            return true;
        }
        catch (NotUnderstoodException e)
        {
            (value, notUnderstood) = (default, e.Message);
            return false;
        }
    }
}
