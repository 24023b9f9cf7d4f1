using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// What guest-exec keeps of a process's output, up to 16 MiB a stream. The schema's GuestExecCaptureOutput: a bool in every
/// agent, or a word since QEMU 8.0.
/// </summary>
[JsonConverter(typeof(ExecCaptureConverter))]
public readonly record struct ExecCapture
{
    /// <summary>The first version that takes a word; before, it refuses one.</summary>
    public static readonly Version WordsSince = new(8, 0);

    private ExecCapture(bool both, string? word) => (Both, Word) = (both, word);

    /// <summary>Nothing: false on the wire.</summary>
    public static ExecCapture None { get; } = new(false, null);

    /// <summary>Both streams, apart: true on the wire.</summary>
    public static ExecCapture Separated { get; } = new(true, null);

    /// <summary>Standard output alone. For agents since <see cref="WordsSince"/>.</summary>
    public static ExecCapture Stdout { get; } = new(false, "stdout");

    /// <summary>Standard error alone. For agents since <see cref="WordsSince"/>.</summary>
    public static ExecCapture Stderr { get; } = new(false, "stderr");

    /// <summary>Both streams in the one of standard output; not on Windows. For agents since <see cref="WordsSince"/>.</summary>
    public static ExecCapture Merged { get; } = new(false, "merged");

    /// <summary>What is sent where there is no word.</summary>
    internal bool Both { get; }

    /// <summary>Null where a bool says it, which every agent understands.</summary>
    public string? Word { get; }

    public static implicit operator ExecCapture(bool both) => FromBoolean(both);

    public static ExecCapture FromBoolean(bool both) => both ? Separated : None;

    internal static ExecCapture Of(string word) => word switch
    {
        "none" => None,
        "separated" => Separated,
        _ => new(false, word),
    };

    public override string ToString() => Word ?? (Both ? "separated" : "none");
}

internal sealed class ExecCaptureConverter : JsonConverter<ExecCapture>
{
    public override ExecCapture Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.True or JsonTokenType.False => reader.GetBoolean(),
            JsonTokenType.String => ExecCapture.Of(reader.GetString()!),
            _ => throw new JsonException("neither a bool nor a word"),
        };

    public override void Write(Utf8JsonWriter writer, ExecCapture value, JsonSerializerOptions options)
    {
        if (value.Word is { } word)
            writer.WriteStringValue(word);
        else
            writer.WriteBooleanValue(value.Both);
    }
}
