using System.Globalization;
using System.Text;
using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Cli.Support;

/// <summary>
/// Collects what a colleague needs to help, part by part. A part that cannot be had is left out, and the summary says why: a node
/// that is down is a reason for a dump.
/// </summary>
/// <param name="patience">How long one part may take.</param>
internal sealed class SupportDump(CliHost host, SupportArchive archive, TimeSpan patience)
{
    private const int Runs = 20, AuditEntries = 1000, LogBytes = 4 << 20;

    private readonly StringBuilder _summary = new();

    /// <summary>How many parts are not there.</summary>
    public int Missing { get; private set; }

    /// <summary>What a node tells over HTTP.</summary>
    public async Task AddNodeAsync(QgaClient client, CancellationToken cancel)
    {
        await AddAsync("healthz.json", stop => client.ReadTextAsync(ApiRoutes.Health, stop), cancel).ConfigureAwait(false);
        await AddAsync("readyz.json", stop => client.ReadTextAsync(ApiRoutes.Ready, stop), cancel).ConfigureAwait(false);
        await AddAsync("metrics.txt", client.GetMetricsAsync, cancel).ConfigureAwait(false);
        await AddAsync("hosts.json", async stop => Json(new Page<Host>(
            await client.ListHostsAsync(stop).ToListAsync(stop).ConfigureAwait(false), null)), cancel).ConfigureAwait(false);
        await AddAsync("vms.json", async stop => Json(await client.GetVmsAsync(null, stop).ConfigureAwait(false)), cancel)
            .ConfigureAwait(false);
        await AddAsync("audit.json", async stop => Json(new Page<AuditRecord>(
            await client.ListAuditAsync(new AuditFilter(), AuditEntries, null, stop).Take(AuditEntries).ToListAsync(stop)
                .ConfigureAwait(false), null)), cancel).ConfigureAwait(false);
        List<Run> runs = [];
        await AddAsync("runs.json", async stop =>
        {
            await foreach (var run in client.ListRunsAsync(null, stop).Take(Runs).ConfigureAwait(false))
                runs.Add(Redaction.Of(run));
            return Json(new Page<Run>(runs, null));
        }, cancel).ConfigureAwait(false);
        foreach (var run in runs)
            await AddAsync($"runs/{FileName(run.Id)}.json", async stop =>
            {
                var items = await client.ListRunItemsAsync(run.Id, stop).ToListAsync(stop).ConfigureAwait(false);
                return Json(new RunReport(run, [.. items.Select(item => Redaction.Of(item, run.Kind))]));
            }, cancel).ConfigureAwait(false);
    }

    /// <summary>What is on this machine: the config, the ledgers, the watchdogs' logs, room on disks.</summary>
    /// <param name="config">The node's config file; null: none is known.</param>
    /// <param name="ledgers">Where ledgers may be.</param>
    public async Task AddMachineAsync(string? config, IReadOnlyList<string> ledgers, CancellationToken cancel)
    {
        await AddAsync("versions.txt", _ => Task.FromResult(Versions()), cancel).ConfigureAwait(false);
        if (config is not null)
            await AddAsync("config.json", async stop => CliJson.Indented(
                Redaction.Config(await File.ReadAllTextAsync(config, stop).ConfigureAwait(false))), cancel).ConfigureAwait(false);
        string[] there = [.. ledgers.Where(Directory.Exists)];
        string[] places = config is null ? there : [.. there, DataDirectory(config)];
        await AddAsync("disks.txt", _ => Task.FromResult(Disks(places)), cancel).ConfigureAwait(false);
        for (var at = 0; at < there.Length; at++)
        {
            var ledger = there[at];
            await AddAsync($"ledgers/{at}/files.txt", _ => Task.FromResult(Files(ledger)), cancel).ConfigureAwait(false);
            var log = Path.Combine(ledger, "watchdog.log");
            if (File.Exists(log))
                await AddAsync($"ledgers/{at}/watchdog.log", _ => Task.FromResult(Tail(log)), cancel).ConfigureAwait(false);
        }
        await AddAsync(
            "services.txt", stop => Journal.StatusAsync(stop), cancel).ConfigureAwait(false);
        await AddAsync("log.txt", stop => Journal.TailAsync(stop), cancel).ConfigureAwait(false);
    }

    public Task FinishAsync(CancellationToken cancel) => archive.AddAsync("summary.txt", _summary.ToString(), cancel);

    /// <summary>A part that was not even asked for.</summary>
    public void Miss(string name, string why)
    {
        Missing++;
        _summary.Append(CultureInfo.InvariantCulture, $"{name}: missing: {why}\n");
    }

    private async Task AddAsync(string name, Func<CancellationToken, Task<string>> part, CancellationToken cancel)
    {
        string text;
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            text = await part(stop.Token).WaitAsync(patience, host.Time, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or TimeoutException || CliErrors.IsForUser(e))
        {
            Miss(name, e.Message);
            return;
        }
        await archive.AddAsync(name, text, cancel).ConfigureAwait(false);
        _summary.Append(CultureInfo.InvariantCulture, $"{name}: {text.Length} characters\n");
    }

    private string Versions() =>
        $"""
        time      {host.Time.GetUtcNow():u}
        qgactl    {typeof(SupportDump).Assembly.GetName().Version}
        system    {System.Runtime.InteropServices.RuntimeInformation.OSDescription}
        processors {System.Environment.ProcessorCount}

        """;

    private static string Disks(IEnumerable<string> places)
    {
        var text = new StringBuilder();
        foreach (var place in places.Distinct())
            try
            {
                var disk = new DriveInfo(place);
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{place}: {disk.AvailableFreeSpace} of {disk.TotalSize} bytes free, {disk.DriveFormat}\n");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                text.Append(CultureInfo.InvariantCulture, $"{place}: {e.Message}\n");
            }
        return text.ToString();
    }

    /// <summary>Names and times, no contents.</summary>
    private static string Files(string directory) => string.Concat(
        new DirectoryInfo(directory).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => string.Create(
                CultureInfo.InvariantCulture, $"{file.LastWriteTimeUtc:u} {file.Length,10} {file.Name}\n")));

    private static string Tail(string path)
    {
        using var file = File.OpenRead(path);
        file.Seek(Math.Max(0, file.Length - LogBytes), SeekOrigin.Begin);
        return new StreamReader(file, Encoding.UTF8).ReadToEnd();
    }

    private string DataDirectory(string config)
    {
        var ledger = LedgerPath.Load(config, [], host.Environment);
        return Path.GetFullPath(ledger.DataDirectory, ledger.BaseDirectory);
    }

    private static string Json<T>(T value)
    {
        using var text = new StringWriter();
        CliJson.Write(text, value);
        return text.ToString();
    }

    /// <summary>An id of the node's is no path.</summary>
    private static string FileName(string id) =>
        string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' ? c : '_'));
}
