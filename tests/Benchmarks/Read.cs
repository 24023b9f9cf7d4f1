// read SOCKET FILE: the same as read.c with the library and its types. Prints the same line of JSON.
// read --seal COUNT: what a node does for COUNT passwords besides asking guests (Seal.cs).
using System.Diagnostics;
using System.Globalization;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;

if (args is ["--seal", var count]) return Seal.Run(int.Parse(count, CultureInfo.InvariantCulture));
const int Most = 48 << 20;
if (args is not [var socket, var path])
{
    Console.Error.WriteLine("usage: read SOCKET FILE");
    return 2;
}
try
{
    await using var agent = await SocketAgent.ConnectAsync(socket, TimeProvider.System, Random.Shared);
    var (first, _) = await OnceAsync(agent);
    var (second, bytes) = await OnceAsync(agent);
    var (sum, peak) = (Sum(bytes), Process.GetCurrentProcess().PeakWorkingSet64 >> 20);
    Console.WriteLine(
        string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"first": {{first.TotalSeconds:0.0000}}, "second": {{second.TotalSeconds:0.0000}},"""
                + $$""" "bytes": {{bytes.Length}}, "sum": {{sum}}, "peak": {{peak}}}"""
        )
    );
    return 0;
}
catch (AgentException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

async Task<(TimeSpan Took, byte[] Bytes)> OnceAsync(SocketAgent agent)
{
    var handle = await agent.AskAsync(GuestFileOpen.ForReading(path), GuestFileOpen.Read);
    var began = Stopwatch.GetTimestamp();
    var chunk = await agent.AskAsync(GuestFileRead.Request(handle, Most), GuestFileRead.Read, TimeSpan.FromMinutes(5));
    var took = Stopwatch.GetElapsedTime(began);
    await agent.AskAsync(GuestFileClose.Request(handle));
    return (took, chunk.Bytes);
}

static ulong Sum(ReadOnlySpan<byte> bytes)
{
    var sum = 0UL;
    foreach (var one in bytes) sum += one;
    return sum;
}
