using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent;

/// <summary>
/// A password's bytes, or a request's that holds one. It has no property and shows itself as ***, and no serializer takes it, so
/// that it gets into no log, message or JSON by accident; <see cref="Dispose"/> overwrites it.
/// </summary>
[DebuggerDisplay("***")]
[JsonConverter(typeof(SecretRefusal))]
public sealed class Secret : IDisposable
{
    // Pinned: the collector moves it nowhere, so that one overwriting is enough.
    private readonly byte[] _bytes;
    private bool _disposed;

    private Secret(int length) => _bytes = GC.AllocateArray<byte>(length, pinned: true);

    private Secret(ReadOnlySpan<byte> bytes)
        : this(bytes.Length) => bytes.CopyTo(_bytes);

    public static Secret Of(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>Its bytes are made in their place, so that there is no other copy.</summary>
    /// <param name="fill">Gets that many bytes, all 0.</param>
    public static Secret Create(int length, Action<Span<byte>> fill)
    {
        var secret = new Secret(length);
        try
        {
            fill(secret._bytes);
            return secret;
        }
        catch
        {
            secret.Dispose();
            throw;
        }
    }

    /// <param name="text">Kept as UTF-8. A string cannot be overwritten: prefer bytes where there is a choice.</param>
    public static Secret Of(ReadOnlySpan<char> text)
    {
        var secret = new Secret(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, secret._bytes);
        return secret;
    }

    /// <exception cref="ObjectDisposedException">It has been overwritten.</exception>
    public ReadOnlySpan<byte> Reveal()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _bytes;
    }

    /// <summary>The same for what is sent later: it holds zeros once this is disposed.</summary>
    /// <exception cref="ObjectDisposedException">It has been overwritten.</exception>
    public ReadOnlyMemory<byte> RevealMemory()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _bytes;
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }

    public override string ToString() => "***";
}

/// <summary>Stands at <see cref="Secret"/>: who would write or read one by accident fails.</summary>
internal sealed class SecretRefusal : JsonConverter<Secret>
{
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw Refused();

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) => throw Refused();

    private static NotSupportedException Refused() => new("a secret is never serialized");
}

/// <summary>
/// Base64, as the agent takes it. Named at the one member that it is for and not at <see cref="Secret"/>, which elsewhere
/// must not be written.
/// </summary>
internal sealed class SecretBase64Converter : JsonConverter<Secret>
{
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var bytes = reader.GetBytesFromBase64();
        try
        {
            return Secret.Of(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(value.Reveal());
}
