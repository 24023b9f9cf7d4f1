using System.Buffers;
using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary>One generation, opened or not.</summary>
/// <param name="Opened">Null: <paramref name="Why"/> says why it could not be opened.</param>
internal sealed record ShownPassword(EscrowedGeneration Of, OpenedPassword? Opened, string? Why);

/// <summary>
/// Passwords on standard output, as bytes from one pinned buffer: never a string. One is bare, with a newline on a terminal only;
/// several are a table.
/// </summary>
internal sealed class PasswordWriter(CliHost host, bool json)
{
    /// <summary>Opens these generations and writes them.</summary>
    /// <returns>The exit code.</returns>
    public int Write(EscrowedAccount account, IReadOnlyList<EscrowedGeneration> generations, EscrowOpener key)
    {
        var shown = generations.Select(one => Open(account, one, key)).ToList();
        try
        {
            if (shown.All(one => one.Opened is null))
            {
                CliErrors.Write(
                    host.Error,
                    $"No password of {account.User} in {account.Vm} can be opened: {shown[0].Why}",
                    "Use the key of one of its recipients: qgactl escrow list. Where every key is lost, reset the password.");
                return ExitCodes.Failed;
            }
            if (json) WriteJson(account, shown);
            else if (shown is [var one]) WriteBare(one.Opened!);
            else WriteTable(account, shown);
            return shown.Count == 1 ? ExitCodes.Done : ExitCodes.Partial;
        }
        finally
        {
            foreach (var one in shown) one.Opened?.Dispose();
        }
    }

    private static ShownPassword Open(EscrowedAccount account, EscrowedGeneration one, EscrowOpener key)
    {
        try
        {
            var opened = key.Open(one.Sealed);
            var (vm, user, number) = (opened.Context.Vm, opened.Context.User, opened.Context.Generation);
            if (user == account.User && number == one.Number && vm == (account.Uuid ?? $"{account.Host}/{account.Vm}"))
                return new(one, opened, null);
            opened.Dispose();
            return new(
                one,
                null,
                $"generation {one.Number} is sealed as generation {number} of {user} in {vm}: somebody changed the escrow.");
        }
        catch (PasswordException e)
        {
            return new(one, null, e.Message);
        }
    }

    private void WriteBare(OpenedPassword opened)
    {
        host.Write(opened.Password.Reveal());
        if (host.IsTerminal) host.Write("\n"u8);
    }

    private void WriteTable(EscrowedAccount account, IReadOnlyList<ShownPassword> shown)
    {
        host.Error.WriteLine(
            $"qgactl: one of these passwords of {account.User} in {account.Vm} is in force; the likeliest is the first.");
        host.Error.WriteLine($"  qgactl password check --select name={account.Vm} tells which, without trying any.");
        host.Out.WriteLine($"{"GENERATION",-12}{"STATE",-11}{"MADE",-22}PASSWORD");
        foreach (var one in shown)
        {
            host.Out.Write($"{one.Of.Number,-12}{ForeignText.Line(one.Of.State),-11}{Output.Text.Time(one.Of.Made),-22}");
            if (one.Opened is null)
            {
                host.Out.WriteLine($"(cannot be opened: {one.Why})");
                continue;
            }
            host.Write(one.Opened.Password.Reveal());
            host.Write("\n"u8);
        }
    }

    private void WriteJson(EscrowedAccount account, IReadOnlyList<ShownPassword> shown)
    {
        var buffer = new PinnedBuffer();
        using (buffer)
        {
            using (var to = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            {
                to.WriteStartObject();
                to.WriteString("vm", account.Vm);
                to.WriteString("host", account.Host);
                to.WriteString("user", account.User);
                to.WriteStartArray("passwords");
                foreach (var one in shown)
                {
                    to.WriteStartObject();
                    to.WriteNumber("generation", one.Of.Number);
                    to.WriteString("state", one.Of.State);
                    if (one.Opened is { } opened) WriteSecret(to, opened.Password.Reveal());
                    else to.WriteString("reason", one.Why);
                    to.WriteEndObject();
                }
                to.WriteEndArray();
                to.WriteEndObject();
            }
            host.Write(buffer.Written);
            host.Write("\n"u8);
        }
    }

    /// <summary>The writer's own escaping would leave a copy.</summary>
    private static void WriteSecret(Utf8JsonWriter to, ReadOnlySpan<byte> password)
    {
        var text = GC.AllocateArray<byte>(6 * password.Length + 2, pinned: true);
        try
        {
            var length = 0;
            text[length++] = (byte)'"';
            foreach (var one in password)
            {
                if (one >= ' ' && one is not ((byte)'"' or (byte)'\\'))
                {
                    text[length++] = one;
                    continue;
                }
                "\\u00"u8.CopyTo(text.AsSpan(length));
                text[length + 4] = "0123456789abcdef"u8[one >> 4];
                text[length + 5] = "0123456789abcdef"u8[one & 15];
                length += 6;
            }
            text[length++] = (byte)'"';
            to.WritePropertyName("password");
            to.WriteRawValue(text.AsSpan(0, length), skipInputValidation: true);
        }
        finally
        {
            Array.Clear(text);
        }
    }

    /// <summary>It does not grow, so no copy of it stays anywhere.</summary>
    private sealed class PinnedBuffer : IBufferWriter<byte>, IDisposable
    {
        private readonly byte[] _bytes = GC.AllocateArray<byte>(256 * 1024, pinned: true);
        private int _length;

        public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

        public void Advance(int count) => _length += count;

        public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.AsMemory(_length);

        public Span<byte> GetSpan(int sizeHint = 0) => _bytes.AsSpan(_length);

        public void Dispose() => Array.Clear(_bytes);
    }
}
