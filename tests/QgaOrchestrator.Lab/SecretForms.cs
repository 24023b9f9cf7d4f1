using System.Text;
using System.Text.Json;

namespace QgaOrchestrator.Lab;

/// <summary>The forms in which a program may have written a secret down.</summary>
public static class SecretForms
{
    /// <summary>UTF-8, UTF-16, base64 at each of three offsets (also in UTF-16), hexadecimal, JSON- and URL-escaped.</summary>
    /// <param name="secret">12 characters or more: shorter ones are found by chance.</param>
    public static IReadOnlyList<(string Form, byte[] Bytes)> Of(string secret)
    {
        var utf8 = Encoding.UTF8.GetBytes(secret);
        List<(string, string)> texts =
        [
            ("text", secret),
            ("hexadecimal", Convert.ToHexStringLower(utf8)),
            ("HEXADECIMAL", Convert.ToHexString(utf8)),
            ("JSON", JsonEncodedText.Encode(secret).ToString()),
            ("URL", Uri.EscapeDataString(secret)),
        ];
        for (var offset = 0; offset < 3; offset++)
        {
            // Only what no byte before or behind it changes.
            var whole = (utf8.Length + offset) / 3 * 3;
            var text = Convert.ToBase64String([.. new byte[offset], .. utf8], 0, whole);
            text = text[(offset == 0 ? 0 : 4)..];
            texts.Add(($"base64 at {offset}", text));
            texts.Add(($"base64 at {offset} in JSON", JsonEncodedText.Encode(text).ToString()));
        }
        return
        [
            .. texts.DistinctBy(text => text.Item2).SelectMany(text => new[]
            {
                (text.Item1, Encoding.UTF8.GetBytes(text.Item2)),
                ($"{text.Item1} in UTF-16", Encoding.Unicode.GetBytes(text.Item2)),
            }),
        ];
    }
}
