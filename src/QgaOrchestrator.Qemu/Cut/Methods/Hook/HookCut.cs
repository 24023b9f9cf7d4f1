using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Images;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Cut.Methods.Hook;

/// <summary>
/// The cut of the backup method "hook": a program of the operator's makes the snapshot in the storage below QEMU (LVM, ZFS,
/// Ceph). Only its phase "cut" runs while the guest is frozen, and the thaw does not wait for it. Nothing of QEMU's is touched.
/// </summary>
/// <param name="vm">As in HOST~VM.</param>
/// <param name="name">The hook's name in Freeze.Hooks.</param>
/// <param name="hooks">Freeze.Hooks: name → argv.</param>
/// <param name="owing">Where <see cref="UndoSuffix"/> is kept, a directory of ours alone: a hook runs with our rights, and obeys
/// it.</param>
public sealed class HookCut(
    IMachine machine,
    string vm,
    string? name,
    IReadOnlyDictionary<string, IReadOnlyList<string>> hooks,
    string owing,
    TimeProvider time,
    CutLimits? limits = null
) : ICut
{
    /// <summary>The call that undoes all: behind the attempt's name, from before the first phase until the hook has nothing left
    /// to undo. Given to the hook by hand it does the same.</summary>
    public const string UndoSuffix = ".undo.json";

    private readonly CutLimits _limits = limits ?? new();

    public async Task<CutPlan> PrepareAsync(CutNames names, CutTarget target, CancellationToken cancel)
    {
        _ = Program();
        var disks = await CutSteps.PlanAsync(machine, RequireReadyAsync, target, _limits).ConfigureAwait(false);
        return await CutSteps
            .MakeAsync(
                () => MakeAsync(names, target, disks, cancel),
                () => UndoAsync(names, target.Directory, CancellationToken.None)
            )
            .ConfigureAwait(false);
    }

    public async Task<CutOutcome> CutAsync(CutPlan plan, TimeSpan timeout)
    {
        try
        {
            return HookCall.Read(
                await RunAsync(plan.Names, plan.Request, timeout, CancellationToken.None).ConfigureAwait(false)
            ) switch
            {
                HookAnswer.Done => new CutOutcome.Done(),
                HookAnswer.Failed failed => new CutOutcome.Refused($"hook {name}: {failed.Error}"),
                HookAnswer.Unclear unclear => new CutOutcome.Unknown($"hook {name}: {unclear.Reason}"),
                var other => throw new InvalidOperationException($"unexpected answer {other}"),
            };
        }
        catch (CutException notStarted)
        {
            return new CutOutcome.Refused(notStarted.Message);
        }
    }

    public async Task FinishAsync(CutPlan plan, Action<CopyProgress> progress, CancellationToken cancel)
    {
        // Without it the hook has finished already: it goes only behind whole images.
        if (File.Exists(UndoFileOf(plan.Names)))
        {
            await MarkedProcesses.EndAsync(HookCall.Name(plan.Names), _limits.Removal, time, cancel).ConfigureAwait(false);
            using var ended = new CancellationTokenSource();
            var growth = ShowGrowthAsync(plan, progress, ended.Token);
            try
            {
                await RequireAsync(
                        plan.Names,
                        "finish",
                        HookCall.Write("finish", vm, plan.Names, plan.Directory, plan.Disks),
                        limit: null,
                        cancel
                    )
                    .ConfigureAwait(false);
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
                await growth.ConfigureAwait(false);
            }
        }

        foreach (var disk in plan.Disks) RequireImage(disk);
        if (File.Exists(UndoFileOf(plan.Names))) File.Delete(UndoFileOf(plan.Names));
        var total = plan.Disks.Sum(disk => disk.Size);
        progress(new CopyProgress(total, total));
    }

    /// <summary>Nothing is undone where nothing was begun: that is told by the stored call, not by memory.</summary>
    public async Task UndoAsync(CutNames names, string directory, CancellationToken cancel)
    {
        var owed = UndoFileOf(names);
        if (File.Exists(owed))
        {
            await MarkedProcesses.EndAsync(HookCall.Name(names), _limits.Removal, time, cancel).ConfigureAwait(false);
            try
            {
                await RequireAsync(
                        names,
                        "undo",
                        await File.ReadAllBytesAsync(owed, cancel).ConfigureAwait(false),
                        _limits.Hook,
                        cancel
                    )
                    .ConfigureAwait(false);
            }
            catch (CutException failed)
            {
                throw new CutException(
                    failed.Message,
                    $"{failed.Remedy.TrimEnd('.')}. Then undo it by hand: give {owed} to the hook's standard input, and delete "
                        + $"{directory}."
                );
            }

            File.Delete(owed);
        }

        TargetDirectory.Delete(directory);
    }

    /// <summary>Either the hook has something to finish, and that is repeatable; or it has finished, and the images are
    /// whole.</summary>
    public Task<bool> CanFinishAsync(CutPlan plan, CancellationToken cancel) =>
        Task.FromResult(
            File.Exists(UndoFileOf(plan.Names))
                ? hooks.ContainsKey(name ?? "")
                : plan.Disks.All(disk => Qcow2Header.Read(disk.Image) is not null)
        );

    private async Task<CutPlan> MakeAsync(CutNames names, CutTarget target, VmDisks found, CancellationToken cancel)
    {
        var disks = found.Cut;
        RequireFlushes(disks);
        Store(UndoFileOf(names), HookCall.Write("undo", vm, names, target.Directory, disks));
        await RequireAsync(names, "prepare", HookCall.Write("prepare", vm, names, target.Directory, disks), _limits.Hook, cancel)
            .ConfigureAwait(false);

        // Again, after everything slow: it is the last look before the guest is frozen.
        await RequireReadyAsync().ConfigureAwait(false);
        return new(names, target.Directory, disks)
        {
            Machine = found,
            Request = HookCall.Write("cut", vm, names, target.Directory, disks),
        };
    }

    /// <summary>What a guest has flushed must have reached the storage: below QEMU nobody sees what it still holds.</summary>
    private static void RequireFlushes(IReadOnlyList<PlannedDisk> disks)
    {
        if (disks.FirstOrDefault(disk => disk.IgnoresFlushes) is { } unsafely)
            throw new CutException(
                $"disk {unsafely.Node} ignores the guest's flushes (cache=unsafe): a snapshot below QEMU would miss "
                    + "what the host still caches",
                "Start the VM with another cache mode, as cache=none, or use the method full."
            );
    }

    private Task RequireReadyAsync() => Readiness.RequireAsync(machine, _limits);

    private async Task RequireAsync(
        CutNames names, string phase, ReadOnlyMemory<byte> call, TimeSpan? limit, CancellationToken cancel)
    {
        var answer = HookCall.Read(await RunAsync(names, call, limit, cancel).ConfigureAwait(false));
        if (answer is HookAnswer.Done) return;
        throw answer switch
        {
            HookAnswer.Failed failed => new CutException(
                $"hook {name} failed in {phase}: {failed.Error}",
                failed.Remedy ?? "See what the hook says of it, and its storage."
            ),
            HookAnswer.Unclear unclear => new CutException(
                $"hook {name} in {phase}: {unclear.Reason}",
                "See config/hooks/README.md for what a hook answers."
            ),
            var other => new InvalidOperationException($"unexpected answer {other}"),
        };
    }

    private Task<HookEnd> RunAsync(CutNames names, ReadOnlyMemory<byte> call, TimeSpan? limit, CancellationToken cancel) =>
        HookProcess.RunAsync(Program(), HookCall.Name(names), call, limit, time, cancel);

    private IReadOnlyList<string> Program() => hooks.GetValueOrDefault(name ?? "") ?? throw new CutException(
        $"this host has no hook {name}; {Known()}",
        "Name it in Freeze.Hooks of the node's config, and restart the node.");

    private string Known() => hooks.Count switch
    {
        0 => "its Freeze.Hooks is empty",
        1 => $"there is {hooks.Keys.Single()}",
        _ => $"there are {string.Join(", ", hooks.Keys.Order(StringComparer.Ordinal))}",
    };

    private async Task ShowGrowthAsync(CutPlan plan, Action<CopyProgress> progress, CancellationToken ended)
    {
        var total = plan.Disks.Sum(disk => disk.Size);
        while (!ended.IsCancellationRequested)
        {
            progress(
                new CopyProgress(
                    Math.Min(
                        plan.Disks.Sum(disk => new FileInfo(disk.Image) is { Exists: true } image ? image.Length : 0),
                        total
                    ),
                    total
                )
            );
            await Task.Delay(_limits.Poll, time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void RequireImage(PlannedDisk disk)
    {
        try
        {
            var remedy =
                "A hook's finish writes each disk to its image as qcow2, with all of its bytes in it (qemu-img convert -O "
                    + "qcow2).";
            if (Qcow2Header.Read(disk.Image) is not { } header)
                throw new CutException($"hook {name} has put no qcow2 image at {disk.Image}", remedy);
            if (!header.IsWhole) throw new CutException($"{disk.Image} is not whole: its header names another file", remedy);
            if (header.Size != disk.Size)
                throw new CutException(
                    $"{disk.Image} is a disk of {header.Size} bytes, and the VM's is one of {disk.Size}", remedy);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException(
                $"{disk.Image} cannot be read: {e.Message}",
                "The node reads each image for its checksum: let the hook make it readable."
            );
        }
    }

    /// <summary>A storage's snapshot outlives the host's power, so the file is synced.</summary>
    private static void Store(string path, ReadOnlyMemory<byte> call)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnFiles.Directory);
            HeldDirectory.ReplaceFile(path, call.Span, OwnFiles.File);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException(
                $"{path} cannot be written: {e.Message}",
                "Make room in Node.DataDirectory: without this record no hook is called."
            );
        }
    }

    private string UndoFileOf(CutNames names) => Path.Combine(owing, HookCall.Name(names) + UndoSuffix);
}
