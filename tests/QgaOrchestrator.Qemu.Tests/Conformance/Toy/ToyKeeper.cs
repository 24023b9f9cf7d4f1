using System.Text;
using QgaOrchestrator.Qemu.Descriptions;

namespace QgaOrchestrator.Qemu.Tests.Conformance.Toy;

/// <summary>The smallest description: the directory's path.</summary>
internal sealed class ToyKeeper : IMachineKeeper
{
    public Task<MachineDescription> DescribeAsync(DescribedVm vm) => Task.FromResult(
        new MachineDescription([new("toy.txt", Encoding.UTF8.GetBytes(vm.Address.ToString()!))])
        {
            Disks = [.. vm.Disks.Select(disk => disk.Node)],
        });

    public RestoredMachine Restore(MachineOrder order)
    {
        var file = order.Required(MachinePart.Description, "toy.txt");
        return new([new(order.PathOf("toy.txt"), file.Bytes)], [$"cat {order.PathOf("toy.txt")}"]);
    }

    public Task<MachineException?> ObstacleAsync(MachineOrder order, CancellationToken cancel) =>
        Task.FromResult<MachineException?>(null);
}
