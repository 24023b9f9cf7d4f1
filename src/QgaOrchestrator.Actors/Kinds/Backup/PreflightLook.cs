using System.Text;
using Akka.Actor;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>Gathers what a preflight judges: asks, and changes nothing.</summary>
internal static class PreflightLook
{
    public const int MostMounts = 256 * 1024;

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10), Queue = TimeSpan.FromSeconds(30);

    /// <summary>Every command that a backup's window, coverage and hook report ask for.</summary>
    private static readonly string[] Used =
    [
        GuestFsfreezeStatus.Name,
        GuestFsfreezeFreeze.Name,
        GuestFsfreezeThaw.Name,
        GuestGetFsinfo.Name,
        GuestFileOpen.Name,
        GuestFileRead.Name,
        GuestFileClose.Name,
    ];

    /// <exception cref="MonitorException">The monitor does not answer.</exception>
    public static async Task<PreflightFacts> AtMachineAsync(PreflightFacts facts, IMachine machine, VmDescribed vm)
    {
        TimeSpan?[] ages = [vm.Age, vm.Machine.Process is { } qemu ? HostProcesses.Age(qemu) : null];
        return facts with
        {
            RunState = (await machine.StatusAsync(Answer))?.Status,
            Migration = await machine.MigrationAsync(Answer),
            Age = ages.Min(),
            BrokenBitmaps = await machine.BrokenBitmapsAsync(Answer),
        };
    }

    /// <exception cref="MonitorException">The monitor does not answer.</exception>
    public static async Task<PreflightFacts> AtMethodAsync(PreflightFacts facts, BackupCut backup) => facts with
    {
        MethodWarnings =
        [
            .. from warning in await backup.Method.WarningsAsync(backup.Job)
               select new Finding(Severity.Notice, warning.What, warning.Remedy),
        ],
    };

    /// <summary>What of the machine would be kept: variables of its firmware and the state of its TPM are read.</summary>
    public static async Task<PreflightFacts> AtKeptAsync(PreflightFacts facts, IMachineKeeper keeper, DescribedVm vm)
    {
        var described = await MachineKeeping.DescriptionAsync(keeper, vm);
        var missing = described.Missing.Where(part => part.Part != MachinePart.Description).ToList();
        foreach (var state in described.States)
            if ((await MachineKeeping.ReadAsync(state, vm.Time)).Missing is { } unreadable) missing.Add(unreadable);
        return facts with
        {
            TpmIsKept = described.States.Any(state => state.Part == MachinePart.Tpm)
                && missing.All(part => part.Part != MachinePart.Tpm),
            MethodWarnings =
            [
                .. facts.MethodWarnings,
                .. missing.Select(part => new Finding(
                    Severity.Notice,
                    part.Part == MachinePart.Tpm
                        ? $"TPM outside the point: {part.Reason}"
                        : $"the variables of the firmware are outside the point: {part.Reason}",
                    part.Remedy)),
            ],
        };
    }

    /// <summary>A frozen agent shows all but six commands as disabled, so one that is frozen is not asked.</summary>
    public static async Task<PreflightFacts> AtGuestAsync(
        PreflightFacts facts, IActorRef vm, GuestView guest, FreezeFitness fitness)
    {
        if (fitness.Guest is not { Answer: FreezeAnswer.Thawed or FreezeAnswer.NotOffered }) return facts;
        var asked = await vm.Ask<CallEnded>(new Submit(GuestInfo.Request, Answer), Queue);
        if (fitness.NotUnderstood is { } coverage) facts = facts with { NotUnderstood = [coverage] };
        var info = guest.Info;
        if (asked.Outcome is AgentOutcome.Returned told && !told.Json.TryRead(GuestInfo.Read, out info, out var odd))
            facts = facts with
            {
                NotUnderstood = [.. facts.NotUnderstood, $"what the guest's agent offers is not known ({GuestInfo.Name}): {odd}"],
            };
        if (info is null)
            return facts;
        facts = facts with
        {
            AgentVersion = info.Version,
            Missing = [.. Used.Select(name => Gap(info, name)).OfType<MissingCommand>()],
        };
        if (!fitness.Freezes || guest.Inventory?.OsId is null or "mswindows")
            return facts;
        return facts with
        {
            Mounts =
            [
                .. UnfrozenMount
                    .Parse(await TextAsync(vm, "/proc/mounts", info))
                    .Select(mount =>
                        mount with
                        {
                            Mountpoint = ForeignText.Name(mount.Mountpoint),
                            Type = ForeignText.Name(mount.Type),
                        }
                    ),
            ],
            Swaps = [.. UnfrozenMount.ParseSwaps(await TextAsync(vm, "/proc/swaps", info)).Select(ForeignText.Name)],
        };
    }

    /// <summary>Empty where it cannot be read: that its commands are missing is told by itself.</summary>
    private static async Task<string> TextAsync(IActorRef vm, string path, AgentInfo info) =>
        await GuestFile.ReadAsync(vm, path, MostMounts, info) is GuestFile.Content content
            ? Encoding.UTF8.GetString(content.Bytes)
            : "";

    private static MissingCommand? Gap(AgentInfo info, string name)
    {
        var since = AgentCommands.Find(name)!.Since;
        return info.Status(name) switch
        {
            CommandStatus.Enabled => null,
            CommandStatus.Disabled => new(name, CommandGap.Disabled, $"{since}"),
            _ => new(
                name,
                Version.TryParse(info.Version, out var version) && version >= since ? CommandGap.NotBuilt : CommandGap.TooOld,
                $"{since}"
            ),
        };
    }
}
