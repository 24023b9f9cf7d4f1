using System.Security.Cryptography;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.Passwords.Tests;

/// <summary>No copy of a password is left in this process once its buffer is overwritten: heap, native memory,
/// stacks.</summary>
public class NoCopyTests
{
    private const int Passwords = 20;

    [Fact]
    public void After_making_hashing_sealing_and_opening_no_copy_of_a_password_is_left()
    {
        using var crypt = CryptLibrary.Load();
        using var key = Keys.Open(Keys.Ann);
        var needles = Enumerable.Range(0, Passwords).Select(_ => UseOne(crypt, key)).ToList();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.Empty(ProcessMemory.Find(Environment.ProcessId, needles));
    }

    [Fact]
    public void A_password_that_is_not_overwritten_is_found()
    {
        using var password = PasswordMaker.Make();
        Assert.Equal([0], ProcessMemory.Find(Environment.ProcessId, [ProcessMemory.Masked(password.Reveal())]).Distinct());
    }

    private static byte[] UseOne(CryptLibrary crypt, RSA key)
    {
        using var password = PasswordMaker.Make();
        foreach (var scheme in CryptScheme.All) PasswordFingerprint.Of(crypt.Hash(password, scheme));
        var context = new SealedContext("vm", "host/vm", "root", 1, Keys.Now);
        var bytes = SealedPassword.Seal(password, context, [Keys.OfAnn, Keys.OfBob]);
        using var opened = SealedPassword.Open(bytes, key);
        Assert.True(opened.Password.Reveal().SequenceEqual(password.Reveal()));
        return ProcessMemory.Masked(password.Reveal());
    }
}
