using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Node.Http.Requests;

/// <summary>Reads a body that may hold a secret: from the server's memory, which <see cref="ErasingMemoryPool"/> overwrites,
/// into memory that does not move and is overwritten, too.</summary>
internal static class SecretBody
{
    public static async Task<Secret> ReadAsync(HttpContext context)
    {
        var (parts, length) = (new List<Secret>(), 0);
        try
        {
            while (true)
            {
                var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
                foreach (var part in read.Buffer) parts.Add(Secret.Of(part.Span));
                length += (int)read.Buffer.Length;
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return Join(parts, length);
            }
        }
        finally
        {
            foreach (var part in parts) part.Dispose();
        }
    }

    private static Secret Join(List<Secret> parts, int length) => Secret.Create(length, body =>
    {
        foreach (var part in parts)
        {
            part.Reveal().CopyTo(body);
            body = body[part.Reveal().Length..];
        }
    });
}
