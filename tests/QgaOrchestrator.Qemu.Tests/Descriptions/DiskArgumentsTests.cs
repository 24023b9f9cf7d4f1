using QgaOrchestrator.Qemu.Descriptions.CommandLines;

namespace QgaOrchestrator.Qemu.Tests.Descriptions;

public class DiskArgumentsTests
{
    [Theory]
    [InlineData("-drive file=/d.raw,if=virtio,format=raw,cache=none", "-drive file=/new,if=virtio,format=qcow2,cache=none")]
    [InlineData("-drive if=pflash,unit=1,file=/d.raw,driver=raw", "-drive if=pflash,unit=1,file=/new,format=qcow2")]
    [InlineData("-drive file.driver=file,file.filename=/d.raw,format=raw,id=a",
        "-drive file.driver=file,file.filename=/new,id=a,driver=qcow2")]
    [InlineData("-hda /d.raw", "-hda /new")]
    [InlineData("-blockdev driver=qcow2,node-name=d,discard=unmap,file.driver=file,file.filename=/d.raw",
        "-blockdev driver=qcow2,node-name=d,discard=unmap,file.driver=file,file.filename=/new")]
    [InlineData("""-blockdev {"node-name":"d","driver":"raw","offset":512,"file":{"driver":"host_device","filename":"/d.raw"}}""",
        "-blockdev node-name=d,driver=qcow2,file.driver=file,file.filename=/new")]
    [InlineData("-blockdev driver=throttle,node-name=d,file.driver=raw,file.file.driver=file,file.file.filename=/d.raw",
        "-blockdev driver=throttle,node-name=d,file.driver=qcow2,file.file.driver=file,file.file.filename=/new")]
    [InlineData("-blockdev driver=throttle,node-name=d,throttle-group=g,file.driver=file,file.filename=/d.raw",
        "-blockdev driver=throttle,node-name=d,throttle-group=g,file.driver=qcow2,file.file.driver=file,file.file.filename=/new")]
    [InlineData("-blockdev driver=host_device,node-name=f,filename=/d.raw -blockdev driver=raw,node-name=d,file=f,size=1",
        "-blockdev driver=file,node-name=f,filename=/new -blockdev node-name=d,file=f,driver=qcow2")]
    [InlineData("-blockdev driver=qcow2,node-name=d,file=f,backing=b -blockdev driver=file,node-name=f,filename=/d.raw",
        "-blockdev node-name=d,file=f,driver=qcow2 -blockdev driver=file,node-name=f,filename=/new")]
    [InlineData("-blockdev driver=file,node-name=d,filename=/d.raw,read-only=off -device virtio-blk-pci,drive=d",
        "-blockdev node-name=d,read-only=off,driver=qcow2,file.driver=file,file.filename=/new -device virtio-blk-pci,drive=d")]
    public void A_restored_image_is_put_in_where_the_disk_was(string given, string expected) =>
        Assert.Equal(expected.Split(' '), DiskArguments.Replace(given.Split(' '), "/d.raw", "/new"));

    [Theory]
    [InlineData("-drive file=/other.raw")]
    [InlineData("-drive file=rbd:pool/d")]
    [InlineData("-kernel /d.raw")]
    [InlineData("-blockdev {broken")]
    public void A_disk_that_no_argument_names_is_told(string given) =>
        Assert.Null(DiskArguments.Replace(given.Split(' '), "/d.raw", "/new"));

    [Fact]
    public void A_path_with_a_comma_is_found_and_stays_one() => Assert.Equal(
        ["-drive", "file=/a,,new,format=qcow2"],
        DiskArguments.Replace(["-drive", "file=/a,,b"], "/a,b", "/a,new"));
}
