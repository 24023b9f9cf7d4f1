using System.CommandLine;
using System.Globalization;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

internal static class HostCommands
{
    /// <summary>From so long before a certificate's end on, its renewal is told.</summary>
    private static readonly TimeSpan Renewal = TimeSpan.FromDays(30);

    public static CliCommand Build(CliHost host, GlobalOptions global) =>
        new("host", "Lists, shows, drains and forgets the hypervisor hosts of the cluster.")
    {
        List(host, global),
        Show(host, global),
        HostDrainCommands.Drain(host, global),
        HostDrainCommands.Undrain(host, global),
        Forget(host, global),
    };

    private static CliCommand List(CliHost host, GlobalOptions global)
    {
        var command = new CliCommand(
            "list", "Lists hosts: whether the node of each is there, and what it works on.", "qgactl host list");
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var hosts = await client.ListHostsAsync(cancel).ToListAsync(cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
            {
                CliJson.Write(host.Out, new Page<Host>(hosts, null));
                return ExitCodes.Done;
            }
            var table = new TextTable(
                "HOST", "STATE", "VMS", "WINDOWS", "RUNS", "LOAD", "CLOCK", "FLEET FILE", "RECIPIENTS",
                "VERSION", "AS OF");
            foreach (var one in hosts)
                table.Add(
                    one.Name, Painted.State(one.State), Count(one.Vms), Count(one.Windows), Count(one.Runs), Load(one),
                    Clock(one), one.FleetFile ?? "none", one.Recipients ?? "-", one.Version, host.Screen.Time(one.AsOf));
            table.Write(host.Screen);
            if (hosts.Select(one => one.FleetFile).Distinct().Count() > 1)
                host.Error.WriteLine(
                    "qgactl: The hosts have different fleet files. Labels and groups of a VM are those of its own host. Give all "
                        + "hosts the same file.");
            if (hosts.Select(one => one.Recipients).Where(sum => sum is not null).Distinct().Count() > 1)
                host.Error.WriteLine(
                    "qgactl: The hosts have different escrow recipients. A password run fails on hosts that have others than "
                        + "where it was started. qgactl escrow add NAME FILE puts one on all hosts, escrow remove NAME takes it "
                        + "off all.");
            foreach (var one in hosts) TellCertificate(host, one);
            return ExitCodes.Done;
        });
        return command;
    }

    private static CliCommand Show(CliHost host, GlobalOptions global)
    {
        var name = Name();
        var command = new CliCommand("show", "Shows one host.", "qgactl host show hv1") { name };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var one = await client.GetHostAsync(parsed.GetRequiredValue(name), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
            {
                CliJson.Write(host.Out, one);
                return ExitCodes.Done;
            }
            Line("Host", one.Name);
            host.Screen.WriteLine($"{"State",-13}", Painted.State(one.State));
            Line("Version", one.Version);
            Line("API", one.Api);
            Line("VMs", Count(one.Vms));
            Line("Windows", Count(one.Windows));
            Line("Runs", Count(one.Runs));
            Line("Items", Count(one.Items));
            Line("Load", Load(one));
            Line("Clock", Clock(one));
            Line("Fleet file", one.FleetFile ?? "none");
            Line("Recipients", one.Recipients);
            Line("Certificate", one.CertificateEndsAt is { } end ? $"until {host.Screen.Time(end)}" : null);
            Line("As of", host.Screen.Time(one.AsOf));
            TellCertificate(host, one);
            return ExitCodes.Done;
        });
        return command;

        void Line(string title, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                host.Screen.WriteLine($"{title,-13}{value}");
        }
    }

    private static CliCommand Forget(CliHost host, GlobalOptions global)
    {
        var name = Name();
        var command = new CliCommand(
            "forget",
            "Removes a host that does not come back, and its VMs, from the lists. Its runs and points stay.",
            "qgactl host forget hv9"
        ) { name };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            await client.ForgetHostAsync(parsed.GetRequiredValue(name), cancel).ConfigureAwait(false);
            if (!global.IsJson(parsed))
                host.Out.WriteLine($"{parsed.GetRequiredValue(name)} is forgotten.");
            return ExitCodes.Done;
        });
        return command;
    }

    internal static Argument<string> Name() => new("HOST") { Description = "The host's name" };

    private static void TellCertificate(CliHost host, Host one)
    {
        if (one.CertificateEndsAt is not { } end || (end - host.Time.GetUtcNow() is var left && left > Renewal)) return;
        host.Error.WriteLine(left > TimeSpan.Zero
            ? $"qgactl: A certificate of {one.Name} expires in {Text.Count(left.Days, "day")}. Its /readyz says which. Renew it."
            : $"qgactl: A certificate of {one.Name} has expired. Its /readyz says which. Renew it.");
    }

    private static string Count(int? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Load(Host host) => host.Load?.ToString("0.00", CultureInfo.InvariantCulture) ?? "-";

    private static string Clock(Host host) =>
        host.ClockOffsetMs is { } offset ? string.Create(CultureInfo.InvariantCulture, $"{offset:+0;-0;0} ms") : "-";
}
