using System.Globalization;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Guests;

/// <summary>What guests told of themselves: one on a screen, or several in a table.</summary>
internal static class GuestInfoView
{
    private const int Indent = 14;

    public static void Write(Screen to, GuestReport report)
    {
        Line("VM", [report.Vm]);
        On(GuestGetHostName.Name, json => Line("Host name", [GuestGetHostName.Read(json).HostName]));
        On(GuestGetOsinfo.Name, json => Line("System", [System(GuestGetOsinfo.Read(json))]));
        On(GuestGetTimezone.Name, json =>
        {
            var zone = GuestGetTimezone.Read(json);
            Line(
                "Time zone",
                [
                    $"{zone.Zone} UTC{(zone.Offset < 0 ? "-" : "+")}".TrimStart()
                        + $"{TimeSpan.FromSeconds(Math.Abs(zone.Offset)):hh\\:mm}",
                ]
            );
        });
        On(GuestGetLoad.Name, json =>
        {
            var load = GuestGetLoad.Read(json);
            Line(
                "Load",
                [
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{load.OneMinute:0.00}, {load.FiveMinutes:0.00}, {load.FifteenMinutes:0.00}"
                    ),
                ]
            );
        });
        On(GuestGetUsers.Name, json =>
            Line(
                "Users",
                GuestGetUsers
                    .Read(json)
                    .Select(user =>
                        $"{(user.Domain is { } domain ? domain + "\\" : "")}{user.User} since "
                            + to.Time(DateTimeOffset.UnixEpoch.AddSeconds(user.LoginTime))
                    )
            )
        );
        On(GuestNetworkGetInterfaces.Name, json =>
            Line(
                "Addresses",
                GuestNetworkGetInterfaces
                    .Read(json)
                    .Where(nic => nic.IpAddresses is { Count: > 0 })
                    .Select(nic =>
                        $"{nic.Name}  "
                            + string.Join(", ", nic.IpAddresses!.Select(address => $"{address.IpAddress}/{address.Prefix}"))
                    )
            )
        );
        On(GuestGetDisks.Name, json =>
            Line(
                "Disks",
                GuestGetDisks
                    .Read(json)
                    .Where(disk => !disk.Partition && disk.Address is not null)
                    .Select(disk =>
                        $"{disk.Name}  {disk.Address!.BusType}{(disk.Address.Serial is { } serial ? $", serial {serial}" : "")}"
                    )
            )
        );
        On(GuestGetFsinfo.Name, json =>
            Line(
                "File systems",
                GuestGetFsinfo
                    .Read(json)
                    .OrderBy(fs => fs.Mountpoint, StringComparer.Ordinal)
                    .Select(fs =>
                        $"{fs.Mountpoint}  {fs.Type} on "
                            + fs.Name
                            + (fs is { UsedBytes: { } used, TotalBytes: { } total }
                                ? $", {Text.Bytes((long)used)} of {Text.Bytes((long)total)} used"
                                : "")
                    )
            )
        );
        if (report.Lacking.Count > 0)
            Line("Not told", report.Lacking.Select(lack => $"{lack.Key}: {lack.Value}"));

        void On(string command, Action<ReadOnlyMemory<byte>> tell)
        {
            if (AnswerTo(report, command) is { } json) tell(json);
        }

        void Line(string name, IEnumerable<string> lines)
        {
            foreach (var line in lines.DefaultIfEmpty("none"))
            {
                to.WriteLine($"{name,-Indent}{TextWidth.Fit(line, to.Width - Indent)}");
                name = "";
            }
        }
    }

    /// <summary>The fullest file system stands for all of a guest's.</summary>
    public static void WriteTable(Screen to, IReadOnlyList<GuestReport> reports)
    {
        var table = new TextTable("VM", "HOST NAME", "SYSTEM", "LOAD", "USERS", "ADDRESSES", "FULLEST");
        foreach (var report in reports)
        {
            table.Add(
                report.Vm,
                AnswerTo(report, GuestGetHostName.Name) is { } name ? GuestGetHostName.Read(name).HostName : null,
                AnswerTo(report, GuestGetOsinfo.Name) is { } os ? System(GuestGetOsinfo.Read(os)) : null,
                AnswerTo(report, GuestGetLoad.Name) is { } load
                    ? string.Create(CultureInfo.InvariantCulture, $"{GuestGetLoad.Read(load).OneMinute:0.00}")
                    : null,
                AnswerTo(report, GuestGetUsers.Name) is { } users ? $"{GuestGetUsers.Read(users).Count}" : null,
                AnswerTo(report, GuestNetworkGetInterfaces.Name) is { } nics
                    ? string.Join(
                        ' ',
                        GuestNetworkGetInterfaces
                            .Read(nics)
                            .Where(nic => nic.Name != "lo")
                            .SelectMany(nic => nic.IpAddresses ?? [])
                            .Select(address => address.IpAddress)
                    )
                    : null,
                AnswerTo(report, GuestGetFsinfo.Name) is { } files ? Fullest(GuestGetFsinfo.Read(files)) : null
            );
        }
        table.Write(to);
    }

    private static string System(GuestOsInfo os) =>
        string.Join(
            ", ",
            new[]
            {
                os.PrettyName ?? os.Name ?? os.Id,
                os.KernelRelease is { } kernel ? $"kernel {kernel}" : null,
                os.Machine,
            }.OfType<string>()
        );

    private static string? Fullest(IEnumerable<GuestFilesystem> files) => files
        .Where(fs => fs is { UsedBytes: not null, TotalBytes: > 0 })
        .Select(fs => (fs.Mountpoint, Share: 100.0 * fs.UsedBytes!.Value / fs.TotalBytes!.Value))
        .OrderByDescending(fs => fs.Share)
        .Select(fs => string.Create(CultureInfo.InvariantCulture, $"{fs.Mountpoint} {fs.Share:0} %"))
        .FirstOrDefault();

    private static ReadOnlyMemory<byte>? AnswerTo(GuestReport report, string command) =>
        report.Answers.TryGetValue(command, out var value) ? ReplyBytes.Of(value) : (ReadOnlyMemory<byte>?)null;
}
