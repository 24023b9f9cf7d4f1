using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Core.Kinds.Exec;

namespace QgaOrchestrator.Actors.Tests.Runs;

public sealed class SecretSpoolTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Secrets_are_the_owners_alone_outlive_the_process_and_go_with_the_run()
    {
        var directory = _directory.File("secrets");
        new SecretSpool(directory).Keep("r1", new ExecSecrets(["A=1"]).ToRun());

        var spool = new SecretSpool(directory);
        Assert.Equal(["A=1"], ExecSecrets.Of(spool.Read("r1"))!.Env);
        Assert.Equal(["r1"], spool.Runs());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory, "r1.json")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));

        spool.Forget("r1");
        Assert.Null(spool.Read("r1"));
        Assert.Empty(Directory.GetFiles(directory));
    }

    [Fact]
    public void Where_nothing_is_kept_nothing_is_read_and_a_damaged_file_is_none()
    {
        var spool = new SecretSpool(_directory.File("secrets"));
        Assert.Null(spool.Read("r1"));
        Assert.Empty(spool.Runs());
        spool.Forget("r1");

        spool.Keep("r1", new ExecSecrets(["A=1"]).ToRun());
        File.WriteAllText(Path.Combine(_directory.File("secrets"), "r1.json"), "{");
        Assert.Null(spool.Read("r1"));
    }
}
