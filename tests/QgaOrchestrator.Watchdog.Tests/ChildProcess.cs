using System.Diagnostics;
using System.Threading.Channels;

namespace QgaOrchestrator.Watchdog.Tests;

/// <summary>A process of ours and what it says, line by line; ended with the test.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _said = [];

    internal ChildProcess(string program, params string[] arguments)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, program), arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += (_, line) => Heard(line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    internal int Pid => _process.Id;

    internal string Said
    {
        get { lock (_said) return string.Join('\n', _said); }
    }

    /// <summary>Waits for a line that holds the text, after those that were waited for before.</summary>
    internal async Task SaysAsync(string text)
    {
        using var limit = new CancellationTokenSource(_limit);
        try
        {
            while (!(await _lines.Reader.ReadAsync(limit.Token)).Contains(text, StringComparison.Ordinal))
            {
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"process {Pid} did not say '{text}' but:\n{Said}");
        }
    }

    internal void Tell(string line) => _process.StandardInput.WriteLine(line);

    internal void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{Pid}"]);
        kill.WaitForExit();
    }

    internal async Task<int> EndsAsync()
    {
        using var limit = new CancellationTokenSource(_limit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    internal bool HasEnded => _process.HasExited;

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Heard(string? line)
    {
        if (line is null)
            return;
        lock (_said)
            _said.Add(line);
        _lines.Writer.TryWrite(line);
    }
}
