using System.Diagnostics.CodeAnalysis;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Node.Http.Requests;

/// <summary>A caller's own text where it is repeated to others: short, and without what moves a terminal's cursor.</summary>
internal static class PlainText
{
    private const int Longest = 80;

    [return: NotNullIfNotNull(nameof(text))]
    public static string? Of(string? text, int longest = Longest) => text is null ? null : ForeignText.Message(text, longest);
}
