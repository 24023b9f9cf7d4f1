namespace QgaOrchestrator.Cli.Output;

/// <summary>Lines that stay, and below them on a terminal one that changes.</summary>
internal sealed class StatusLine(TextWriter to, bool live) : IDisposable
{
    private readonly LiveScreen? _screen = live ? new LiveScreen(to) : null;
    private string _shown = "";

    public void Tell(string line)
    {
        _screen?.Dispose();
        to.WriteLine(line);
    }

    public void Show(string status)
    {
        if (status == _shown)
            return;
        _shown = status;
        _screen?.Draw([status]);
    }

    public void Dispose() => _screen?.Dispose();
}
