using QgaOrchestrator.Cli.Points;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>A qemu-img that is a script: an image that holds "damaged" is, and one that holds "fails" cannot be
/// converted.</summary>
internal static class FakeQemuImg
{
    public static PointImages Images(string directory, Action<string> tell)
    {
        var tool = Path.Combine(directory, "qemu-img");
        File.WriteAllText(tool, """
            #!/bin/sh
            command=$1
            while [ $# -gt 2 ]; do shift; done
            [ $# -eq 2 ] && from=$1 && to=$2
            case $command in
              info) echo '{"format":"qcow2","virtual-size":1,"actual-size":1}';;
              check) ! grep -q damaged "$to";;
              convert) ! grep -q fails "$from" && cp "$from" "$to";;
            esac
            """.ReplaceLineEndings("\n"));
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new PointImages(new QemuImg(tool), tell, _ => { });
    }
}
