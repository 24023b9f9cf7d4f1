using System.CommandLine;
using System.Text.RegularExpressions;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Files;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm cp</c>: a file into a guest, or out of one.</summary>
internal static partial class VmCpCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var from = new Argument<string>("FROM") { Description = "A file, or VM:PATH", HelpName = "FROM" };
        var to = new Argument<string>("TO") { Description = "VM:PATH, or a file or a folder", HelpName = "TO" };
        var inPlace = new Option<bool>("--in-place")
        {
            Description =
                "Into a guest that does not allow guest-exec: writes the file itself. A reader may see half of it, and a new "
                    + "file gets the mode 0666",
        };
        var mode = new Option<string>("--mode")
        {
            Description =
                "Into a guest: the mode of the file, for example 0600 (default: that of the file it replaces, else of FROM)",
            HelpName = "OCTAL",
        };
        var select = new Option<string>("--select", "-s")
        {
            Description =
                "All VMs that this selects, for example app=db. Write the guest's file as :PATH. What comes out of a VM "
                    + "goes to TO/VM/",
            HelpName = "SELECTOR",
        };
        var yes = Confirmation.Yes();
        var command = new CliCommand(
            "cp",
            "Copies a file into a guest or out of it, and compares the SHA-256 of both. An interrupted copy resumes.",
            "qgactl vm cp ./app.conf db1:/etc/app.conf",
            "qgactl vm cp db1:/var/log/app.log .",
            "qgactl vm cp ./app.conf :/etc/app.conf --select app=db"
        )
        {
            from,
            to,
            inPlace,
            mode,
            select,
            yes,
        };
        command.Exits = ExitCodes.OfSeveral;
        command.Validators.Add(result =>
        {
            if (result.GetValue(mode) is { } text && !Octal().IsMatch(text))
                result.AddError($"--mode: '{text}' is not octal, as in 0644.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            var (source, target) = (CopyPlace.Parse(parsed.GetRequiredValue(from)), CopyPlace.Parse(parsed.GetRequiredValue(to)));
            var (json, selector) = (global.IsJson(parsed), parsed.GetValue(select));
            if (source.Vm is null == target.Vm is null)
                throw new UsageException(
                    source.Vm is null
                        ? $"Neither '{source}' nor '{target}' is in a guest."
                        : "Both are in guests: copy the file to this machine first, then into the other guest.",
                    selector is null
                        ? "As in qgactl vm cp ./app.conf db1:/etc/app.conf, or qgactl vm cp db1:/var/log/app.log ."
                        : "As in qgactl vm cp ./app.conf :/etc/app.conf --select app=db."
                );
            if ((source.Vm ?? target.Vm) is "" == selector is null)
                throw new UsageException(
                    selector is null
                        ? $"'{(source.Vm is null ? target : source)}' names no VM."
                        : "--select: leave the VM out.",
                    "As in db1:/etc/app.conf, or with --select SELECTOR :/etc/app.conf."
                );
            if (source.Vm is not null && (parsed.GetValue(inPlace) || parsed.GetValue(mode) is not null))
                throw new UsageException("--in-place and --mode are for a file that goes into a guest.");
            if (source.Vm is null)
                NeedFile(source.Path);
            if (
                selector is not null
                && source.Vm is null
                && !Confirmation.Given(host, parsed.GetValue(yes), $"Copy {source} into every VM of {selector}?")
            )
                return ExitCodes.Failed;
            using var client = global.Connect(parsed, host);
            if (selector is not null)
                return await ForEachVm
                    .DoAsync(
                        host,
                        client,
                        selector,
                        json,
                        (vm, stop) =>
                            CopyAsync(
                                source.In(vm),
                                source.Vm is null ? target.In(vm) : FolderOf(target, vm),
                                shown: false,
                                stop
                            ),
                        vms =>
                {
                    foreach (var (_, copied) in vms) host.Out.WriteLine(Line(copied));
                }, cancel).ConfigureAwait(false);
            var report = await CopyAsync(source, target, host.IsTerminal && !json, cancel).ConfigureAwait(false);
            if (json) CliJson.Write(host.Out, report);
            else host.Out.WriteLine(Line(report));
            return ExitCodes.Done;

            async Task<CopyReport> CopyAsync(CopyPlace source, CopyPlace target, bool shown, CancellationToken stop)
            {
                target = InFolder(source, target);
                using var progress = new CopyProgressLine(host, source.ToString(), shown);
                return source.Vm is null
                    ? await new FileUpload(
                        client,
                        source.Path,
                        target,
                        parsed.GetValue(inPlace),
                        parsed.GetValue(mode),
                        progress,
                        host.Time
                    )
                        .RunAsync(stop)
                        .ConfigureAwait(false)
                    : await new FileDownload(client, source, target.Path, progress, host.Time)
                        .RunAsync(stop)
                        .ConfigureAwait(false);
            }
        });
        return command;
    }

    private static string Line(CopyReport report) =>
        $"{report.To}: {Text.Bytes(report.Bytes)} in {Text.Span(TimeSpan.FromSeconds(report.Seconds))}"
        + (report.Resumed > 0 ? $", {Text.Bytes(report.Resumed)} of it were there already" : "")
        + $"; its SHA-256 is the same on both sides "
            + $"({(report.Checked == "sha256sum" ? "sha256sum in the guest" : "read back from the guest")})"
        + (report.Placed == "in-place" ? "; written in place" : "") + ".";

    /// <summary>What comes out of several guests has a folder for each.</summary>
    private static CopyPlace FolderOf(CopyPlace target, string vm) =>
        target with { Path = Directory.CreateDirectory(Path.Combine(target.Path, vm.Replace('/', '~'))).FullName };

    private static void NeedFile(string path)
    {
        if (Directory.Exists(path))
            throw new UsageException(
                $"{path} is a folder.", "Copy its files one by one, or pack it first: tar cf - FOLDER > FILE.");
        if (!File.Exists(path)) throw new UsageException($"There is no file {path}.");
    }

    /// <summary>A folder as the target means a file of the same name in it.</summary>
    private static CopyPlace InFolder(CopyPlace source, CopyPlace target) => target switch
    {
        { Vm: null } when Directory.Exists(target.Path) => target with { Path = Path.Combine(target.Path, source.Name) },
        { Vm: not null, Path: [.., '/'] } => target with { Path = target.Path + source.Name },
        _ => target,
    };

    [GeneratedRegex(@"^[0-7]{3,4}\z")]
    private static partial Regex Octal();
}
