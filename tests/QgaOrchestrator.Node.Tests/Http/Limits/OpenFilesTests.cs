using QgaOrchestrator.Node.Http.Limits;

namespace QgaOrchestrator.Node.Tests.Http.Limits;

public sealed class OpenFilesTests
{
    [Fact]
    public void The_limit_is_the_soft_one_that_the_kernel_tells()
    {
        Assert.Equal(
            1024,
            OpenFiles.Limit([
                "Limit                     Soft Limit           Hard Limit           Units     ",
                "Max open files            1024                 524288               files     ",
            ])
        );
        Assert.Equal(
            int.MaxValue,
            OpenFiles.Limit(["Max open files            unlimited            unlimited            files     "])
        );
        Assert.InRange(OpenFiles.Limit(), 64, int.MaxValue);
    }

    /// <summary>The runtime raises the soft limit to the hard one before our first line.</summary>
    [Fact]
    public void The_process_raises_its_open_file_limit_to_the_maximum()
    {
        var parts = File.ReadLines("/proc/self/limits")
            .First(line => line.StartsWith("Max open files", StringComparison.Ordinal))["Max open files".Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(parts[1], parts[0]);
    }

    [Theory]
    [InlineData(65536, 0, 4096)]
    [InlineData(65536, 1000, 4096)]
    [InlineData(4096, 1000, 840)]
    [InlineData(1024, 100, 468)]
    [InlineData(1024, 1000, 64)]
    [InlineData(int.MaxValue, int.MaxValue, 64)]
    public void The_VMs_descriptors_come_first(int limit, int vms, int connections) =>
        Assert.Equal(connections, OpenFiles.Connections(limit, vms));

    [Fact]
    public void Each_VM_needs_three_descriptors_beside_a_base() => Assert.Equal(3320, OpenFiles.Needed(1000));
}
