using System.CommandLine;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.GuestHooks;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

internal static class VmHookCommands
{
    public static CliCommand Build(CliHost host, GlobalOptions global) =>
        new("hook", "Installs and shows a guest's freeze hook, which makes its points application-consistent.")
    {
        Status(host, global),
        Install(host, global),
    };

    private static CliCommand Status(CliHost host, GlobalOptions global)
    {
        var vm = VmCommands.Vm();
        var command = new CliCommand(
            "status",
            "Shows what is installed in the guest, and what is missing.",
            "qgactl vm hook status db1"
        ) { vm };
        command.SetAction(
            (parsed, cancel) => WithAsync(host, global, parsed, vm, (hook, stop) => hook.StatusAsync(stop), cancel));
        return command;
    }

    private static CliCommand Install(CliHost host, GlobalOptions global)
    {
        var vm = VmCommands.Vm();
        var scripts = new Option<string[]>("--script")
        {
            Description = "postgresql, mysql, or a script of your own. May be repeated",
            HelpName = "postgresql|mysql|FILE",
        };
        var force =
            new Option<bool>("--force") { Description = "Also replaces existing files, and saves each as FILE.orig" };
        var command =
            new CliCommand(
                "install",
                "Installs the hook and its scripts in the guest, through its agent.",
                "qgactl vm hook install db1 --script postgresql"
            ) { vm, scripts, force };
        command.SetAction((parsed, cancel) =>
        {
            IReadOnlyList<HookFile> wanted = [HookFile.Main, .. (parsed.GetValue(scripts) ?? []).Select(HookFile.Script)];
            return WithAsync(
                host, global, parsed, vm, (hook, stop) => hook.InstallAsync(wanted, parsed.GetValue(force), stop), cancel);
        });
        return command;
    }

    private static async Task<int> WithAsync(
        CliHost host,
        GlobalOptions global,
        ParseResult parsed,
        Argument<string> vm,
        Func<GuestHook, CancellationToken, Task<GuestHookReport>> work,
        CancellationToken cancel
    )
    {
        var name = parsed.GetRequiredValue(vm);
        using var client = global.Connect(parsed, host);
        if ((await client.GetVmAsync(name, cancel).ConfigureAwait(false)).Guest?.OsId == "mswindows")
            throw new CommandFailedException(
                $"{name} runs Windows: VSS tells its applications of a freeze.", "It needs no hook.");
        var report = await work(new GuestHook(new GuestShell(client, name, host.Time), name), cancel).ConfigureAwait(false);
        if (global.IsJson(parsed)) CliJson.Write(host.Out, report);
        else Write(host, report);
        return ExitCodes.Done;
    }

    private static void Write(CliHost host, GuestHookReport report)
    {
        var table = new TextTable("FILE", "STATE", "EXECUTABLE");
        foreach (var file in report.Files)
            table.Add(file.Path, file.State, file.State == "absent" ? null : file.Executable ? "yes" : "no");
        table.Write(host.Screen);
        host.Out.WriteLine(report.Called is { } called ? $"qemu-ga calls {called}." : "qemu-ga calls no hook.");
        foreach (var step in report.Remains) host.Out.WriteLine($"Remains: {step}.");
    }
}
