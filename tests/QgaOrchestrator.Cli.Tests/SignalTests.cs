using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>qgactl as a process that is told to end, beside a node that answers until it is asked for what never comes.</summary>
public sealed class SignalTests
{
    private const int Interrupt = 2, Terminate = 15;

    private const string Detached = "Detached: the run continues. Watch it again: qgactl run watch r1",
        Terminated = "qgactl: terminated: run r1 continues on the node.";

    [Theory]
    [InlineData("backup run", Interrupt, ExitCodes.Done, Detached)]
    [InlineData("backup run", Terminate, ExitCodes.Failed, Terminated)]
    [InlineData("vm exec -s * -y", Terminate, ExitCodes.Failed, Terminated, "-- id")]
    [InlineData("run watch r1 -o json", Terminate, ExitCodes.Failed, Terminated)]
    [InlineData("run retry never", Terminate, ExitCodes.Failed, "it may be under way")]
    [InlineData("run list", Terminate, ExitCodes.Failed, "qgactl: terminated")]
    [InlineData("run list", Interrupt, ExitCodes.Failed, "qgactl: interrupted")]
    [InlineData("point verify p1", Terminate, ExitCodes.Failed, "qgactl: terminated")]
    [InlineData("vm cp db1:/etc/hosts .", Terminate, ExitCodes.Failed, "qgactl: terminated")]
    [InlineData("vm exec db1", Terminate, ExitCodes.NotTheGuests, "it may run in the guest", "-- id")]
    public async Task SIGTERM_ends_no_command_as_done_and_Ctrl_C_only_detaches(
        string line, int signal, int code, string told, string? more = null)
    {
        using var node = new SilentNode();
        string[] arguments = [.. line.Split(' '), "--api", node.Address, .. more?.Split(' ') ?? []];
        // Whoever runs tests in the background of a script has them ignore Ctrl-C, and what they start with them.
        using var qgactl = Process.Start(
            new ProcessStartInfo("env", ["--default-signal=INT", Path.Combine(AppContext.BaseDirectory, "qgactl"), .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        var (output, error) = (qgactl.StandardOutput.ReadToEndAsync(), qgactl.StandardError.ReadToEndAsync());

        await node.Asked.WaitAsync(TimeSpan.FromSeconds(20));
        using (var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {qgactl.Id}"])) await kill.WaitForExitAsync();
        await qgactl.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Contains(told, await output + await error, StringComparison.Ordinal);
        Assert.Equal(code, qgactl.ExitCode);
    }

    /// <summary>Starts a run, shows that it is under way, and is silent from then on; whatever else it is asked it does not
    /// answer.</summary>
    private sealed class SilentNode : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<TcpClient> _open = [];

        public SilentNode()
        {
            _listener.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
            _ = AcceptAsync();
        }

        public string Address { get; }

        /// <summary>It was asked for what it does not answer.</summary>
        public Task Asked => _asked.Task;

        public void Dispose()
        {
            _listener.Dispose();
            lock (_open) _open.ForEach(client => client.Dispose());
        }

        private async Task AcceptAsync()
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                lock (_open) _open.Add(client);
                _ = ServeAsync(client.GetStream());
            }
        }

        private async Task ServeAsync(NetworkStream stream)
        {
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            while (await reader.ReadLineAsync() is { } request)
            {
                for (var length = 0; ;)
                {
                    var header = await reader.ReadLineAsync();
                    if (header?.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase) == true)
                        length = int.Parse(header.Split(':')[1]);
                    if (!string.IsNullOrEmpty(header)) continue;
                    if (length > 0) await reader.ReadBlockAsync(new char[length], 0, length);
                    break;
                }
                if (!request.StartsWith("POST /v1/runs ", StringComparison.Ordinal))
                {
                    _asked.TrySetResult();
                    return;
                }
                var run = Answers.Run("running", running: 2);
                await stream.WriteAsync(
                    Encoding.ASCII.GetBytes(
                        $"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: {run.Length}\r\n\r\n{run}"
                    )
                );
            }
        }
    }
}
