using System.Globalization;

namespace QgaOrchestrator.Lab;

/// <summary>The number of the last record on each disk.</summary>
public sealed record SyncedNumbers(long Data, long Data2)
{
    public long this[int disk] => disk == 0 ? Data : Data2;
}

/// <summary>One call of the guest's freeze hook: before a freeze, or after a thaw.</summary>
/// <param name="Uptime">The guest's, in seconds.</param>
/// <param name="Numbers">What was synced by then.</param>
public sealed record HookCall(string What, double Uptime, SyncedNumbers Numbers);

/// <summary>
/// What the guest writes to its second serial port, and QEMU to a file: readable while another client holds the agent's socket.
/// Lines: <c>data 57</c>, <c>data2 55</c> (that record is on disk), <c>freeze 12.31 57 55</c>, <c>thaw 12.50 57 56</c>.
/// </summary>
public sealed record SyncedLog(string File)
{
    public SyncedNumbers Latest
    {
        get
        {
            var lines = Lines();
            return new(Last(lines, "data"), Last(lines, "data2"));
        }
    }

    public IReadOnlyList<HookCall> Hooks =>
    [
        .. from line in Lines()
           where line is ["freeze" or "thaw", _, _, _]
           select new HookCall(
               line[0], double.Parse(line[1], CultureInfo.InvariantCulture), new(Number(line[2]), Number(line[3]))),
    ];

    /// <summary>Waits until the guest has synced records that come after these on both disks: it writes, so it is not
    /// frozen.</summary>
    public Task WritesAfterAsync(SyncedNumbers numbers, TimeSpan limit) =>
        Poll.UntilAsync(
            "new record", limit, () => Latest is var latest && latest.Data > numbers.Data && latest.Data2 > numbers.Data2);

    private static long Last(List<string[]> lines, string disk) =>
        lines.FindLast(line => line.Length == 2 && line[0] == disk) is [_, var number] ? Number(number) : 0;

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Whole lines only: the last one may be under way.</summary>
    private List<string[]> Lines()
    {
        if (!System.IO.File.Exists(File))
            return [];
        using var stream = new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return
        [
            .. reader
                .ReadToEnd()
                .Split('\n')
                .SkipLast(1)
                .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
        ];
    }
}
