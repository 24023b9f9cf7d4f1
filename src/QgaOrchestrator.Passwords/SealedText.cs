using System.Globalization;
using System.Text;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords;

/// <summary>
/// What is sealed: lines that a person reads after <c>openssl cms -decrypt</c>, "name: value" each, the password last. They are
/// a stored format: lines are never renamed or reordered.
/// </summary>
internal static class SealedText
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    private static readonly string[] Keys = ["vm", "name", "user", "generation", "made"];

    private static ReadOnlySpan<byte> PasswordKey => "password: "u8;

    /// <exception cref="PasswordException">A value has a control character, or the password has a line end.</exception>
    public static PinnedBytes Write(SealedContext context, Secret password)
    {
        string[] values =
        [
            context.Vm, context.Name, context.User, context.Generation.ToString(CultureInfo.InvariantCulture),
            context.Made.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture),
        ];
        var head = new StringBuilder();
        foreach (var (key, value) in Keys.Zip(values))
        {
            if (value.Length == 0 || value.Any(char.IsControl))
                throw new PasswordException(
                    PasswordFault.Input, $"A password cannot be sealed for a {key} that is empty or has a control character.");
            head.Append(key).Append(": ").Append(value).Append('\n');
        }
        if (password.Reveal().IsEmpty || password.Reveal().ContainsAny((byte)'\n', (byte)'\r', (byte)0))
            throw new PasswordException(PasswordFault.Input, "A password that is empty or has a line end cannot be sealed.");

        var headBytes = Encoding.UTF8.GetBytes(head.ToString());
        var text = new PinnedBytes(headBytes.Length + PasswordKey.Length + password.Reveal().Length + 1);
        var rest = text.Span;
        Put(headBytes, ref rest);
        Put(PasswordKey, ref rest);
        Put(password.Reveal(), ref rest);
        rest[0] = (byte)'\n';
        return text;
    }

    /// <summary>Null where the text has another form.</summary>
    public static OpenedPassword? Read(ReadOnlySpan<byte> text)
    {
        var values = new string[Keys.Length];
        foreach (var (index, key) in Keys.Index())
        {
            var end = text.IndexOf((byte)'\n');
            var start = Encoding.ASCII.GetByteCount(key) + 2;
            if (end < start || !text.StartsWith(Encoding.ASCII.GetBytes(key + ": "))) return null;
            values[index] = Encoding.UTF8.GetString(text[start..end]);
            text = text[(end + 1)..];
        }
        if (!text.StartsWith(PasswordKey) || text[^1] != (byte)'\n'
            || !int.TryParse(values[3], NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            || !DateTimeOffset.TryParseExact(
                values[4], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made))
            return null;
        return new(
            new SealedContext(values[0], values[1], values[2], generation, made), Secret.Of(text[PasswordKey.Length..^1]));
    }

    private static void Put(ReadOnlySpan<byte> bytes, ref Span<byte> rest)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }
}
