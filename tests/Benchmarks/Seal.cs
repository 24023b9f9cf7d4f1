using System.Globalization;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;

/// <summary>Passwords are made, hashed as an account of Debian's has it ($y$), and sealed for one recipient, in turn.</summary>
internal static class Seal
{
    /// <summary>Prints the milliseconds of processor time for each, as a line of JSON.</summary>
    public static int Run(int count)
    {
        using var passphrase = Secret.Of("correct horse battery");
        var made = EscrowKey.Create("bench", passphrase, TimeProvider.System.GetUtcNow());
        EscrowRecipient[] recipients = [EscrowRecipient.Read("bench", made.Certificate)];
        using var library = CryptLibrary.Load();
        var context = new SealedContext("4c4c4544-0042-3510-8052-b4c04f4d3132", "bench/vm", "root", 1, DateTimeOffset.UnixEpoch);
        Play(recipients, library, context);
        var before = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < count; i++) Play(recipients, library, context);
        var took = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / count;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"ms\": {took:0.000}}}"));
        return 0;
    }

    private static void Play(EscrowRecipient[] recipients, CryptLibrary library, SealedContext context)
    {
        using var password = PasswordMaker.Make();
        library.Hash(password, CryptScheme.Yescrypt);
        SealedPassword.Seal(password, context, recipients);
    }
}
